"""Which images and which noise each step is given."""

import torch
from torch import Tensor


class Draws:
    """True images in shuffled epochs, and noise; each by a generator on the CPU, the same for any device."""

    def __init__(self, images: Tensor, *, batch_size: int, latent_dim: int, seed: int):
        self.images, self.shape = images, (batch_size, latent_dim)
        self.noise_source, self.order_source = (torch.Generator().manual_seed(seed + i) for i in (0, 1))
        self._start_epoch()

    def _start_epoch(self) -> None:
        self.order_state, self.drawn = self.order_source.get_state(), 0  # batches of this epoch
        self.order = torch.randperm(len(self.images), generator=self.order_source)

    def true(self) -> Tensor:
        """Return the next images (batch_size, c, 28, 28)."""
        batch_size, _ = self.shape
        if self.drawn == len(self.images) // batch_size:  # the last, smaller batch is dropped
            self._start_epoch()
        chosen = self.order[self.drawn * batch_size :][:batch_size]
        self.drawn += 1
        return self.images[chosen.to(self.images.device)]

    def noise(self, *, ahead: bool = False) -> Tensor:
        """Return the next noise (batch_size, latent_dim); `ahead` leaves it to be drawn again."""
        source = self.noise_source.clone_state() if ahead else self.noise_source
        return torch.randn(self.shape, generator=source).to(self.images.device)

    def state_dict(self) -> dict:
        """Return what the next draws depend on."""
        return {"noise": self.noise_source.get_state(), "order": self.order_state, "drawn": self.drawn}

    def load_state_dict(self, state: dict) -> None:
        """Go on from what `state_dict` returned."""
        self.noise_source.set_state(state["noise"])
        self.order_source.set_state(state["order"])
        self._start_epoch()
        self.drawn = state["drawn"]
