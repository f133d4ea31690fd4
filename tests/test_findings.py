import re

import pytest

from bundle.analysis import findings
from bundle.analysis.gan import PICTURES, decide_pictures
from bundle.analysis.predictions import gan_predictions, walk_predictions
from bundle.analysis.quotes import QUOTES
from bundle.analysis.walks import WALK_CLAIMS
from tests.test_gan_analysis import record as gan
from tests.test_walk_analysis import RECORD, counted


@pytest.mark.parametrize("sentence", [*PICTURES, *(claim.sentence for claim in WALK_CLAIMS)])
def test_every_sentence_that_is_tested_has_its_words_and_a_place(sentence):
    quote, where = QUOTES[sentence]
    assert quote
    assert re.fullmatch(r"(Figure|Table) S?\d+", where)


def test_no_quote_is_of_a_sentence_that_nobody_tests():
    assert set(QUOTES) == {*PICTURES, *(claim.sentence for claim in WALK_CLAIMS)}


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
