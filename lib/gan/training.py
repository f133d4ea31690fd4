"""Adversarial training from the first batch to the last, resumable to the bit."""

import contextlib
import copy
import dataclasses
import hashlib
import io
import signal
import threading
import time
import warnings
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from torch import Tensor

from lib.checks import require
from lib.files import set_aside, write_atomically
from lib.gan.networks import Discriminator, Generator, as_bytes
from lib.gan.settings import GanSettings
from lib.gan.trainer import GanTrainer
from lib.networks import answers
from lib.progress import Progress, silent

Measure = Callable[[int, Generator, Generator], dict[str, float]]  # batch, generator, ema


@dataclasses.dataclass(frozen=True)
class GanResult:
    """What a run leaves: networks, loss curves, grids and the numbers measured at its checkpoints."""

    generator: Generator  # as trained, eval mode
    ema: Generator  # the average of its weights, eval mode; equal to `generator` where ema_decay is 0
    discriminator: Discriminator
    generator_loss: Tensor  # (batches,) float32
    discriminator_loss: Tensor  # (batches,) float32
    grids: dict[int, Tensor]  # batch -> (len(noise), 28, 28) uint8, of `ema` on the fixed noise
    train_grids: dict[int, Tensor]  # batch -> (25, 28, 28) uint8, as the original drew them
    quality: dict[str, list[float]]  # "batch" and each number of on_checkpoint, one entry per checkpoint
    seconds: float  # of the steps, over all sessions; looking at checkpoints and writing states is left out


def train_gan(
    images: Tensor,
    *,
    settings: GanSettings,
    checkpoints: list[int],
    noise: Tensor,
    state_path: Path | None = None,
    state_seconds: float = 60.0,
    on_checkpoint: Measure | None = None,
    progress: Progress = silent,
) -> GanResult:
    """Train on images (n, channels, 28, 28) in [-1, 1] and return networks, curves and grids.

    At every batch of `checkpoints` (0 = before the first step) a grid is drawn from `noise` (k, latent_dim),
    and `on_checkpoint(batch, generator, ema)` may return numbers to keep. With `state_path` the state is
    written every `state_seconds` and at the end; the same call goes on from there to the same bytes. An
    interrupt (SIGINT, a notebook's stop button) ends the batch and writes the state before KeyboardInterrupt
    is raised; a second one does not wait. Raises ValueError for arguments out of range or a state of other
    settings, FloatingPointError for a loss that is not finite, OSError where the state cannot be written.
    """
    _check(images, settings, checkpoints, noise)
    trainer = GanTrainer(images, settings)
    observed = {"grids": {}, "train_grids": {}, "quality": {}, "seconds": 0.0}  # of GanResult
    identity = _identity(images, settings, checkpoints, noise)
    state = read_state(state_path, identity) if state_path else None
    if state:
        trainer.load_state_dict(state["trainer"])
        observed = state["observed"]
    written, written_at = trainer.batch, time.monotonic()
    progress(trainer.batch, settings.batches)

    with _noted_interrupts() as interrupts:
        while True:
            # 1. measure, where a checkpoint is due
            if trainer.batch in checkpoints and trainer.batch not in observed["grids"]:
                trainer.check_finite()
                _observe(trainer, noise.to(images.device), on_checkpoint, observed)
            # 2. write the state, where a minute has passed, someone interrupts or the end is reached
            done = trainer.batch == settings.batches
            due = done or interrupts or time.monotonic() - written_at >= state_seconds
            if due or trainer.batch % 100 == 0:
                trainer.check_finite()
            if state_path and due and (trainer.batch > written or not done):
                state = {"identity": identity, "trainer": trainer.state_dict(), "observed": observed}
                write_state(state_path, state)
                written, written_at = trainer.batch, time.monotonic()
            if done:
                networks = trainer.generator.eval(), trainer.ema, trainer.discriminator.eval()
                return GanResult(*networks, *trainer.curves.cpu(), **observed)
            if interrupts:
                rest = "run it again to go on from there" if state_path else "nothing is kept"
                raise KeyboardInterrupt(f"stopped after batch {trainer.batch}; {rest}")
            # 3. one step of each network
            started = time.perf_counter()
            trainer.step()
            observed["seconds"] += time.perf_counter() - started
            progress(trainer.batch, settings.batches)


