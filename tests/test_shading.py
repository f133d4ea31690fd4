import pytest
import torch

from bundle.plots.digits import pictured
from bundle.runs.shaded import ShadedRun, run_shaded
from bundle.runs.variants import shaded_runs
from lib.evaluation.classifier import Classifier, features, save_classifier
from lib.gan.networks import Generator, as_bytes, save_generator
from lib.gan.shading import Shader, matched_tones, shade, surprise, train_shader, undecided
from lib.mnist import Mnist
from lib.networks import answers
from lib.weights import weights_digest
from tests.test_gan_runs import RUN

THRESHOLDS = [96, 160]


def blocks(count: int, *, seed: int) -> torch.Tensor:
    """Images (count, 28, 28) uint8: a block of one white, its own, beside grey 100, in black."""
    source = torch.Generator().manual_seed(seed)
    images = torch.zeros(count, 28, 28, dtype=torch.uint8)
    whites = torch.randint(252, 256, (count,), generator=source).to(torch.uint8)
    corners = torch.randint(2, 16, (count, 2), generator=source).tolist()
    for image, white, (y, x) in zip(images, whites, corners, strict=True):
        image[y : y + 5, x : x + 5] = white
        image[y : y + 5, x + 5 : x + 8] = 100
    return images


@pytest.fixture
def shader():
    torch.manual_seed(0)
    return Shader(thresholds=THRESHOLDS, units=8).eval()


def test_what_is_drawn_pixel_by_pixel_is_as_likely_as_the_whole_image_says(shader):
    tones = shader.tones(blocks(1, seed=0).long())
    asked = []
    hook = shader.register_forward_hook(lambda network, args, logits: asked.append(logits))
    drawn = shade(shader, tones, seed=3)
    hook.remove()
    levels = drawn.long()[undecided(tones)]
    one_by_one = -torch.cat(asked).log_softmax(dim=1)[torch.arange(len(levels)), levels]
    torch.testing.assert_close(one_by_one, surprise(shader, drawn))


def test_no_pixel_knows_of_levels_that_come_later(shader):
    levels = blocks(1, seed=0)
    y, x = (levels[0] > 0).nonzero()[-1].tolist()
    other = levels.clone()
    other[0, y, x] = 159 if levels[0, y, x] == 100 else 161  # the same tone
    before = int(undecided(shader.tones(levels.long()))[0].flatten()[: y * 28 + x].sum())
    found, changed = surprise(shader, levels), surprise(shader, other)
    assert torch.equal(found[:before], changed[:before])
    assert not torch.equal(found[before:], changed[before:])


def test_every_pixel_keeps_its_tone_and_far_from_light_all_is_black(shader):
    tones = shader.tones(blocks(3, seed=1).long())
    drawn = shade(shader, tones, seed=0)
    assert torch.equal(shader.tones(drawn.long()), tones)
    assert drawn[~undecided(tones)].count_nonzero() == 0
    assert torch.equal(shade(shader, tones, seed=0), drawn)
    assert not torch.equal(shade(shader, tones, seed=1), drawn)


def test_a_shader_learns_that_an_image_has_one_white():
    about = {"units": 32, "epochs": 8, "batch_size": 10, "learning_rate": 0.01, "seed": 0}
    shader = train_shader(blocks(400, seed=0), thresholds=THRESHOLDS, **about)
    drawn = shade(shader, shader.tones(blocks(50, seed=9).long()), seed=0)
    light = [image[image >= 160].int().bincount() for image in drawn]
    alike = torch.stack([counts.max() / counts.sum() for counts in light])
    assert alike.mean() > 0.95  # of 25 pixels; by chance about 0.4
    assert {counts.argmax().item() for counts in light} == {252, 253, 254, 255}
    assert (drawn == 100).sum() > 0.95 * 50 * 15
    again = train_shader(blocks(400, seed=0), thresholds=THRESHOLDS, **about)
    assert weights_digest(again) == weights_digest(shader)


def test_tones_of_generated_images_have_the_shares_of_real_ones():
    like = blocks(20, seed=0)
    images = torch.rand(30, 1, 28, 28, generator=torch.Generator().manual_seed(0)) ** 9
    tones = matched_tones(images, like, THRESHOLDS)
    for tone, threshold in enumerate(THRESHOLDS):
        assert (tones > tone).double().mean().item() == pytest.approx(
            (like >= threshold).double().mean().item(), abs=1e-3
        )
    order = images.flatten().argsort()
    assert (tones.flatten()[order].diff() >= 0).all()


@pytest.mark.parametrize("thresholds", [[], [0, 9], [9, 9], [9, 256]])
def test_thresholds_that_leave_a_tone_empty_are_refused(thresholds):
    with pytest.raises(ValueError, match="thresholds is"):
        Shader(thresholds=thresholds, units=8)


@pytest.fixture
def stored(tmp_path, monkeypatch):
    """A folder with a judge and a generator, the images, and the settings of a run."""
    torch.manual_seed(0)
    levels = blocks(90, seed=2)
    images = levels[:, None].float() / 127.5 - 1
    judge, generator = Classifier(width=2).eval(), Generator(latent_dim=4, width=2, topology="shuffle").eval()
    labels = features(judge, images)[1].argmax(dim=1)
    tests = (images.flip(3), labels)
    monkeypatch.setattr("lib.mnist.load", lambda name: Mnist(images, labels, *tests))
    save_classifier(judge, tmp_path, settings={}, summary={})
    save_generator(generator, tmp_path, settings={})
    (settings,) = shaded_runs(RUN, generator=weights_digest(generator), seeds=1, learned=20, most=50, steps=3)
    return tmp_path, generator, images, settings | {"judge": weights_digest(judge)}


def test_samples_and_real_digits_are_put_to_every_test_before_and_after(stored):
    folder, generator, images, settings = stored
    settings |= {"units": 4, "taught": 60}
    out = run_shaded(settings, models=folder)
    assert {"right_pixels", "real_pixels", "right_most_pixels", "plain_precision", "shaded_precision"} <= {
        *out.summary
    }
    assert all(0 <= value <= 1 for name, value in out.summary.items() if name.startswith(("right", "real")))
    noise = torch.randn(60, 4, generator=torch.Generator().manual_seed(settings["noise_seed"]))
    made = answers(generator, noise, batch_size=500)
    assert (pictured(out.columns["plain"]) == as_bytes(made[:8]).numpy()).all()
    drawn = torch.from_numpy(pictured(out.columns["shaded"]).copy())
    assert drawn.shape == (8, 28, 28)
    again = run_shaded(settings, models=folder)
    assert again.summary == out.summary
    assert again.columns == out.columns
    with pytest.raises(ValueError, match="the generator is"):
        run_shaded(settings | {"generator": "another"}, models=folder)


def test_a_run_that_needs_more_images_than_there_are_is_refused():
    about = dict(shaded_runs(RUN, generator="g", seeds=1, learned=20, most=50, steps=3)[0])
    about.pop("run")
    with pytest.raises(ValueError, match="most, with all that belongs to it, is 72000"):
        ShadedRun(**about | {"most": 60_000})
    with pytest.raises(ValueError, match="taught is 3"):
        ShadedRun(**about | {"taught": 3})
    assert shaded_runs(RUN, generator="g", seeds=0, learned=20, most=50, steps=3) == []
    assert shaded_runs(RUN, generator="g", seeds=2, learned=20, most=0, steps=3)[1]["most"] == 0
