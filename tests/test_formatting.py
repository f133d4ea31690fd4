import pandas as pd
import pytest

from bundle.analysis.formatting import in_style, is_numeric, number, p_value, prose_in_style, table_in_style

UNBROKEN = "\u00a0"


def column(*cells: str) -> list[str]:
    return [row[0] for row in table_in_style((["a"], [[cell] for cell in cells]))[1]]


def test_whole_numbers_have_the_decimals_of_their_column():
    assert column("1", "0.832", "0", "") == ["1.000", "0.832", "0.000", ""]
    assert column("1", "0", "3") == ["1", "0", "3"]
    assert column("1238", "0.5") == ["1238", "0.5"]  # it may have been rounded


def test_an_interval_has_the_decimals_of_its_value():
    assert column("0 [-0.050, 0]") == ["0.000 [−0.050, 0.000]"]
    assert column("-112 [-400, 100]") == ["−112 [−400, 100]"]


@pytest.mark.parametrize("zero", ["-0.0000", "-0.0", "−0.000", "-0"])
def test_there_is_no_minus_before_zero(zero):
    assert in_style(zero) == zero[1:]
    assert in_style("-0.0001") == "−0.0001"


def test_a_unit_is_in_the_header_of_a_column_that_has_no_other():
    table = ["shares", "mixed"], [["70% (67% to 72%)", "5 %"], ["no pairs", "5"], ["8 % (1% to 9 %)", "x"]]
    header, rows = table_in_style(table)
    assert header == ["shares (%)", "mixed"]
    assert [row[0] for row in rows] == ["70 (67 to 72)", "no pairs", "8 (1 to 9)"]


def test_per_cent_and_thousands_stand_apart_from_their_number():
    assert in_style("69% at 187400") == f"69{UNBROKEN}% at 187{UNBROKEN}400"
    assert in_style("at 187400. At 10000.5") == f"at 187{UNBROKEN}400. At 10000.5"
    assert in_style("1500 steps, 0.12345, S10, 2-3") == "1500 steps, 0.12345, S10, 2-3"


def test_code_and_addresses_in_a_caption_stay_as_they_are():
    kept = '`batch-10000 -1 5%` [x](#table-10000) <a id="x-10000"></a> $-10000$'
    assert prose_in_style(kept) == kept
    assert prose_in_style("**Of 5%**") == f"**Of 5{UNBROKEN}%**"


@pytest.mark.parametrize("cells", [["588 [450, never]", "never", ""], ["9/10 (1 tie)"], ["< 0.001", "1.000"]])
def test_columns_of_numbers_stand_to_the_right(cells):
    assert is_numeric(cells)


@pytest.mark.parametrize("cells", [["holds", "5"], ["", ""], ["N(0, 1)"], ["none"], ["5 of 9, held"]])
def test_columns_of_words_do_not(cells):
    assert not is_numeric(cells)


def test_a_table_may_be_one_of_pandas():
    frame = pd.DataFrame({"Cell": ["LSTM", "RNN"], "Share": ["5 %", "12 %"]})
    rows = frame.to_numpy().tolist()
    assert table_in_style(frame) == table_in_style((list(frame.columns), rows))


def test_a_small_p_is_never_shown_as_zero_and_a_step_may_never_come():
    assert [p_value(p) for p in (1e-9, 0.0009, 0.0014, 1)] == ["< 0.001", "< 0.001", "0.001", "1.000"]
    assert [number(value) for value in (None, float("inf"), 12.5, 0.25)] == ["", "never", "12", "0.250"]
