"""How many walks are counted and measured."""

from dataclasses import dataclass

from lib.checks import at_least, require


@dataclass(frozen=True, kw_only=True)
class WalkSettings:
    """How much is counted and measured.

    Raises ValueError naming the setting that is out of range.
    """

    pairs: int  # of noises, for each of the original's three walks
    table_pairs: int  # of noises, for every other two digits
    steps: int  # images of a path as the original shows it, both ends included
    looks: int  # images of a path that are looked at, the steps among them
    samples: int  # random pairs of noises, for quality and smoothness; at least 100
    starts: int  # of each search for a real digit's noise
    searches: int  # steps of each search
    seed: int  # of the noises that are counted; the next two of those measured and those searched from

    def __post_init__(self):
        for name, low in (("pairs", 1), ("table_pairs", 1), ("steps", 3), ("samples", 100), ("seed", 0)):
            at_least(name, getattr(self, name), low)
        for name in ("starts", "searches"):
            at_least(name, getattr(self, name), 1)
        require(
            "looks",
            self.looks,
            self.looks > 1 and (self.looks - 1) % (self.steps - 1) == 0,
            f"1 more than a multiple of {self.steps - 1}, so that the {self.steps} steps are among them",
        )
