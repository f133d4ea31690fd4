"""Adversarial training of a generator and a discriminator, resumable to the bit."""

import contextlib
import copy
import dataclasses
import hashlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from lib.checks import above_zero, at_least, one_of, require
from lib.gan import LOSSES, TOPOLOGIES, Discriminator, Generator, gradient_penalty
from lib.state import read_state, write_state

Numbers = dict[str, float]


@dataclasses.dataclass(frozen=True, kw_only=True)
class GanSettings:
    """Everything that decides a run, apart from its images, fixed noise and checkpoints.

    The two recipes differ in nothing but these values.
    Raises ValueError naming the setting that is out of range.
    """

    topology: str  # "as-written" (the original's) or "shuffle"
    generator_width: int
    discriminator_width: int
    latent_dim: int
    channels: int  # of an image: 1, or 3 where digits are stacked
    batches: int  # optimiser steps of each network
    batch_size: int  # images
    learning_rate: float  # Adam, both networks
    beta1: float
    beta2: float
    decay_from: float  # fraction of the run after which the learning rate falls linearly to 0; 1 = never
    averaging: float  # of the generator's weights, per batch; 0 = the average is the generator itself
    loss: str  # "minimax" (the original's) or "relativistic"
    gradient_penalty: float  # weight, on true and generated images; 0 = none
    penalty_every: int  # batches between two penalties, each weighted by it
    packing: int  # images that the discriminator judges together; 1 = each alone
    bfloat16: bool  # forward and backward in bfloat16 where safe; False = float32 throughout
    seed: int

    def __post_init__(self):
        one_of("topology", self.topology, TOPOLOGIES)
        one_of("loss", self.loss, LOSSES)
        sizes = ("generator_width", "discriminator_width", "latent_dim", "channels", "batches")
        for name in (*sizes, "penalty_every", "packing"):
            at_least(name, getattr(self, name), 1)
        whole = self.batch_size % self.packing == 0 and self.batch_size >= 2 * self.packing
        rule = f"a multiple of packing ({self.packing}), at least twice it (batch norm needs two)"
        require("batch_size", self.batch_size, whole, rule)
        above_zero("learning_rate", self.learning_rate)
        at_least("gradient_penalty", self.gradient_penalty, 0)
        for name in ("beta1", "beta2", "averaging"):
            require(name, getattr(self, name), 0 <= getattr(self, name) < 1, "at least 0 and below 1")
        require("decay_from", self.decay_from, 0 <= self.decay_from <= 1, "between 0 and 1")
        at_least("seed", self.seed, 0)


@dataclasses.dataclass(frozen=True, kw_only=True)
class GanResult:
    """What a run leaves: networks, loss curves, grids and the numbers measured at its checkpoints."""

    generator: Generator  # as trained, eval mode
    average: Generator  # of its weights along the run, eval mode; equal to `generator` where averaging is 0
    discriminator: Discriminator
    generator_loss: Tensor  # (batches,) float32
    discriminator_loss: Tensor  # (batches,) float32
    grids: dict[int, Tensor]  # batch -> (len(noise), 28, 28) uint8, of the average on the fixed noise
    train_grids: dict[int, Tensor]  # batch -> (25, 28, 28) uint8, as the original drew them
    quality: dict[str, list[float]]  # "batch" and each number of on_checkpoint, one entry per checkpoint
    seconds: float  # of the steps, over all sessions; looking at checkpoints and writing states is left out


