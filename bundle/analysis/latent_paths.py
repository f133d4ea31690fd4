"""What is measured along lines and circles between random noises, and the outcomes of the predictions."""

import pandas as pd

from bundle.analysis.claims import Verdict, overall
from bundle.analysis.third_digits import (
    KINDS,
    named_digits,
    shows_digit,
    shows_it_rather_than_its_rival,
)


def middles(run: pd.Series) -> dict[str, float]:
    """Return how much larger the Fréchet distance is in the middle of each kind of path than at its start.

    `short noises` are as short as the middle of a line and lie on no path. `chance` is the largest difference
    between two places that measure the same on other noises.
    """
    start = run["line frechet_distance"][0]
    further, chance = {}, 0.0
    for kind in KINDS:
        distances = run[f"{kind} frechet_distance"]
        further[kind] = distances[len(distances) // 2] - distances[0]
        differences = [abs(a - b) for a, b in zip(distances, reversed(distances), strict=True)]
        chance = max(chance, *differences)
    return {**further, "short noises": run["short frechet_distance"] - start, "chance": chance}


def norm_decides(run: pd.Series) -> Verdict:
    """Say whether images are further from real digits on lines and from short noises, and not on circles."""
    further = middles(run)
    worse = {name for name, distance in further.items() if distance > further["chance"]}
    return Verdict.HOLDS if worse == {"line", "short noises"} else Verdict.FAILS


def prediction_outcomes(
    runs: pd.DataFrame, decided: pd.DataFrame
) -> list[tuple[Verdict | None, list[float]]]:
    """Return what became of each prediction of Task 3 with all generators, and the numbers of the first one.

    None: it was not tested. `runs` has a run of `run_walks` for each generator, `decided` is from
    `decide_walks`.
    """
    norm = overall([norm_decides(run) for _, run in runs.iterrows()])
    further = middles(runs.iloc[0])
    return [
        named_digits(decided, shows_digit),
        named_digits(decided, shows_it_rather_than_its_rival),
        (norm, [further["line"], further["circle"]]),
    ]
