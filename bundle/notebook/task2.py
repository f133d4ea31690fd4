"""From the parameters of Task 2's notebook to its judge, its generators and the runs that it compares.

The studies read them from the same parameters, and so find the same runs in the store.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import torch

from bundle.analysis.detectability import BLURRED, GENERATED, REAL
from bundle.experiments import cache, comparisons
from bundle.experiments.digit_classifier import CLASSIFIER, judge_settings
from bundle.experiments.gan import GanRun, measured_gan
from bundle.experiments.two_sample_tests import run_two_sample_test
from bundle.notebook.page import Page
from bundle.notebook.parameters import parameters_of
from bundle.original import checkpoint_batches
from bundle.study import store
from lib import mnist, weights
from lib.evaluation.classifier import Classifier
from lib.gan.networks import as_bytes
from lib.gan.settings import GanSettings
from lib.mnist import Mnist

NOISE_SEED = 1000  # of the noise shown and judged
NOISE_SETS = 8  # of 25 noises each, kept at every moment
SHOWN_SIDES = (GENERATED, REAL, BLURRED)  # of two-sample tests, in the main notebook


@dataclass(frozen=True)
class Game:
    """The judge, and every generator that was trained."""

    run: GanRun  # of the first generator
    data: Mnist
    classifier: Classifier
    test_accuracy: float  # of the classifier
    generators: pd.DataFrame  # a run a row, of `bundle.study.store.table`
    grids: cache.Grids  # of the first generator
    digests: list[str]  # of the generators' weights


def gan_run(parameters: dict, *, judge: str = "") -> GanRun:
    """Return the run of the first generator; `parameters` may be the notebook's globals().

    Raises ValueError naming a parameter that is out of range, before anything is loaded.
    """
    widths = dict.fromkeys(("generator_width", "discriminator_width"), parameters["width"])
    same = parameters_of(GanSettings, parameters)
    training = GanSettings(**same, **widths, channels=1)
    return GanRun(
        training=training,
        dataset=parameters["dataset"],
        judge=judge,
        checkpoints=checkpoint_batches(parameters["batches"]),
        samples=parameters["samples"],
        noise_sets=NOISE_SETS,
        noise_seed=NOISE_SEED,
    )


def judge_of(parameters: dict) -> dict:
    """Return the settings of the classifier that judges."""
    dataset, epochs = parameters["dataset"], parameters["classifier_epochs"]
    return judge_settings(dataset=dataset, epochs=epochs, width=CLASSIFIER["width"])


def play(page: Page, parameters: dict) -> Game:
    """Return the judge and all generators, from the store or trained now."""
    data = mnist.load_on_device(parameters["dataset"])
    models, judge = page.output.models, judge_of(parameters)
    classifier, judged = page.cached("The classifier", cache.cached_classifier, models, judge, data=data)
    run = gan_run(parameters, judge=weights.weights_digest(classifier))
    given = given_to_gans(page, parameters, data=data, classifier=classifier)
    runs = {"generator": run, **comparisons.further_generators(run, parameters["generator_seeds"])}
    records, grids = {}, {}
    for name, each in runs.items():
        records[name], grids[name] = page.cached(name, cache.cached_gan, each, name=name, **given)
    digests = [weights.about_network(models, name)["weights"] for name in runs]
    generators = store.table(list(records.values()))
    return Game(run, data, classifier, judged["test_accuracy"], generators, grids["generator"], digests)


def given_to_gans(page: Page, parameters: dict, *, data: Mnist, classifier: Classifier) -> dict:
    """Return what `cached_gan` is given for every run."""
    judged_by = {"data": data, "classifier": classifier, "classifier_settings": judge_of(parameters)}
    return judged_by | {"results": page.results, "models": page.output.models}


def two_sample_settings(run: GanRun, parameters: dict, **change) -> list[dict]:
    """Return the settings of the two-sample tests that the main notebook shows, or with other arguments."""
    arguments = {
        "seeds": parameters["two_sample_seeds"],
        "images": parameters["two_sample_images"],
        "steps": parameters["two_sample_steps"],
        "against": SHOWN_SIDES,
    }
    return comparisons.two_sample_runs(run, **arguments | change)


def original_runs(page: Page, game: Game, parameters: dict) -> pd.DataFrame:
    """Return the runs of the original's recipe at 16 channels, a seed for each generator.

    It is an empty table where `original_batches` is 0.
    """
    amounts = {"seeds": len(game.generators), "original_batches": parameters["original_batches"]}
    settings = {"original": comparisons.as_written_runs(game.run, **amounts)}
    train = partial(measured_gan, models=page.output.models)
    return page.tables("The original's recipe", train, settings, file="variants")["original"]


def two_sample_tests(page: Page, settings: list[dict]) -> pd.DataFrame:
    """Return the runs of two-sample tests of these settings."""
    test = partial(run_two_sample_test, models=page.output.models)
    title, file = "Two-sample tests", "two-sample-tests"
    return page.tables(title, test, {"tests": settings}, file=file, cost=comparisons.cost)["tests"]


def own_width_run(
    page: Page, game: Game, parameters: dict, batches: int
) -> tuple[pd.DataFrame, dict[int, np.ndarray]]:
    """Return the run of the original's recipe at its own width as a table, and its grids by batch.

    Its weights, 51 MB, are not kept. Both are empty where `batches` is 0.
    """
    if not batches:
        return store.table([]), {}
    run = comparisons.own_width_run(game.run, batches)
    given = given_to_gans(page, parameters, data=game.data, classifier=game.classifier)
    record, grids = page.cached("The original's own width", cache.cached_gan, run, name="", **given)
    return store.table([record]), grids["fixed"]


def nearest_training_images(images: np.ndarray, data: Mnist) -> np.ndarray:
    """Return for each image (n, 28, 28) uint8 the training image that is nearest over all pixels."""
    training = as_bytes(data.train_images).cpu()
    rows, others = torch.from_numpy(images).flatten(1).float(), training.flatten(1).float()
    return training[torch.cdist(rows, others).argmin(dim=1)].numpy()