def train_gan(
    images: Tensor,
    *,
    settings: GanSettings,
    checkpoints: list[int],
    noise: Tensor,
    state_path: str | Path | None = None,
    state_seconds: float = 60.0,
    on_checkpoint: Callable[[int, Generator, Generator], Numbers] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> GanResult:
    """Train on images (n, channels, 28, 28) in [-1, 1] and return networks, curves and grids.

    At every batch of `checkpoints` (0 = before the first step) a grid is drawn from `noise`
    (k, latent_dim), and `on_checkpoint(batch, generator, average)` may return numbers to keep.
    `progress(batch, batches)` is called after every step, and once at the start with the batch resumed from.
    With `state_path` the state is written every `state_seconds` and at the end; the same call
    goes on from there and ends in the same bytes. An interrupt (SIGINT, a notebook's stop button) ends the
    batch at work and writes the state before KeyboardInterrupt is raised; a second one does not wait.

    Raises ValueError for arguments out of range and for a state of other settings, FloatingPointError
    for a loss that is not finite, OSError where the state cannot be written.
    Source: Goodfellow et al. 2014, algorithm 1, with the non-saturating generator loss.
    """
    _check_arguments(images, settings, checkpoints, noise, state_seconds)
    run = _Run(images, settings)
    identity = {}
    if state_path is not None:
        identity = _identity(images, settings, checkpoints, noise)
        state = read_state(state_path)
        if state is not None:
            _refuse_other(identity, state["identity"], state_path)
            run.load(state)
    written, written_at = run.batch, time.monotonic()
    if progress is not None:
        progress(run.batch, settings.batches)

    with _noted_interrupts() as interrupts:
        while True:
            # 1. look, where a checkpoint is due
            if run.batch in checkpoints and run.batch not in run.grids:
                run.check_finite()
                run.draw(noise)
                numbers = (
                    {} if on_checkpoint is None else on_checkpoint(run.batch, run.generator, run.average)
                )
                run.measured.append({"batch": run.batch, **{k: float(v) for k, v in numbers.items()}})
            # 2. write the state, where a minute has passed, someone interrupts or the end is reached
            done = run.batch == settings.batches
            due = time.monotonic() - written_at >= state_seconds or interrupts or done
            if due or run.batch % 100 == 0:
                run.check_finite()
            if state_path is not None and due and (run.batch > written or not done):
                write_state({"identity": identity, **run.state()}, state_path)
                written, written_at = run.batch, time.monotonic()
            if done:
                return run.result()
            if interrupts:
                kept = "run it again to go on from there" if state_path is not None else "nothing is kept"
                raise KeyboardInterrupt(f"stopped after batch {run.batch}; {kept}")
            # 3. one step of each network
            began = time.perf_counter()
            run.step()
            run.seconds += time.perf_counter() - began
            if progress is not None:
                progress(run.batch, settings.batches)


@contextlib.contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Give a list that an interrupt is added to instead of being raised; a second one is raised at once."""
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # only the main one gets signals
        yield noted
        return

    def note(number: int, frame: object) -> None:
        if noted:
            raise KeyboardInterrupt
        noted.append(number)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, before)


class _Run:
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
        weight = 1 - min(self.settings.averaging, (1 + self.batch) / (10 + self.batch))
        if self.settings.averaging == 0:
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


def packed(images: Tensor, packing: int) -> Tensor:
    """Return images (n, c, 28, 28) laid on one another as channels: (n / packing, packing c, 28, 28)."""
    return images if packing == 1 else images.reshape(-1, images.shape[1] * packing, 28, 28)


def learning_rate(settings: GanSettings, batch: int) -> float:
    """Return Adam's learning rate at `batch`: constant, then linear towards 0 at the end of the run."""
    left = 1 - batch / settings.batches
    share = 1 - settings.decay_from
    return settings.learning_rate * (min(1.0, left / share) if share > 0 else 1.0)


def as_bytes(images: Tensor) -> Tensor:
    """Return images in [-1, 1] as uint8 with fixed contrast: (n, 28, 28), or (n, c, 28, 28) for c > 1."""
    return ((images.squeeze(1) + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu()


def _check_arguments(
    images: Tensor, settings: GanSettings, checkpoints: list[int], noise: Tensor, state_seconds: float
) -> None:
    shape = tuple(images.shape)
    wanted = (settings.channels, 28, 28)
    require("images' shape", shape, shape[1:] == wanted, f"(n, channels, 28, 28) = {('n', *wanted)}")
    rule = f"at most the number of images, {len(images)}"
    require("batch_size", settings.batch_size, settings.batch_size <= len(images), rule)
    shape = tuple(noise.shape)
    rule = f"(k, latent_dim) = (k, {settings.latent_dim})"
    require("noise's shape", shape, noise.ndim == 2 and shape[1] == settings.latent_dim, rule)
    for batch in checkpoints:
        rule = f"between 0 and batches, {settings.batches}"
        require("a batch of checkpoints", batch, 0 <= batch <= settings.batches, rule)
    require("state_seconds", state_seconds, state_seconds >= 0, "at least 0")


def _identity(images: Tensor, settings: GanSettings, checkpoints: list[int], noise: Tensor) -> dict:
    return {
        **dataclasses.asdict(settings),
        "checkpoints": sorted(set(checkpoints)),
        "noise": _fingerprint(noise),
        "images": _fingerprint(images),
    }


def _fingerprint(tensor: Tensor) -> str:
    return hashlib.sha256(tensor.detach().cpu().contiguous().numpy()).hexdigest()[:16]


def _refuse_other(now: dict, then: dict, path: str | Path) -> None:
    keys = [key for key in {**now, **then} if now.get(key) != then.get(key)]
    if keys:
        differences = ", ".join(f"{key} {then.get(key)} there and {now.get(key)} here" for key in keys)
        raise ValueError(
            f"{path} holds a run of other settings: {differences}; "
            f"give these settings to go on with it, or another state_path (or delete it) to start afresh"
        )
