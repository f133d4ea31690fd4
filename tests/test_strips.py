import pytest

from bundle.experiments.strips import ViewSettings, Walker
from lib.evaluation.classifier import load_classifier
from lib.gan.networks import load_generator


@pytest.fixture(scope="module")
def walker() -> Walker:
    view = ViewSettings(steps=5, candidates=300, seed=0)
    return Walker(load_generator("models"), load_classifier("models"), view)


def test_a_strip_names_its_kind_its_rule_and_what_is_seen(walker):
    strip = walker.strip(2, 7)
    assert strip.name == "strip-2-7"
    assert len(strip.images) == 5
    assert (strip.facts["digits"][0], strip.facts["digits"][-1]) == (2, 7)
    assert strip.captions[0].startswith("2\n")
    assert {"seed", "kind", "alpha", "digits", "confidences", "end_points"} == set(strip.facts)
    assert {"rule", "candidates", "confidence"} <= set(strip.facts["end_points"][0])
