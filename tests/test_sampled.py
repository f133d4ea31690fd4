import pytest
import torch

from bundle.claims.ladder import sampled_table
from bundle.runs.records import Record
from bundle.runs.sampled import SampledRun, balanced, run_sampled
from bundle.runs.variants import sampled_runs
from lib.evaluation.classifier import Classifier, features, save_classifier
from lib.evaluation.distances import frechet_distance
from lib.gan.networks import Generator, save_generator
from lib.mnist import Mnist
from lib.networks import answers
from lib.weights import weights_digest
from tests.test_gan_runs import RUN

IMAGES = torch.rand(300, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A folder with a judge and a generator, both, and the settings of a run of theirs."""
    torch.manual_seed(0)
    judge, generator = Classifier(width=2).eval(), Generator(latent_dim=4, width=2, topology="shuffle").eval()
    labels = features(judge, IMAGES)[1].argmax(dim=1)
    monkeypatch.setattr("lib.mnist.load", lambda name: Mnist(IMAGES, labels, IMAGES, labels))
    save_classifier(judge, tmp_path, settings={}, summary={})
    save_generator(generator, tmp_path, settings={})
    about = {"samples": 400, "dataset": "MNIST", "noise_seed": 7, "seed": 1}
    run = SampledRun(**about, judge=weights_digest(judge), generator=weights_digest(generator))
    return tmp_path, judge, generator, run.described()


def test_distances_are_those_of_the_generators_samples(stored):
    folder, judge, generator, settings = stored
    found = run_sampled(settings, models=folder).summary
    noise = torch.randn(400, 4, generator=torch.Generator().manual_seed(8))
    made, real = (features(judge, x)[0] for x in (answers(generator, noise, batch_size=500), IMAGES))
    assert found["all"] == pytest.approx(frechet_distance(made, real), rel=1e-5)
    assert 0 < found["half_real"] < found["half"]
    assert found["seen"] < 1e-6  # here the training images are the test images
    assert run_sampled(settings, models=folder).summary == found
    with pytest.raises(ValueError, match="the generator is"):
        run_sampled(settings | {"generator": "another"}, models=folder)
    with pytest.raises(ValueError, match="samples is 9"):
        run_sampled(settings | {"samples": 9}, models=folder)


def test_balanced_takes_the_most_in_the_shares_of_the_reference():
    reference = torch.tensor([0] * 10 + [1] * 20)
    classes = torch.tensor([0, 1, 1, 1] * 6 + [2] * 5)
    chosen = classes[balanced(classes, reference)]
    assert chosen.bincount().tolist() == [6, 12]
    assert len(balanced(torch.zeros(5, dtype=torch.long), reference)) == 0


def test_every_seed_has_noises_of_its_own_and_the_table_shows_them_all():
    listed = sampled_runs(RUN, generator="g", seeds=3, samples=1000)
    assert [one["seed"] for one in listed] == [0, 1, 2]
    assert {one["generator"] for one in listed} == {"g"}
    assert sampled_runs(RUN, generator="g", seeds=0, samples=1000) == []
    kinds = ("all", "balanced", "seen", "half", "half_real")
    header, rows = sampled_table(
        {"": [Record({"seed": k}, {}, dict.fromkeys(kinds, k / 10)) for k in (1, 2, 3)]}
    )
    assert len(rows) == len(kinds)
    others = [Record({}, {}, {"frechet_sampled": value}) for value in (0.1, 0.3)]
    assert sampled_table({"sampled": []}, others)[1][-1][1:] == ["0.100, 0.300", "0.200 (-1.071 to 1.471)"]
    gone = sampled_table({"": [Record({"seed": 1}, {}, dict.fromkeys(kinds, 0.5) | {"balanced": None})]})[1]
    assert [row[1:] for row in gone[:2]] == [["0.500", ""], ["", ""]]
    assert rows[0][1:] == ["0.100, 0.200, 0.300", "0.200 (-0.048 to 0.448)"]