def _observe(trainer: GanTrainer, noise: Tensor, on_checkpoint: Measure | None, observed: dict) -> None:
    batch, generator, ema = trainer.batch, trainer.generator, trainer.ema
    observed["grids"][batch] = as_bytes(answers(ema, noise, batch_size=len(noise)))
    # what the original saved: the next training batch's first images, batch norm in train mode
    observed["train_grids"][batch] = drawn_as_original(generator, trainer.draws.noise(ahead=True))
    observed["quality"].setdefault("batch", []).append(batch)
    values = on_checkpoint(batch, generator, ema) if on_checkpoint else {}
    for name, value in values.items():
        observed["quality"].setdefault(name, []).append(float(value))


@torch.no_grad()
def drawn_as_original(generator: Generator, noise: Tensor) -> Tensor:
    """Return at most 25 images as bytes: batch norm in its present mode, contrast stretched over them all."""
    images = copy.deepcopy(generator)(noise)[:25]  # of a copy: running statistics stay as they are
    low, high = images.min(), images.max()
    return as_bytes(2 * (images - low) / (high - low).clamp_min(1e-5) - 1)


@contextlib.contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Give a list that an interrupt is added to instead of being raised; a second one is raised at once."""
    interrupts: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # the others get no signals
        yield interrupts
        return

    def note(number: int, frame: object) -> None:
        interrupts.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield interrupts
    finally:
        signal.signal(signal.SIGINT, before)


def _check(images: Tensor, s: GanSettings, checkpoints: list[int], noise: Tensor) -> None:
    shape, wanted, n = tuple(images.shape), (s.channels, 28, 28), len(images)
    require("images' shape", shape, shape[1:] == wanted, f"(n, channels, 28, 28) = {('n', *wanted)}")
    require("batch_size", s.batch_size, s.batch_size <= n, f"at most the number of images, {n}")
    shape, rule = tuple(noise.shape), f"(k, latent_dim) = (k, {s.latent_dim})"
    require("noise's shape", shape, shape[1:] == (s.latent_dim,), rule)
    for batch in checkpoints:
        rule = f"between 0 and batches, {s.batches}"
        require("a batch of checkpoints", batch, 0 <= batch <= s.batches, rule)


def _identity(images: Tensor, settings: GanSettings, checkpoints: list[int], noise: Tensor) -> dict:
    """Return what decides a run; tensors by their digests."""
    values = {**dataclasses.asdict(settings), "checkpoints": sorted(set(checkpoints))}
    for name, tensor in {"noise": noise, "images": images}.items():
        values[name] = hashlib.sha256(tensor.detach().cpu().contiguous().numpy()).hexdigest()[:16]
    return values


def write_state(path: Path, state: dict) -> None:
    """Write `state` to a file; where that fails, OSError names it and the state before is still there."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomically(path, buffer.getvalue())


def read_state(path: Path, identity: dict) -> dict | None:
    """Return the state in a file, or None where there is none that is whole.

    A damaged file is named in a warning and renamed to end in .damaged, so that nothing is lost unseen.
    Raises ValueError with the differences where the state's "identity" is another.
    """
    if not path.exists():
        return None
    try:
        with zipfile.ZipFile(path) as archive:  # torch.load does not compare checksums; this does
            if archive.testzip() is not None:
                raise ValueError("a checksum does not match")
        state = torch.load(path, weights_only=True)
    except Exception as error:  # torch.load and zipfile raise many kinds for damaged bytes
        message = f"{path} is damaged ({type(error).__name__}); it is set aside as {set_aside(path).name}"
        warnings.warn(message, stacklevel=3)  # where `train_gan` is called
        return None
    differences = []
    for key, here in identity.items():
        there = state["identity"].get(key)
        if there != here:
            differences.append(f"{key} {there} there and {here} here")
    if differences:
        what = f"{path} holds a run of other settings: {', '.join(differences)}"
        way_out = "give these settings to go on with it, or another state_path (or delete it) to start afresh"
        raise ValueError(f"{what}; {way_out}")
    return state
