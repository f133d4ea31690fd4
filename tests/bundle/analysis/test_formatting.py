from bundle.analysis.formatting import in_style, number, p_value

UNBROKEN = "\u00a0"


def test_per_cent_thousands_and_minus_signs():
    assert in_style("69% at 187400") == f"69{UNBROKEN}% at 187{UNBROKEN}400"
    assert in_style("at 187400. At 10000.5") == f"at 187{UNBROKEN}400. At 10000.5"
    assert in_style("1500 steps, 0.12345, S10, 2-3, -0.5") == "1500 steps, 0.12345, S10, 2-3, −0.5"


def test_a_small_p_is_never_shown_as_zero_and_a_step_may_never_come():
    assert [p_value(p) for p in (1e-9, 0.0009, 0.0014, 1)] == ["< 0.001", "< 0.001", "0.001", "1.000"]
    values = (None, float("inf"), 12.5, 0.25, -1e-9, 1)
    assert [number(value) for value in values] == ["", "never", "12", "0.250", "0.000", "1"]
