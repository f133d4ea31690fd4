"""The two networks, their optimisers, and one step of the game."""

import copy
import dataclasses

import torch
from torch import Tensor

from lib.gan.losses import LOSSES, gradient_penalty
from lib.gan.networks import Discriminator, Generator
from lib.gan.sampling import as_bytes, packed
from lib.gan.settings import GanSettings, learning_rate

Numbers = dict[str, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GanResult:
    """What a run leaves: networks, loss curves, grids and the numbers measured at its checkpoints."""

    generator: Generator  # as trained, eval mode
    average: Generator  # of its weights along the run, eval mode; equal to `generator` where ema_decay is 0
    discriminator: Discriminator
    generator_loss: Tensor  # (batches,) float32
    discriminator_loss: Tensor  # (batches,) float32
    grids: dict[int, Tensor]  # batch -> (len(noise), 28, 28) uint8, of the average on the fixed noise
    train_grids: dict[int, Tensor]  # batch -> (25, 28, 28) uint8, as the original drew them
    quality: dict[str, list[float]]  # "batch" and each number of on_checkpoint, one entry per checkpoint
    seconds: float  # of the steps, over all sessions; looking at checkpoints and writing states is left out


class GanTrainer:
    """The state of one run and its step."""

    def __init__(self, images: Tensor, settings: GanSettings):
        self.images, self.settings, self.device = images, settings, images.device
        s = settings
        with torch.random.fork_rng(devices=[]):  # layers draw their weights from the global generator
            torch.manual_seed(s.seed)
            self.generator = Generator(
                latent_dim=s.latent_dim, width=s.generator_width, topology=s.topology, channels=s.channels
            )
            self.discriminator = Discriminator(
                width=s.discriminator_width, topology=s.topology, channels=s.channels * s.packing
            )
        self.generator.to(self.device)
        self.discriminator.to(self.device)
        self.average = copy.deepcopy(self.generator).eval().requires_grad_(False)
        adam = {"lr": s.learning_rate, "betas": (s.beta1, s.beta2), "fused": True}
        self.generator_optimiser = torch.optim.Adam(self.generator.parameters(), **adam)
        self.discriminator_optimiser = torch.optim.Adam(self.discriminator.parameters(), **adam)
        self.noise_source = torch.Generator().manual_seed(s.seed)  # on the CPU: the same noise on any device
        self.order_source = torch.Generator().manual_seed(s.seed + 1)
        self.batches_per_epoch = len(images) // s.batch_size  # the last, smaller batch is dropped
        self.batch, self.seconds = 0, 0.0
        self.curves = torch.full((2, s.batches), torch.nan, device=self.device)
        self.grids: dict[int, Tensor] = {}
        self.train_grids: dict[int, Tensor] = {}
        self.measured: list[Numbers] = []
        self._start_epoch()

    def _start_epoch(self) -> None:
        self.order_state = self.order_source.get_state()
        self.order = torch.randperm(len(self.images), generator=self.order_source)

    def _draw_noise(self, source: torch.Generator) -> Tensor:
        return torch.randn(self.settings.batch_size, self.settings.latent_dim, generator=source).to(
            self.device
        )

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.settings.bfloat16)

    def step(self) -> None:
        s = self.settings
        position = self.batch % self.batches_per_epoch
        if position == 0 and self.batch > 0:
            self._start_epoch()
        chosen = self.order[position * s.batch_size : (position + 1) * s.batch_size].to(self.device)
        true = self.images[chosen]  # (batch, 1, 28, 28)
        rate = learning_rate(s, self.batch)
        for optimiser in (self.generator_optimiser, self.discriminator_optimiser):
            optimiser.param_groups[0]["lr"] = rate

        # 1. the discriminator, as it stands, looks at generated and at true images
        penalised = s.gradient_penalty > 0 and self.batch % s.penalty_every == 0
        with self._autocast():
            fake = packed(self.generator(self._draw_noise(self.noise_source)), s.packing)
            fake_logits = self.discriminator(fake).float()
            true = packed(true, s.packing).requires_grad_(penalised)
            true_logits = self.discriminator(true).float()
        g_loss, d_loss = LOSSES[s.loss](true_logits, fake_logits)
        objective = d_loss
        if penalised:
            slopes = gradient_penalty(true_logits, true) + gradient_penalty(fake_logits, fake)
            objective = d_loss + s.penalty_every * s.gradient_penalty / 2 * slopes

        # 2. both gradients, then both steps
        self.generator_optimiser.zero_grad()
        self.discriminator_optimiser.zero_grad()
        torch.autograd.backward(g_loss, inputs=list(self.generator.parameters()), retain_graph=True)
        torch.autograd.backward(objective, inputs=list(self.discriminator.parameters()))
        self.generator_optimiser.step()
        self.discriminator_optimiser.step()

        # 3. average and curves
        self._average()
        self.curves[0, self.batch] = g_loss.detach()
        self.curves[1, self.batch] = d_loss.detach()
        self.batch += 1

    @torch.no_grad()
    def _average(self) -> None:
        # a short memory at first, so that the average leaves the initial weights behind
        weight = 1 - min(self.settings.ema_decay, (1 + self.batch) / (10 + self.batch))
        if self.settings.ema_decay == 0:
            weight = 1.0
        kept = [t for t in self.average.state_dict().values() if t.is_floating_point()]
        new = [t for t in self.generator.state_dict().values() if t.is_floating_point()]
        torch._foreach_lerp_(kept, new, weight)

    def check_finite(self) -> None:
        bad = (~self.curves[:, : self.batch].isfinite()).any(dim=0).nonzero()
        if len(bad):
            first = int(bad[0])
            g_loss, d_loss = self.curves[:, first].tolist()
            raise FloatingPointError(
                f"the loss of batch {first} is not finite (generator {g_loss}, discriminator {d_loss}); "
                f"lower learning_rate ({self.settings.learning_rate}) or look for NaN in the images"
            )

    @torch.no_grad()
    def draw(self, noise: Tensor) -> None:
        self.grids[self.batch] = as_bytes(self.average(noise.to(self.device)))
        # what the original saved: the next training batch's first images, batch norm in train mode
        source = torch.Generator()
        source.set_state(self.noise_source.get_state())
        images = copy.deepcopy(self.generator)(self._draw_noise(source))[:25]
        low, high = images.min(), images.max()
        self.train_grids[self.batch] = as_bytes(2 * (images - low) / (high - low).clamp_min(1e-5) - 1)

    def _parts(self) -> dict[str, torch.nn.Module | torch.optim.Optimizer]:
        names = ("generator", "discriminator", "average", "generator_optimiser", "discriminator_optimiser")
        return {name: getattr(self, name) for name in names}

    def state(self) -> dict:
        return {
            **{name: part.state_dict() for name, part in self._parts().items()},
            "batch": self.batch,
            "seconds": self.seconds,
            "noise_source": self.noise_source.get_state(),
            "order_state": self.order_state,
            "curves": self.curves[:, : self.batch].cpu(),
            "grids": self.grids,
            "train_grids": self.train_grids,
            "measured": self.measured,
        }

    def load(self, state: dict) -> None:
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self.batch, self.seconds = state["batch"], state["seconds"]
        self.noise_source.set_state(state["noise_source"])
        self.order_source.set_state(state["order_state"])
        self._start_epoch()
        self.curves[:, : self.batch] = state["curves"].to(self.device)
        self.grids, self.train_grids = state["grids"], state["train_grids"]
        self.measured = state["measured"]

    def result(self) -> GanResult:
        columns = {key: [row[key] for row in self.measured] for key in (self.measured or [{}])[0]}
        g_loss, d_loss = self.curves.cpu()
        return GanResult(
            generator=self.generator.eval(),
            average=self.average,
            discriminator=self.discriminator.eval(),
            generator_loss=g_loss,
            discriminator_loss=d_loss,
            grids=self.grids,
            train_grids=self.train_grids,
            quality=columns,
            seconds=self.seconds,
        )
