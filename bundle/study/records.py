"""What a run leaves behind; `bundle.study.store` keeps it."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from lib.files import digest, read_sealed

BENCHMARKS = Path(__file__).parents[2] / "results"


@dataclass
class Record:
    """One finished run."""

    settings: dict  # everything that decides the result, as flat JSON values; the seed is one of them
    columns: dict = field(default_factory=dict)  # series by name, one value a step, a checkpoint or a picture
    summary: dict = field(default_factory=dict)  # single numbers and short texts
    provenance: dict = field(default_factory=dict)  # versions, device, seconds, ...: it decides no result
    identity: dict = field(default_factory=dict)  # what made it, see `bundle.study.fingerprint.identity`


def key(settings: dict) -> str:
    """Return twelve hexadecimal digits that stand for the settings, whatever their order."""
    json.dumps(settings, allow_nan=False)  # raises ValueError for what JSON cannot tell apart
    return digest(settings)


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
