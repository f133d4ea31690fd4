"""Files written whole or not at all, and known when damaged or edited."""

import hashlib
import json
import os
import tempfile
import warnings
from pathlib import Path

DAMAGED = (ValueError, TypeError, KeyError, AttributeError)  # raised where JSON is not what was written


def write_atomically(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: a temporary neighbour, flushed, then renamed.

    A folder in its place is set aside with a warning. Raises OSError naming `path`, which stays as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    name = ""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name, suffix=".part")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, 0o644)
        if path.is_dir():
            warnings.warn(f"{path} is a folder; it is set aside as {set_aside(path).name}", stacklevel=2)
        os.replace(name, path)
    except BaseException as error:
        if name:
            Path(name).unlink(missing_ok=True)
        if isinstance(error, OSError):  # what a full disk raises does not say which file it was
            raise OSError(error.errno, error.strerror, str(path)) from None
        raise


def set_aside(path: Path) -> Path:
    """Rename a damaged file, or a folder in its place, to a free name that ends in .damaged; return that."""
    names = (Path(f"{path}.damaged{n or ''}") for n in range(10_000))
    return path.replace(next(name for name in names if not name.exists()))


def digest(values: dict) -> str:
    """Return twelve hexadecimal digits that stand for JSON values, whatever their order."""
    text = json.dumps(values, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def sealed(values: dict) -> dict:
    """Return values with their digest as "contents", so that damage and edits by hand show."""
    return {**values, "contents": digest(values)}


def unsealed(values: dict) -> dict:
    """Return what `sealed` was given; raise one of DAMAGED if it is not that any more."""
    rest = {name: value for name, value in values.items() if name != "contents"}
    if values["contents"] != digest(rest):
        raise ValueError("its contents do not match their digest")
    return rest


def read_sealed(path: Path) -> dict:
    """Return what `sealed` gave to a JSON file.

    Raises FileNotFoundError naming a file that is missing, ValueError naming one that is damaged or edited.
    """
    try:
        return unsealed(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise FileNotFoundError(f"{path} is missing") from None
    except (*DAMAGED, OSError) as error:
        raise ValueError(f"{path} is damaged or edited ({type(error).__name__}: {error})") from None
