"""What a run leaves behind, and with what it was made: versions, machine, commit."""

import functools
import json
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from bundle.study.outcome import Outcome
from lib.files import digest, read_sealed

ROOT = Path(__file__).parents[2]
CODE = ("lib", "bundle", "pyproject.toml", "requirements.lock")  # the notebooks' parameters are settings
BENCHMARKS = ROOT / "results"


@dataclass
class Record:
    """One finished run."""

    settings: dict  # everything that decides the result, as flat JSON values; the seed is one of them
    columns: dict = field(default_factory=dict)  # series by name, one value a step, a checkpoint or a picture
    summary: dict = field(default_factory=dict)  # single numbers and short texts
    provenance: dict = field(default_factory=dict)  # versions, device, seconds, ...: it decides no result
    identity: dict = field(default_factory=dict)  # what made it, see `bundle.study.fingerprint.identity`
    other_code: str = field(default="", compare=False)  # in words, how the code here differs; not stored


def record_outcome(settings: dict, outcome: Outcome, *, identity: dict, device: object = "") -> Record:
    """Return the record of a run in this process, by default on the GPU if there is one."""
    import torch  # here, so that what only starts runs need not wait for it

    device = str(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    made_with = provenance(seconds=outcome.seconds, device=device, threads=torch.get_num_threads())
    return Record(settings, outcome.columns, outcome.summary, made_with, identity)


def key(settings: dict) -> str:
    """Return twelve hexadecimal digits that stand for the settings, whatever their order."""
    json.dumps(settings, allow_nan=False)  # raises ValueError for what JSON cannot tell apart
    return digest(settings)


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
    """Return a checkout's commit, or "unknown", with "+" if its code is another than the commit's.

    Results, pictures and notebooks do not count: what one notebook writes does not mark another's runs.
    """

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


def benchmark(name: str, part: str) -> dict:
    """Return a part of what `make bench` left in results/bench-NAME.json; {}, and say so, if it is not there.

    Raises ValueError naming the file if it is damaged or edited.
    """
    path = BENCHMARKS / f"bench-{name}.json"
    parts = read_sealed(path) if path.exists() else {}
    if parts.get(part):
        return parts[part]
    print(f"{path.name} has no {part!r} to show; `make bench` measures it.")
    return {}
