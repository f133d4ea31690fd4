"""With what a result was made: versions, machine, commit."""

import functools
import platform
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from bundle.study.outcome import Outcome
from bundle.study.records import Record
from lib.files import digest

ROOT = Path(__file__).parents[2]
CODE = ("lib", "bundle", "pyproject.toml", "requirements.lock")  # the notebooks' parameters are settings


def record_outcome(settings: dict, outcome: Outcome, *, identity: dict, device: object = "") -> Record:
    """Return the record of a run in this process, by default on the GPU if there is one."""
    import torch  # here, so that what only starts runs need not wait for it

    device = str(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    made_with = provenance(seconds=outcome.seconds, device=device, threads=torch.get_num_threads())
    return Record(settings, outcome.columns, outcome.summary, made_with, identity)


def provenance(*, seconds: float, device: str, threads: int) -> dict:
    """Return where and with what a run was made; `seconds` is its wall time."""
    return {
        "seconds": round(seconds, 2),
        "device": device,
        "threads": threads,
        "machine": platform.machine(),
        "python": platform.python_version(),
        "processor": processor(),
        **versions(),
        "commit": commit(),
    }


@functools.cache
def processor() -> str:
    """Return the kind of processor: where it is the same, so are the bytes."""
    import torch  # here, so that what only reads records need not wait for it

    from lib.recurrent import compiled

    return f"{torch.backends.cpu.get_cpu_capability()}, cells {compiled.name()}"


@functools.cache
def versions() -> dict:
    """Return the versions of the packages that decide results and pictures."""
    return {name: version(name) for name in ("torch", "numpy", "matplotlib")}


@functools.cache
def commit(root: Path = ROOT) -> str:
    """Return a checkout's commit, with "+" if its code is another than the commit's; without git "unknown".

    Results, pictures and notebooks do not count: what one notebook writes does not mark another's runs.
    """

    if not shutil.which("git"):
        return "unknown"

    def git(*words: str) -> str:
        command = ["git", *words]
        process = subprocess.run(command, cwd=root, capture_output=True, encoding="utf-8", check=False)
        return process.stdout.strip()

    name = git("describe", "--always", "--exclude=*", "--abbrev=12")
    return name + "+" * bool(git("status", "--porcelain", "--", *CODE)) if name else "unknown"


def described(records: Sequence[Record]) -> dict:
    """Return what records have in common: settings, all their seeds, versions, commits, code."""
    common = {name: value for name, value in records[0].settings.items() if name != "seed"}
    for record in records:
        common = {name: value for name, value in common.items() if record.settings.get(name) == value}
    seeds = sorted({record.settings["seed"] for record in records})
    commits = sorted({record.provenance["commit"] for record in records})
    code = sorted({digest(record.identity) for record in records})
    return {"settings": common, "seeds": seeds, "commits": commits, **versions(), "code": code}
