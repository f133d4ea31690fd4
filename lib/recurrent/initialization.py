"""Initial weights that tell the digits apart from the first step."""

import torch


@torch.no_grad()
def spread_kinks(layer: torch.nn.Linear, *, slope: float, low: float, high: float) -> None:
    """Set a layer of one input, in place, so that unit k starts as a(±slope (x - x_k)), with random signs.

    Under a tanh the units then bend at places x_k uniform over [low, high], the range of the input, and tell
    its values apart from the start. Draws from torch's global generator.
    """
    weight = slope * (2.0 * torch.randint(2, layer.weight.shape) - 1)  # (units, 1)
    layer.weight.copy_(weight)
    layer.bias.copy_(-weight[:, 0] * torch.empty_like(layer.bias).uniform_(low, high))
