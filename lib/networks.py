"""How networks are used that are not being trained."""

import contextlib
from collections.abc import Iterator

import torch
from torch import Tensor, nn


@contextlib.contextmanager
def eval_mode(*networks: nn.Module) -> Iterator[None]:
    """Put networks into eval mode, without gradients; afterwards back into their earlier modes."""
    training = [network.training for network in networks]
    try:
        for network in networks:
            network.eval()
        with torch.no_grad():
            yield
    finally:
        for network, before in zip(networks, training, strict=True):
            network.train(before)


def answers(network: nn.Module, inputs: Tensor, *, batch_size: int) -> Tensor:
    """Return what a network makes of inputs (n, ...) in eval mode, `batch_size` of them at a time."""
    with eval_mode(network):
        return torch.cat([network(part) for part in inputs.split(batch_size)])
