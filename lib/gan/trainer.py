"""The two networks, their optimisers, one step of the game, and what each step is given."""

import copy

import torch
from torch import Tensor, nn

from lib.gan.losses import gradient_penalty, minimax_losses
from lib.gan.networks import Discriminator, Generator
from lib.gan.settings import GanSettings

PARTS = ("generator", "discriminator", "ema", "generator_optimiser", "discriminator_optimiser", "draws")


class GanTrainer:
    """A generator and a discriminator that learn from images (n, channels, 28, 28), one batch a step."""

    def __init__(self, images: Tensor, settings: GanSettings):
        self.settings, s, device = settings, settings, images.device
        common = {"topology": s.topology, "channels": s.channels}
        with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator
            torch.manual_seed(s.seed)
            self.generator = Generator(latent_dim=s.latent_dim, width=s.generator_width, **common).to(device)
            self.discriminator = Discriminator(width=s.discriminator_width, **common).to(device)
        self.ema = copy.deepcopy(self.generator).eval().requires_grad_(False)
        adam = {"lr": s.learning_rate, "betas": (s.beta1, s.beta2), "fused": True}
        self.generator_optimiser = torch.optim.Adam(self.generator.parameters(), **adam)
        self.discriminator_optimiser = torch.optim.Adam(self.discriminator.parameters(), **adam)
        self.draws = Draws(images, batch_size=s.batch_size, latent_dim=s.latent_dim, seed=s.seed)
        self.batch = 0  # how many are done
        self.curves = torch.full((2, s.batches), torch.nan, device=device)  # generator's, discriminator's

    def step(self) -> None:
        """Train both networks on one batch. Source: Goodfellow et al. 2014, algorithm 1."""
        s = self.settings
        true = self.draws.true()  # (batch, channels, 28, 28)
        noise = self.draws.noise()  # (batch, latent_dim)
        penalised = s.gradient_penalty > 0 and self.batch % s.penalty_every == 0

        # 1. the discriminator, as it stands, looks at generated and at true images
        fake = self.generator(noise)  # (batch, channels, 28, 28)
        fake_logits = self.discriminator(fake)  # (batch,)
        true_logits = self.discriminator(true.requires_grad_(penalised))  # (batch,)

        # 2. what each network is to lower: its loss; the discriminator now and then its slope as well
        generator_loss, discriminator_loss = minimax_losses(true_logits, fake_logits)
        objective = discriminator_loss
        if penalised:
            slopes = gradient_penalty(true_logits, true) + gradient_penalty(fake_logits, fake)
            objective = discriminator_loss + s.penalty_every * s.gradient_penalty / 2 * slopes

        # 3. both gradients, before either network moves
        self.generator_optimiser.zero_grad()
        self.discriminator_optimiser.zero_grad()
        torch.autograd.backward(generator_loss, inputs=list(self.generator.parameters()), retain_graph=True)
        torch.autograd.backward(objective, inputs=list(self.discriminator.parameters()))

        # 4. both steps; late in the run the generator's learning rate falls
        self.generator_optimiser.param_groups[0]["lr"] = s.generator_rate_at(self.batch)
        self.generator_optimiser.step()
        self.discriminator_optimiser.step()

        # 5. the generator's running average, and the curves
        update_ema(self.ema, self.generator, decay=s.ema_decay, batch=self.batch)
        self.curves[:, self.batch] = torch.stack([generator_loss, discriminator_loss]).detach()
        self.batch += 1

    def check_finite(self) -> None:
        """Raise FloatingPointError, naming the batch, where a loss so far is not finite."""
        is_finite = self.curves[:, : self.batch].isfinite().all(dim=0)
        if not is_finite.all():
            batch = is_finite.tolist().index(False)
            g_loss, d_loss = self.curves[:, batch].tolist()
            raise FloatingPointError(
                f"the loss of batch {batch} is not finite (generator {g_loss}, discriminator {d_loss}); "
                f"lower learning_rate ({self.settings.learning_rate}) or look for NaN in the images"
            )

    def state_dict(self) -> dict:
        """Return what the next steps depend on, and the curves so far."""
        parts = {name: getattr(self, name).state_dict() for name in PARTS}
        return {**parts, "batch": self.batch, "curves": self.curves[:, : self.batch].cpu()}

    def load_state_dict(self, state: dict) -> None:
        for name in PARTS:
            getattr(self, name).load_state_dict(state[name])
        self.batch = state["batch"]
        self.curves[:, : self.batch] = state["curves"]


class Draws:
    """True images in shuffled epochs, and noise; each by a generator on the CPU, the same for any device."""

    def __init__(self, images: Tensor, *, batch_size: int, latent_dim: int, seed: int):
        self.images, self.batch_size, self.latent_dim = images, batch_size, latent_dim
        self.noise_source = torch.Generator().manual_seed(seed)
        self.order_source = torch.Generator().manual_seed(seed + 1)
        self.order = torch.empty(0, dtype=torch.long)  # of the images that are left of this epoch

    def true(self) -> Tensor:
        """Return the next images (batch_size, c, 28, 28)."""
        if len(self.order) < self.batch_size:  # an epoch's last, smaller batch is dropped
            self.order = torch.randperm(len(self.images), generator=self.order_source)
        batch, self.order = self.order[: self.batch_size], self.order[self.batch_size :]
        return self.images[batch.to(self.images.device)]

    def noise(self, *, ahead: bool = False) -> Tensor:
        """Return the next noise (batch_size, latent_dim); `ahead` leaves it to be drawn again."""
        source = self.noise_source.clone_state() if ahead else self.noise_source
        return torch.randn(self.batch_size, self.latent_dim, generator=source).to(self.images.device)

    def state_dict(self) -> dict:
        """Return what the next draws depend on."""
        sources = {"noise": self.noise_source.get_state(), "orders": self.order_source.get_state()}
        return {**sources, "order": self.order.clone()}

    def load_state_dict(self, state: dict) -> None:
        self.noise_source.set_state(state["noise"])
        self.order_source.set_state(state["orders"])
        self.order = state["order"]


@torch.no_grad()
def update_ema(ema: nn.Module, network: nn.Module, *, decay: float, batch: int) -> None:
    """Move `ema`, batch norm's statistics too, towards a network; with a `decay` of 0 all the way."""
    weight = 1 - min(decay, (1 + batch) / (10 + batch))  # at first more: the initial weights are left behind
    averages, values = (_floats(each) for each in (ema, network))
    torch._foreach_lerp_(averages, values, weight)


def _floats(network: nn.Module) -> list[Tensor]:
    return [tensor for tensor in network.state_dict().values() if tensor.is_floating_point()]
