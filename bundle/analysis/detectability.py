"""What the ladder of two-sample tests says: how hard samples are to tell from real digits, and by what."""

from collections.abc import Sequence

from bundle.analysis.verdicts import Table, mean_interval
from bundle.study.records import Record, grouped

GENERATED, REAL = "generated", "other real digits"  # sides of a test
SIDES = {GENERATED: "Samples", REAL: "Real digits", "one grey level up": "Level up"}
SIDES |= {"blurred by 0.3 pixels": "Blurred", "1 % copies of one image": "Copies"}
SEEN = {  # what each test looks at, from weak to strong
    "grey levels": "twelve shares of grey levels",
    "features": "the judge's features",
    "binarised": "black and white",
    "16 grey levels": "16 grey levels",
    "pixels": "256 grey levels",
    "pairs": "two images at once",
}
CONVOLUTIONAL = ("binarised", "16 grey levels", "pixels", "pairs")  # of these tests
COIN = 0.52  # of images that it has learnt from; a test that is right on no more has learnt nothing
MOST = "most_"  # before the name of a test that learns from more images once more
SizedTest = tuple[str, int]  # a test, and how many images of each side it learns from


def accuracy_by_test(records: Sequence[Record]) -> dict[SizedTest, dict[str, list[float]]]:
    """Return by test and size, from weak to strong, and by side the share of right answers of each seed.

    Seeds whose convolutional test has learnt nothing are left out, unless none has learnt: see `converged`.
    """
    found: dict[SizedTest, dict[str, list[float]]] = {}
    for (test, learned, against), runs in grouped(records, "test", "learned", "against").items():
        counted = [run for run in runs if _has_converged(run)] or runs
        found.setdefault((test, learned), {})[against] = [run.summary["right"] for run in counted]
    order = list(SEEN)
    return dict(sorted(found.items(), key=lambda pair: (order.index(pair[0][0]), pair[0][1])))


def _has_converged(run: Record) -> bool:
    """Return whether a convolutional test has; of the others none needs more time than it has."""
    return run.settings["test"] not in CONVOLUTIONAL or run.summary.get("right_learned", 1) > COIN


def row_label(sized_test: SizedTest) -> str:
    test, learned = sized_test
    return f"{SEEN[test]}, {learned}"


def detectability_table(records: Sequence[Record], others: Sequence[Record] = ()) -> Table:
    """Return a row for each test and size: the mean share of right answers against each side, and others'.

    `others` are generators of other seeds.
    """
    shown = accuracy_by_test(records)
    sides = [side for side in SIDES if any(side in of for of in shown.values())]
    rows = []
    for sized_test, of in shown.items():
        cells = [in_brief(of[side]) if side in of else "" for side in sides]
        seeds = [accuracies_of_others(others, sized_test)] if others else []
        rows.append([row_label(sized_test), *cells, *seeds])
    header = ["What the test sees", *(f"{SIDES[side]} (%)" for side in sides)]
    beside = ["Samples, other seeds (%)"] if others else []
    return [*header, *beside], rows


def accuracies_of_others(others: Sequence[Record], sized_test: SizedTest) -> str:
    """Return the shares in per cent of further generators that were put to a test of this size."""
    test, learned = sized_test
    right = [other.summary[f"right_{test}"] for other in others if other.settings["learned"] == learned]
    most = [other for other in others if other.settings["most"] == learned]
    right += [other.summary[key] for other in most if (key := f"right_{MOST}{test}") in other.summary]
    return ", ".join(f"{100 * share:.1f}" for share in right)


def converged(records: Sequence[Record]) -> str:
    """Say how often convolutional tests are right on images that they have learnt from, and which are not."""
    runs = [run for run in records if run.settings["test"] in CONVOLUTIONAL]
    samples, real = (
        [run for run in runs if (run.settings["against"] == GENERATED) == generated]
        for generated in (True, False)
    )
    if not (samples and real):
        return ""
    least = [
        min((run.summary["right_learned"] for run in of if _has_converged(run)), default=0.5)
        for of in (samples, real)
    ]
    idle = [run for run in runs if not _has_converged(run)]
    groups = grouped(idle, "test", "learned", "against")
    names = [
        f"{len(of)} by {row_label(key[:2])} of each kind, against {SIDES[key[2]].lower()}"
        for key, of in groups.items()
    ]
    left_out = (
        "; one that is right no more often than a coin has learnt nothing and is left out of means and "
    )
    left_out += f"intervals: {', '.join(names)}"
    return (
        "On images that it has learnt from, a convolutional test is right at least "
        f"{least[0]:.0%} of the time where one side is samples, and {least[1]:.0%} where both are real"
        f"{left_out if idle else ''}."
    )


def in_brief(right: Sequence[float]) -> str:
    """Return a mean share in per cent, and half of its interval's width where there are seeds enough."""
    mean, low, high = (100 * value for value in mean_interval(right))
    return f"{mean:.1f}" + (f" ± {(high - low) / 2:.1f}" if len(right) > 1 else "")


def accuracy_in_words(right: Sequence[float], seeds: str = "") -> str:
    """Return a mean share in per cent, its interval where there are several, and what other seeds have."""
    mean, low, high = (100 * value for value in mean_interval(right))
    beside = [f"{low:.1f} to {high:.1f}"] * (len(right) > 1) + [f"with other seeds {seeds}"] * bool(seeds)
    return f"{mean:.1f} %" + f" ({'; '.join(beside)})" * bool(beside)


def detectability(records: Sequence[Record], others: Sequence[Record] = ()) -> str:
    """Say in a sentence, but for its full stop, how often tests are right on generated digits.

    `others` are further generators, each put to each test once.
    """
    shown = accuracy_by_test(records)
    right = {sized_test: of[GENERATED] for sized_test, of in shown.items() if GENERATED in of}

    def said(sized_test: SizedTest) -> str:
        return accuracy_in_words(right[sized_test], accuracies_of_others(others, sized_test))

    every = {
        test: [sized_test for sized_test in right if sized_test[0] == test]
        for test in ("binarised", "pixels", "grey levels")
    }
    if not all(every.values()):
        return ""
    shape, pixels, faint = every.values()
    by_shape, by_pixels = (
        ", ".join(f"from {sized_test[1]} of each kind {said(sized_test)}" for sized_test in of)
        for of in (shape, pixels)
    )
    return (
        "A convolutional network learns to tell samples from real digits by their shape, in black and white, "
        f"{by_shape} of the time; by every grey level, {by_pixels}; "
        f"and by twelve shares of grey levels {said(faint[-1])} (a coin: 50 %)"
    )
