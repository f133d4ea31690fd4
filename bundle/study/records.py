"""What a run leaves behind; `bundle.study.store` keeps it."""

import json
from dataclasses import dataclass, field

from lib.files import digest


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
