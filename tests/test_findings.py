import re

import pytest

from bundle.analysis import findings
from bundle.analysis.gan import PICTURES, decide_pictures
from bundle.analysis.part1 import decide_part1, robust_part1
from bundle.analysis.predictions import gan_predictions, walk_predictions
from bundle.analysis.quotes import QUOTES
from bundle.analysis.sentences import SENTENCES
from bundle.analysis.walks import WALK_CLAIMS
from tests.part1_records import lstm_first, run
from tests.test_gan_analysis import record as gan
from tests.test_walk_analysis import RECORD, counted


def part1(*, wins: int, of: int = 20) -> list[str]:
    memory = [run("LSTM", 30, [0.1, 1], recipe="ours", seed=seed) for seed in range(of)]
    groups = {
        "as written": [*lstm_first(range(of), wins=wins), *at_thirty(range(of))],
        "corrected": [
            *lstm_first(range(of), wins=of, recipe="corrected"),
            *at_thirty(range(of), recipe="corrected"),
        ],
        "ours": memory,
        "span": [run("RNN", 300, [0.1, 1], recipe="ours"), run("RNN", 1000, [0.1, 0.4], recipe="ours")],
    }
    return findings.part1_findings(groups, decide_part1(groups), robust_part1(groups))


def at_thirty(seeds: range, *, recipe="as-written") -> list:
    return [
        run(cell, 30, [0.1, 0.1, level, level], seed=seed, recipe=recipe)
        for seed in seeds
        for cell, level in (("LSTM", 0.9), ("RNN", 0.1))
    ]


def test_what_is_first_is_counted_and_the_verdict_follows_the_records():
    always, never, half = (part1(wins=wins)[1] for wins in (20, 0, 10))
    assert "with the softmax taken twice as in the original: *holds*, 20 of 20 seeds (95 % interval" in always
    assert "*does not hold*, 0 of 20 seeds (95 % interval 0 % to 17 %)" in never
    assert "*undecided*, 10 of 20 seeds (95 % interval 27 % to 73 %)" in half
    assert "once: *holds*, 20 of 20 seeds" in half


def test_a_cell_at_chance_is_named_and_memory_is_judged_by_our_recipe():
    better, _, _, memory = part1(wins=20)
    assert "always at chance is the RNN at 30" in better
    assert "*Does not hold*: with the same 128 units, its slips mended and a curriculum" in memory
    assert "20 of 20 seeds hold 100 % at 30" in memory
    assert "up to length 300 (tried: up to 1000)" in memory


def test_without_records_nothing_is_found():
    assert findings.part1_findings({}, [], []) == []


@pytest.mark.parametrize("sentence", [*SENTENCES, *PICTURES, *(claim.sentence for claim in WALK_CLAIMS)])
def test_every_sentence_that_is_tested_has_its_words_and_a_place(sentence):
    quote, where = QUOTES[sentence]
    assert quote
    assert re.fullmatch(r"(Figure|Table) S?\d+", where)


def test_no_quote_is_of_a_sentence_that_nobody_tests():
    assert set(QUOTES) == {*SENTENCES, *PICTURES, *(claim.sentence for claim in WALK_CLAIMS)}


def pictures(**summary) -> list[str]:
    run_ = gan(real_frechet_distance=0.5, **summary)
    return findings.gan_findings(run_, decide_pictures({"ours": [run_]}))


def test_how_real_the_digits_are_is_said_with_the_verdict_of_their_test():
    easy, hard = pictures(c2st=0.9)[0], pictures(c2st=0.6)[0]
    assert "is 1.00, that of real training digits 0.50" in easy
    assert "90.0 % of the time (95 % interval 89 % to 91 %; a coin, 50 %)" in easy
    assert "“Hard to discriminate” *does not hold*" in easy
    assert "“Hard to discriminate” *holds*" in hard
    assert "*does not hold*" in pictures(end=0.5)[1]


def test_further_generators_stand_beside_the_kept_one():
    run_, others = gan(real_frechet_distance=0.5), [gan(frechet_distance=d, end=d / 4) for d in (2, 3)]
    first, second = findings.gan_findings(run_, decide_pictures({"ours": [run_, *others]}), (), others)
    assert "is 1.00 (2.00, 3.00 with other seeds), that of real training digits" in first
    assert "; with other seeds 50.0 %, 75.0 %), of real digits" in second
    assert "our long runs find" in second


def test_walks_are_said_with_their_shares_and_verdicts():
    routes = {"2-7": ["27"] * 40, "2-6": ["216"] * 3 + ["26"] * 37, "6-7": ["657"] * 40}
    seven, rule = findings.walk_findings(counted(routes))
    assert "No third digit is seen on 100.0 % of 40 straight walks" in seven
    assert "A 1 is seen between 2 and 6 on 7.5 % of 40 straight walks (95 % interval 1.6 % to 20.4 %)" in rule
    assert rule.index("*does not hold*") < rule.index("A 5 is seen") < rule.index("*holds*")


def test_the_front_table_has_the_verdict_of_each_recipe_or_says_that_it_was_not_run():
    row, *_ = findings.walk_quoted(counted({"2-7": ["27"] * 40, "2-6": ["26"], "6-7": ["67"]}))
    assert row == ["“the number changes from 2 to 7”", "not run", "holds", "[Figure 17](#figure-17)"]
    groups = {"the original's recipe": [gan(c2st=0.9)], "ours, 2000": [gan()], "ours": [gan()]}
    rows = {words: verdicts for words, *verdicts, _ in findings.gan_quoted(decide_pictures(groups))}
    assert rows["“hard to discriminate from the mnist dataset”"] == ["does not hold", "holds"]


def test_predictions_come_true_or_not_by_what_the_records_say():
    moments = [0, 1000, 2000, 3000]
    columns = {
        "quality_batch": moments,
        "quality_frechet_distance": [9, 3, 2, 1],
        "discriminator_loss": [0.69] * 40,
    }
    run_ = gan(c2st=0.501, told_grey_levels=0.5, told_features=0.49)
    run_.columns.update(columns)
    assert re.findall(r"\*(.*?)\*", gan_predictions([run_])) == ["came true"] * 3
    other = gan(c2st=0.6, told_grey_levels=0.5, told_features=0.49)
    other.columns.update(columns)
    both = gan_predictions([run_, other])
    assert re.findall(r"\*(.*?)\*", both) == ["came true", "came true", "undecided"]
    assert "is right on 50.1 %" in both
    assert "it came true in 1 of 2 trainings" in both
    run_.columns.update(quality_frechet_distance=[9, 1, 2, 3], discriminator_loss=[0.5] * 40)
    run_.summary["c2st"] = 0.6
    said = gan_predictions([run_])
    assert re.findall(r"\*(.*?)\*", said) == ["did not come true"] * 3
    assert "in 1 of 3 steps from moment to moment; lowest at batch 1000" in said


def test_the_walks_predictions_are_read_from_the_committed_record():
    said = walk_predictions(RECORD).splitlines()
    assert [line[:2] for line in said] == ["1.", "2.", "3.", "4."]
    low = RECORD.summary["difference path_length low"]
    assert ("*came true*" in said[3]) == (low > 0)
