"""From what a run computed to the record that is kept of it."""

from bundle.study.outcome import Outcome
from bundle.study.provenance import provenance
from bundle.study.records import Record


def record_outcome(settings: dict, outcome: Outcome, *, identity: dict, device: object = "") -> Record:
    """Return the record of a run in this process, by default on the GPU if there is one."""
    import torch  # here, so that what only starts runs need not wait for it

    device = str(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    about = provenance(seconds=outcome.seconds, device=device, threads=torch.get_num_threads())
    return Record(settings, outcome.columns, outcome.summary, about, identity)
