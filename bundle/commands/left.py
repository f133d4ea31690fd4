"""How long a report still takes: from the bars of its notebooks, and what each took where it was measured."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

AROUND = {"data": 10, "report": 10, "page": 15}  # seconds of a stage beside its bars
IMPORTS = 20  # of a notebook: what it imports, loads and draws
WEIGHT = 0.1  # of a part is what has to be done of it until its own pace counts as much as what was expected
PRIOR = 60  # seconds of work after which this machine's own pace counts as much as that of another
FASTEST = 3  # times; what is further off was expected wrongly, and says nothing of the other parts
STAGE = re.compile(r"(\w+): (making|done|up to date)")
BAR = re.compile(r"(.+?): +(\d+)% ")


@dataclass
class Part:
    """What has a bar: how far it was when it was first seen, how far it is, since when each."""

    first: float
    begun: float
    done: float
    seen: float

    @property
    def share(self) -> float:
        return (self.done - self.first) / (1 - self.first) if self.first < 1 else 1.0

    def left(self, expected: float, now: float) -> float:
        """Return the seconds left, given how many are expected of the whole, 0 where nobody knows."""
        if self.done >= 1:
            return 0.0
        weight = WEIGHT if expected else 0.0
        if not self.share + weight:
            return 0.0
        total = (weight * expected * (1 - self.first) + self.seen - self.begun) / (self.share + weight)
        return max(total - (now - self.begun), 0.0)


@dataclass
class TimeLeft:
    """Reads the lines that stages print and says in them which stage it is and how long all still take.

    `names` are all stages in the order in which they are counted. `rows` of them are done one after the
    other, the chains of stages of a row side by side. `seconds` is what the parts of each notebook take, by
    the words before their bars; where it lacks a notebook that is to be made, stages are counted and nothing
    is said of the time. `over` are those that need not be made.
    """

    names: Sequence[str]
    rows: Sequence[Sequence[Sequence[str]]]
    seconds: Mapping[str, Mapping[str, float]]
    clock: Callable[[], float] = time.monotonic
    at: dict[int, str] = field(default_factory=dict)  # the stage of each chain of the row
    over: set[str] = field(default_factory=set)
    begun: dict[str, float] = field(default_factory=dict)
    parts: dict[tuple[str, str], Part] = field(default_factory=dict)

    def heard(self, line: str, chain: int = 0) -> str:
        """Return a line that a chain of stages printed, and in it what is left of the whole."""
        now, text = self.clock(), line.rstrip("\n")
        if stage := STAGE.match(text):
            self.at[chain] = stage[1]
            self.begun.setdefault(stage[1], now)
            if stage[2] != "making":
                self.over.add(stage[1])
                return line
        elif (bar := BAR.match(text)) and chain in self.at:
            self.move(self.at[chain], bar[1], int(bar[2]) / 100, now)
        else:
            return line
        return f"{text}; {self.words(self.at[chain])}" + line[len(text) :]

    def move(self, stage: str, name: str, done: float, now: float) -> None:
        """Note how far a part is; those before it in its stage are over, said or not."""
        if (stage, name) not in self.parts:
            for (of, _), part in self.parts.items():
                if of == stage and part.done < 1:
                    part.done, part.seen = 1.0, now
            self.parts[stage, name] = Part(done, now, done, now)
        part = self.parts[stage, name]
        if done != part.done:  # a bar may stand still between two long runs, while they go on
            part.done, part.seen = done, now

    def words(self, stage: str) -> str:
        """Return which stage this is and how long all still take."""
        place = f"stage {1 + self.names.index(stage)} of {len(self.names)}"
        left = self.left()
        return place if left is None else f"{place}, {about(left)} left in all"

    def left(self) -> float | None:
        """Return the seconds that all stages still take, None where too little is known."""
        if set(self.names) - self.seconds.keys() - AROUND.keys() - self.over:
            return None
        return sum(max(sum(map(self.left_of, chain)) for chain in row) for row in self.rows if row)

    def left_of(self, stage: str) -> float:
        """Return the seconds that one stage still takes."""
        if stage in self.over:
            return 0.0
        now, pace, expected = self.clock(), self.pace(), self.seconds.get(stage, {})
        around = pace * AROUND.get(stage, IMPORTS)
        names = dict.fromkeys([*expected, *(part for of, part in self.parts if of == stage)])
        bars = [(self.parts.get((stage, name)), pace * expected.get(name, 0.0)) for name in names]
        worked = sum(part.seen - part.begun for part, _ in bars if part)
        spent = now - self.begun.get(stage, now) - worked
        left = (part.left(seconds, now) if part else seconds for part, seconds in bars)
        return sum(left) + max(around - spent, 0.0)

    def pace(self) -> float:
        """Return how many times what was expected the parts that were seen have taken, within bounds."""
        took, expected = PRIOR, PRIOR
        for (stage, name), part in self.parts.items():
            if asked := self.seconds.get(stage, {}).get(name, 0.0):
                took += part.seen - part.begun
                expected += asked * (part.done - part.first)
        return min(max(took / expected, 1 / FASTEST), FASTEST)


def about(seconds: float) -> str:
    """Return a time in words, as exact as an estimate may be."""
    if seconds < 45:
        return "less than a minute"
    minutes = max(round(seconds / 60), 1)
    if minutes >= 120:
        return f"about {round(minutes / 60)} hours"
    return f"about {minutes} minute{'s' * (minutes > 1)}"
