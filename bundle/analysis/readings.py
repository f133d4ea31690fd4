"""Which RNNs Figure 6 of the original may show."""

from bundle.analysis.part1 import Groups
from bundle.study.records import Record, matching


def readings(groups: Groups) -> dict[str, list[Record]]:
    """Return runs of the RNN at the longest length by name: at chance all the way, or learning."""
    learning = list(groups["readings"])
    length = learning[0].settings["seq_length"]
    return {
        "softmax twice, PyTorch's weights": matching(groups["as written"], cell="RNN", seq_length=length),
        "softmax once, N(0, 0.1)": learning,
    }
