"""Adversarial training from the first batch to the last, resumable to the bit."""

import contextlib
import copy
import dataclasses
import hashlib
import io
import os
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

Look = Callable[[int, Generator, Generator], dict[str, float]]  # batch, generator, ema


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
    state_path: str | Path | None = None,
    state_seconds: float = 60.0,
    on_checkpoint: Look = lambda batch, generator, ema: {},
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
    _check(images, settings, checkpoints, noise, state_seconds)
    trainer = GanTrainer(images, settings)
    seen = {"grids": {}, "train_grids": {}, "quality": {}, "seconds": 0.0}  # of GanResult
    path = None if state_path is None else Path(state_path)
    if path:
        identity = dataclasses.asdict(settings) | {"checkpoints": sorted(set(checkpoints))}
        identity |= {"noise": _digest(noise), "images": _digest(images)}
        seen = _resume(trainer, path, identity) or seen
    written, written_at = trainer.batch, time.monotonic()
    progress(trainer.batch, settings.batches)

    with _noted_interrupts() as interrupts:
        while True:
            # 1. look, where a checkpoint is due
            if trainer.batch in checkpoints and trainer.batch not in seen["grids"]:
                trainer.check_finite()
                _look(trainer, noise.to(images.device), on_checkpoint, seen)
            # 2. write the state, where a minute has passed, someone interrupts or the end is reached
            done = trainer.batch == settings.batches
            due = done or interrupts or time.monotonic() - written_at >= state_seconds
            if due or trainer.batch % 100 == 0:
                trainer.check_finite()
            if path and due and (trainer.batch > written or not done):
                write_state(path, {"identity": identity, "trainer": trainer.state_dict(), "seen": seen})
                written, written_at = trainer.batch, time.monotonic()
            if done:
                networks = trainer.generator.eval(), trainer.ema, trainer.discriminator.eval()
                return GanResult(*networks, *trainer.curves.cpu(), **seen)
            if interrupts:
                kept = "run it again to go on from there" if path else "nothing is kept"
                raise KeyboardInterrupt(f"stopped after batch {trainer.batch}; {kept}")
            # 3. one step of each network
            began = time.perf_counter()
            trainer.step()
            seen["seconds"] += time.perf_counter() - began
            progress(trainer.batch, settings.batches)


def _resume(trainer: GanTrainer, path: Path, identity: dict) -> dict | None:
    """Load a stored state into the trainer, and return what was seen until then; None without a state."""
    state = read_state(path, identity)
    if state is None:
        return None
    trainer.load_state_dict(state["trainer"])
    return state["seen"]


def _look(trainer: GanTrainer, noise: Tensor, on_checkpoint: Look, seen: dict) -> None:
    batch, generator, ema = trainer.batch, trainer.generator, trainer.ema
    seen["grids"][batch] = as_bytes(answers(ema, noise, batch_size=len(noise)))
    # what the original saved: the next training batch's first images, batch norm in train mode
    seen["train_grids"][batch] = drawn_as_original(generator, trainer.draws.noise(ahead=True))
    for name, value in {"batch": batch, **on_checkpoint(batch, generator, ema)}.items():
        seen["quality"].setdefault(name, []).append(value if name == "batch" else float(value))


@torch.no_grad()
def drawn_as_original(generator: Generator, noise: Tensor) -> Tensor:
    """Return at most 25 images as bytes: batch norm in its present mode, contrast stretched over them all."""
    images = copy.deepcopy(generator)(noise)[:25]  # of a copy: running statistics stay as they are
    low, high = images.min(), images.max()
    return as_bytes(2 * (images - low) / (high - low).clamp_min(1e-5) - 1)


@contextlib.contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Give a list that an interrupt is added to instead of being raised; a second one is raised at once."""
    noted: list[int] = []

    def note(number: int, frame: object) -> None:
        noted.append(number)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    main = threading.current_thread() is threading.main_thread()  # the others get no signals
    before = main and signal.signal(signal.SIGINT, note)
    try:
        yield noted
    finally:
        if main:
            signal.signal(signal.SIGINT, before)


def _check(images: Tensor, s: GanSettings, checkpoints: list[int], noise: Tensor, state_seconds: float):
    shape, of_noise, wanted = tuple(images.shape), tuple(noise.shape), (s.channels, 28, 28)
    require("images' shape", shape, shape[1:] == wanted, f"(n, channels, 28, 28) = {('n', *wanted)}")
    n, width, last = len(images), s.latent_dim, s.batches
    require("batch_size", s.batch_size, s.batch_size <= n, f"at most the number of images, {n}")
    require("noise's shape", of_noise, of_noise[1:] == (width,), f"(k, latent_dim) = (k, {width})")
    for batch in checkpoints:
        require("a batch of checkpoints", batch, 0 <= batch <= last, f"between 0 and batches, {last}")
    require("state_seconds", state_seconds, state_seconds >= 0, "at least 0")


def _digest(tensor: Tensor) -> str:
    return hashlib.sha256(tensor.detach().cpu().contiguous().numpy()).hexdigest()[:16]


def write_state(path: Path, state: dict) -> None:
    """Write `state` to `path`; what was there before becomes `path`.previous.

    Raises OSError, with the last good state untouched, when the disk is full or cannot be written.
    """
    buffer, newest = io.BytesIO(), path.with_name(path.name + ".new")
    torch.save(state, buffer)
    try:
        write_atomically(newest, buffer.getvalue())
    except OSError as error:
        failed = f"{error.strerror} while writing the training state ({buffer.tell() / 1e6:.1f} MB)"
        way_out = "the last good state is kept; make room and start again, and the run goes on from it"
        raise OSError(error.errno, f"{failed}; {way_out}", str(path)) from error
    if path.exists():
        os.replace(path, f"{path}.previous")
    os.replace(newest, path)


def read_state(path: Path, identity: dict) -> dict | None:
    """Return the newest undamaged state of `path` and `path`.previous, or None where there is neither.

    A damaged file is named in a warning and renamed to end in .damaged, so that nothing is lost unseen.
    Raises ValueError with the differences where the state's "identity" is another.
    """
    for file in filter(Path.exists, (path, Path(f"{path}.previous"))):
        try:
            with zipfile.ZipFile(file) as archive:  # torch.load does not compare checksums; this does
                if archive.testzip() is not None:
                    raise ValueError("a checksum does not match")
            state = torch.load(file, weights_only=True)
        except Exception as error:  # torch.load and zipfile raise many kinds for damaged bytes
            message = f"{file} is damaged ({type(error).__name__}); it is set aside as {set_aside(file).name}"
            warnings.warn(message, stacklevel=4)  # where `train_gan` is called
            continue
        there, here = state["identity"], identity
        if other := [key for key in {**here, **there} if there.get(key) != here.get(key)]:
            pairs = ", ".join(f"{key} {there.get(key)} there and {here.get(key)} here" for key in other)
            what = f"{path} holds a run of other settings: {pairs}; give these settings to go on with it"
            raise ValueError(f"{what}, or another state_path (or delete it) to start afresh")
        return state
    return None
