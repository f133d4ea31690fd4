"""What is measured along lines and circles between random noises, and of the noises of real digits."""

import pandas as pd

from bundle.analysis.claims import Verdict, overall
from bundle.analysis.formatting import Table, number, with_interval
from bundle.analysis.third_digits import (
    KINDS,
    named_digits,
    shows_digit,
    shows_it_rather_than_its_rival,
)

MEASURES = {
    "norm": "norm of the noise",
    "frechet_distance": "Fréchet distance from the test digits",
    "confidence": "mean confidence of the judge",
    "nearest": "mean distance to the nearest test digit, in the judge's features",
}


def whole(run: pd.Series, name: str) -> float | None:
    """Return a number of a whole run, None if there is none; see `store.read` for the names."""
    value = run.get(f"{name}_summary", run.get(name))
    return None if isinstance(value, list) else value


def path_table(run: pd.Series) -> Table:
    """Return rows of measures at the ends and in the middle of paths; the last two are of whole paths."""
    middle = len(run["alpha"]) // 2
    rows = []
    for name, words in MEASURES.items():
        paths = [run[f"line {name}"][0], *(run[f"{kind} {name}"][middle] for kind in KINDS)]
        values = [*paths, whole(run, f"short {name}"), whole(run, f"real {name}")]
        rows.append([words, *(number(value, ".3f") for value in values)])
    rows.append(["perceptual path length", "", *(_path_length(run, kind) for kind in KINDS), "", ""])
    rows.append(["the same, line less circle", "", _path_length(run, "difference"), "", "", ""])
    middles = ["Middle of a line", "Middle of a circle"]
    return ["Measure", "Random noises", *middles, "Short noises", "Real digits"], rows


def _path_length(run: pd.Series, kind: str) -> str:
    mean, low, high = (whole(run, f"{kind} path_length{end}") for end in ("", " low", " high"))
    return with_interval(mean, low, high, ".0f")


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


def circle_is_shorter(run: pd.Series) -> Verdict:
    """Say whether the circle's perceptual path length is the shorter, by the interval of the difference."""
    if run["difference path_length low"] > 0:
        return Verdict.HOLDS
    return Verdict.FAILS if run["difference path_length high"] < 0 else Verdict.UNDECIDED


def prediction_outcomes(
    runs: pd.DataFrame, decided: pd.DataFrame
) -> list[tuple[Verdict | None, list[float]]]:
    """Return what became of each prediction of Task 3 with all generators, and the numbers of the first one.

    None: it was not tested. `runs` has a run of `run_walks` for each generator, `decided` is from
    `decide_walks`.
    """
    first = runs.iloc[0]
    lengths = [first[f"difference path_length {end}"] for end in ("low", "high")]
    norm = overall([norm_decides(run) for _, run in runs.iterrows()])
    shorter = overall([circle_is_shorter(run) for _, run in runs.iterrows()])
    return [
        named_digits(decided, shows_digit),
        named_digits(decided, shows_it_rather_than_its_rival),
        (norm, list(middles(first).values())),
        (shorter, lengths),
    ]


def real_captions(run: pd.Series) -> list[str]:
    """Return what stands below ten real digits and below those found for them."""
    pairs = zip(run["real seen"], run["real residual"], strict=True)
    return [""] * 10 + [f"{digit}\n{residual:.2f}" for digit, residual in pairs]
