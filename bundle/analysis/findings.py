"""The key findings of Tasks 2 and 3, and their rows of the front table: the original's words, two verdicts.

Every finding is a question, its answer with number, interval and verdict, and the figure or table to look at;
one whose records are not there is left out.
"""

from collections.abc import Mapping, Sequence

from bundle.analysis.detectability import detectability
from bundle.analysis.quotes import QUOTES
from bundle.analysis.verdicts import Verdict, interval
from bundle.analysis.walks import WALK_CLAIMS, decide_walks
from bundle.original import WALK_FIGURES
from bundle.study.records import Record

NOT_RUN = "not run"


def percent(share: float, digits: int = 0) -> str:
    return f"{100 * share:.{digits}f} %"


def gan_findings(
    record: Record,
    verdicts: Sequence[Verdict],
    two_sample: Sequence[Record] = (),
    others: Sequence[Record] = (),
) -> list[str]:
    """Say how real the digits of the generator that is kept are.

    `verdicts` are `decide_pictures`'s, `two_sample` the runs of the ladder, `others` further generators.
    """
    s, n, last = record.summary, record.settings["samples"], [*dict.fromkeys(v.case for v in verdicts)][-1]
    long = "runs find" if others else "run finds"
    words = {v.sentence: v.word for v in verdicts if v.case == last}
    if "c2st" not in s or "real_clear" not in s:
        return []
    low, high = map(percent, interval(round(s["c2st"] * s["c2st_of"]), s["c2st_of"]))
    network = f"A fresh network tells samples from real digits {percent(s['c2st'], 1)} of the time (95 % "
    network += f"interval {low} to {high}; a coin, 50 %)."
    hard = f"{detectability(two_sample, others)} ([Figure S12](#figure-S12))." if two_sample else network
    clear = interval(round(s["clear"] * n), n)
    real_clear = interval(round(s["real_clear"] * n), n)
    hold, fail, open_ = map([*words.values()].count, ("holds", "does not hold", "undecided"))
    told = words.get("They are hard to tell from MNIST")
    sharp = words.get("After training all figures are clear and consistent")
    distances = [f"{other.summary['frechet_distance']:.2f}" for other in others]
    shares = [percent(other.summary["clear"], 1) for other in others]
    seeds = f" ({', '.join(distances)} with other seeds)" if others else ""
    shared = f"; with other seeds {', '.join(shares)}" if others else ""
    return [
        "**How real are the digits?** Their Fréchet distance from the test digits, in our classifier's "
        f"features, is {s['frechet_distance']:.2f}{seeds}, that of real training digits "
        f"{s['real_frechet_distance']:.2f} ([Figure S10](#figure-S10)). {hard} "
        f"“Hard to discriminate” *{told}*, if no program may tell them apart.",
        f"**Are they all clear at the end?** {percent(s['clear'], 1)} of samples are (95 % interval "
        f"{percent(clear[0], 1)} to {percent(clear[1], 1)}{shared}), of real digits "
        f"{percent(s['real_clear'], 1)} ({percent(real_clear[0], 1)} to {percent(real_clear[1], 1)}): “all "
        f"the figures are clear and consistent” *{sharp}* ([Figure 16](#figure-16)). Of the {len(words)} "
        f"sentences on these pictures our long {long} that {hold} *hold*, {fail} *fail* and {open_} stay "
        "*undecided*.",
    ]


def walk_findings(record: Record) -> list[str]:
    """Say whether Figures 17 to 19 show what walks between these digits do in general."""
    found, share = {v.sentence: v for v in most_straight_walks(record)}, {}
    for claim in WALK_CLAIMS:
        v = found[claim.sentence]
        low, high = interval(v.count, v.n)
        share[claim.pair] = (
            f"{percent(v.count / v.n, 1)} of {v.n} straight walks (95 % interval {percent(low, 1)} to "
            f"{percent(high, 1)}): of most walks that *{v.word}*"
        )
    first, second, third = (share[WALK_FIGURES[figure]] for figure in (17, 18, 19))
    return [
        f"**Does a 2 change straight into a 7?** No third digit is seen on {first} "
        "([Figure 17](#figure-17)).",
        f"**Do Figures 18 and 19 show a rule?** A 1 is seen between 2 and 6 on {second}. A 5 is seen between "
        f"6 and 7 on {third} ([Figure 18](#figure-18), [Figure 19](#figure-19)).",
    ]


def most_straight_walks(record: Record) -> list[Verdict]:
    """Return what the sentences on Figures 17 to 19 are, taken as statements about most straight walks."""
    return [v for v in decide_walks(record) if v.case == "line" and v.test.startswith("most paths")]


def anchor(where: str) -> str:
    """Return the anchor of "Figure S1"."""
    kind, number = where.split()
    return f"{kind.lower()}-{number}"


def quoted(words: Mapping[str, tuple[str, str]]) -> list[list[str]]:
    """Return rows of the front table: the original's words, its recipe's verdict, the mended one's, where.

    `words` has the two verdicts of each sentence, which `QUOTES` must know.
    """
    return [
        [f"“{QUOTES[s][0]}”", *verdicts, f"[{QUOTES[s][1]}](#{anchor(QUOTES[s][1])})"]
        for s, verdicts in words.items()
    ]


def gan_quoted(verdicts: Sequence[Verdict]) -> list[list[str]]:
    """The original's recipe is the first of several cases, ours at its longest the last."""
    cases = [*dict.fromkeys(v.case for v in verdicts)]
    words = {(v.sentence, v.case): v.word if v.n else NOT_RUN for v in verdicts}
    first = cases[0] if len(cases) > 1 else ""
    return quoted({s: (words.get((s, first), NOT_RUN), words[s, cases[-1]]) for s, _ in words})


def walk_quoted(record: Record) -> list[list[str]]:
    return quoted({v.sentence: (NOT_RUN, v.word) for v in most_straight_walks(record)})
