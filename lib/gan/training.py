"""Adversarial training from the first batch to the last, resumable to the bit."""

import contextlib
import dataclasses
import hashlib
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from torch import Tensor

from lib.checks import require
from lib.gan.checkpoints import read_state, write_state
from lib.gan.networks import Generator
from lib.gan.settings import GanSettings
from lib.gan.trainer import GanResult, GanTrainer, Numbers


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
    run = GanTrainer(images, settings)
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
