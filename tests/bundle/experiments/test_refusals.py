"""What is out of range is refused by its name, before anything is loaded or trained."""

import math
from dataclasses import replace

import pytest
import torch

from bundle.experiments.palindromes import LAST_SEED, MOST, PalindromeRun
from bundle.experiments.stacked import StackedRun
from bundle.experiments.two_sample_tests import REAL, TwoSampleRun
from lib.checks import SEEDS
from lib.evaluation.classifier import Classifier
from lib.evaluation.distances import frechet_distance, kid
from lib.evaluation.two_sample_tests import two_sample_accuracy
from lib.gan.settings import LIMITS
from lib.gan.training import train_gan
from lib.latent.end_points import endpoints
from lib.latent.interpolation import path
from lib.palindromes import palindromes
from lib.recurrent.gru import GRU
from lib.recurrent.lstm import LSTM
from lib.recurrent.rnn import VanillaRNN
from tests.bundle.experiments.test_gan_runs import RUN
from tests.bundle.experiments.test_palindrome_runs import SETTINGS
from tests.bundle.experiments.test_walks import SETTINGS as WALKS

PALINDROMES = PalindromeRun(**SETTINGS)
GAN = RUN.training
DIGITS = {"dataset": "MNIST", "noise_seed": 7}
IN_COLOUR = replace(GAN, channels=3)
STACKED = StackedRun(training=IN_COLOUR, judge="0", stacks=40, samples=50, **DIGITS)
COUNTS = {"train_count": 20, "test_count": 10, "steps": 3, "seed": 1}
TWO_SAMPLE = TwoSampleRun(test="all levels", against=REAL, generator="", **COUNTS, **DIGITS)
NOT_FINITE = ("learning_rate", "schedule_factor", "clip_norm", "pass_accuracy", "growth")
ONE_BY_ONE = [
    (PALINDROMES, "cell", "TCN"),
    (PALINDROMES, "initial", "normal-0.1"),  # of an LSTM
    (PALINDROMES, "seed", LAST_SEED + 1),
    (PALINDROMES, "learning_rate", 10.5),
    (PALINDROMES, "first_length", 4),  # of 3
    (PALINDROMES, "growth", 0.5),
    (PALINDROMES, "check_lengths", [3, 4, 3]),
    (PALINDROMES, "original_count", 49),  # of 50
    (GAN, "topology", "dense"),
    (GAN, "beta1", 1.0),
    (GAN, "seed", SEEDS),
    (RUN, "samples", 255),
    (RUN, "samples", 60_000),
    (RUN, "noise_sets", 101),
    (STACKED, "training", GAN),  # one channel
    (STACKED, "stacks", 7),  # fewer than a batch
    (TWO_SAMPLE, "against", "cats"),
    (TWO_SAMPLE, "test_count", 30),
    (TWO_SAMPLE, "train_count", 30_000),
    (WALKS, "pairs", 60_001),
    (WALKS, "samples", 255),
    (WALKS, "looks", 1),
    (WALKS, "walks", [[7, 2]]),
    (WALKS, "walks", [[2, 7], [2, 7]]),
    (WALKS, "seed", SEEDS),
]
BELOW_AND_ABOVE = [(GAN, name, low - 1) for name, (low, _) in LIMITS.items()]
BELOW_AND_ABOVE += [(GAN, name, high + 1) for name, (_, high) in LIMITS.items()]
BELOW_AND_ABOVE += [(GAN, name, math.nan) for name in LIMITS]
BELOW_AND_ABOVE += [(PALINDROMES, name, 0) for name in MOST]
BELOW_AND_ABOVE += [(PALINDROMES, name, most + 1) for name, most in MOST.items()]
BELOW_AND_ABOVE += [(PALINDROMES, name, value) for name in NOT_FINITE for value in (math.nan, math.inf)]


@pytest.mark.parametrize(("run", "name", "value"), [*ONE_BY_ONE, *BELOW_AND_ABOVE])
def test_a_setting_out_of_range_is_refused_by_its_name(run, name, value):
    other_name = {"training": "channels", "stacks": "batch_size", "walks": "walk"}.get(name, name)
    with pytest.raises(ValueError, match=other_name):
        replace(run, **{name: value})


IMAGES, ROWS, ENDS = torch.zeros(10, 1, 28, 28), torch.zeros(127, 32), torch.zeros(5, 4)


def gan(images=IMAGES, *, noise=ENDS, checkpoints=()):
    return train_gan(images, settings=GAN, checkpoints=list(checkpoints), noise=noise)


CALLS = {
    "hidden_size is 0; it must be at least 1": lambda: LSTM(1, 0, 10),
    r"\(batch, seq_length, 2\)": lambda: LSTM(2, 3, 10)(torch.zeros(4, 5)),
    r"shape is \(4, 5, 3\)": lambda: GRU(2, 3, 10)(torch.zeros(4, 5, 3)),
    "with at least one step": lambda: VanillaRNN(2, 3, 10)(torch.zeros(4, 0, 2)),
    "seq_length is 0; it must be at least 1": lambda: palindromes(2, 0, generator=torch.Generator()),
    r"the images' shape is \(3, 28, 28\)": lambda: Classifier(width=2)(torch.zeros(3, 28, 28)),
    "127 rows of 32 features": lambda: frechet_distance(ROWS, ROWS),
    "features": lambda: kid(torch.zeros(5, 3), torch.zeros(5, 4)),
    "test_count is 6": lambda: two_sample_accuracy("all levels", IMAGES, IMAGES, test_count=6, seed=0),
    "first and second are both 3": lambda: endpoints(None, None, ENDS, 3, 3),
    "steps is 1; it must be at least 2": lambda: path(ENDS, ENDS, steps=1),
    "kind is 'arc'; it must be one of": lambda: path(ENDS, ENDS, kind="arc"),
    "batch_size is 8; it must be at most the number of images, 7": lambda: gan(IMAGES[:7]),
    r"noise's shape is \(5, 3\)": lambda: gan(noise=ENDS[:, :3]),
    "checkpoints is 13; it must be between 0 and batches, 6": lambda: gan(checkpoints=[13]),
    r"images' shape is \(10, 28, 28\)": lambda: gan(IMAGES[:, 0]),
}


@pytest.mark.parametrize("words", CALLS)
def test_an_argument_out_of_range_is_refused_by_its_name(words):
    with pytest.raises(ValueError, match=words):
        CALLS[words]()
