"""The state of a training run in a file: written whole or not at all, the one before it kept."""

import io
import os
import warnings
import zipfile
from pathlib import Path

import torch


def write_state(state: dict, path: str | Path) -> None:
    """Write `state` to `path`, whole or not at all; what was there before becomes `path`.previous.

    Raises OSError, with the last good state untouched, when the disk is full or cannot be written.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    buffer = io.BytesIO()
    torch.save(state, buffer)
    try:
        with open(part, "wb") as file:
            file.write(buffer.getbuffer())
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        part.unlink(missing_ok=True)
        megabytes = buffer.getbuffer().nbytes / 1e6
        raise OSError(
            error.errno,
            f"{error.strerror} while writing the training state ({megabytes:.1f} MB); the last good state is "
            f"kept; make room and start again, and the run goes on from it",
            str(path),
        ) from error
    if path.exists():
        os.replace(path, previous(path))
    os.replace(part, path)
    _sync_directory(path.parent)


def read_state(path: str | Path) -> dict | None:
    """Return the newest undamaged state of `path` and `path`.previous, or None where there is neither.

    A damaged file is named in a warning and renamed to end in .damaged, so that nothing is lost unseen.
    """
    path = Path(path)
    for candidate in (path, previous(path)):
        if not candidate.exists():
            continue
        try:
            return _read(candidate)
        except Exception as error:  # torch.load and zipfile raise many kinds for damaged bytes
            aside = _free_name(candidate)
            os.replace(candidate, aside)
            warnings.warn(
                f"{candidate} is damaged ({type(error).__name__}); it is set aside as {aside.name}",
                stacklevel=2,
            )
    return None


def previous(path: str | Path) -> Path:
    """Return the name under which the state before the last one is kept."""
    return Path(path).with_name(Path(path).name + ".previous")


def _read(path: Path) -> dict:
    with zipfile.ZipFile(path) as archive:  # torch.load does not compare checksums; this does
        if (bad := archive.testzip()) is not None:
            raise ValueError(f"{bad} does not match its checksum")
    return torch.load(path, weights_only=True)


def _free_name(path: Path) -> Path:
    names = (path.with_name(f"{path.name}.damaged{n or ''}") for n in range(10_000))
    return next(name for name in names if not name.exists())


def _sync_directory(directory: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
