import numpy as np
import pytest

from bundle.analysis.survival import Times


def test_the_survival_curve_is_the_product_of_those_who_stay():
    """Kaplan and Meier by hand: of five, one arrives at 100, two at 300, two never."""
    steps, shares = Times(np.array([300, 100, np.inf, 300, np.inf]), 1500).surviving()
    assert steps.tolist() == [0, 100, 300, 1500]
    assert shares == pytest.approx([1, 4 / 5, 4 / 5 * 2 / 4, 2 / 5])


def test_nobody_arrives_and_all_do():
    assert Times(np.full(3, np.inf), 1500).surviving()[1].tolist() == [1, 1]
    assert Times(np.array([100.0, 200.0]), 1500).surviving()[1].tolist() == [1, 0.5, 0, 0]
