import pytest

from bundle.experiments.strips import ViewSettings, Walker
from lib.evaluation.classifier import load_classifier
from lib.gan.networks import load_generator
from lib.latent.interpolation import INTERPOLATIONS


@pytest.fixture(scope="module")
def walker() -> Walker:
    view = ViewSettings(steps=5, candidates=300, seed=0, sure=0.9)
    return Walker(load_generator("models"), load_classifier("models"), view)


@pytest.mark.parametrize("kind", INTERPOLATIONS)
def test_a_strip_names_its_kind_its_rule_and_what_is_seen(walker, kind):
    strip = walker.strip(2, 7, kind=kind)
    assert strip.name == {"line": "strip-2-7", "circle": "strip-2-7-circle"}[kind]
    assert (strip.facts["digits"][0], strip.facts["digits"][-1]) == (2, 7)
    assert strip.captions[0].startswith("2\n")
    assert {"seed", "kind", "alpha", "digits", "confidences", "end_points"} == set(strip.facts)
    assert {"rule", "candidates", "confidence"} <= set(strip.facts["end_points"][0])


def test_side_by_side_the_left_half_is_the_line_and_the_right_the_circle(walker):
    both = walker.side_by_side(2, 7, steps=5)
    for half, kind, name in (
        (both.images[:, :, :28], "line", "left"),
        (both.images[:, :, 30:], "circle", "right"),
    ):
        one = walker.strip(2, 7, kind=kind)
        assert (half == one.images).all()
        assert both.facts[name] == one.facts


def test_side_by_side_there_are_as_many_steps_as_asked_for(walker):
    both = walker.side_by_side(2, 7, steps=9)
    assert both.images.shape == (9, 28, 58)
    assert both.facts["left"]["alpha"] == [step / 8 for step in range(9)]
