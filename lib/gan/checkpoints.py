"""The state of a training run in a file: written whole or not at all, the one before it kept."""

import io
import os
import warnings
import zipfile
from pathlib import Path

import torch

from lib.files import write_atomically


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
            names = (Path(f"{file}.damaged{n or ''}") for n in range(10_000))
            aside = file.replace(next(name for name in names if not name.exists()))
            message = f"{file} is damaged ({type(error).__name__}); it is set aside as {aside.name}"
            warnings.warn(message, stacklevel=3)
            continue
        then, keys = state["identity"], {**identity, **state["identity"]}
        if other := [key for key in keys if then.get(key) != identity.get(key)]:
            differences = ", ".join(
                f"{key} {then.get(key)} there and {identity.get(key)} here" for key in other
            )
            way_out = (
                "give these settings to go on with it, or another state_path (or delete it) to start afresh"
            )
            raise ValueError(f"{path} holds a run of other settings: {differences}; {way_out}")
        return state
    return None
