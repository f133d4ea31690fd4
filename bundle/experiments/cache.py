"""What is made once and stored: used again where its settings and its code match, else made now.

Each function returns last why it made it now, None if it took what is stored.
"""

import io
import os
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from bundle.experiments.digit_classifier import run_classifier
from bundle.experiments.gan import GanRun, measured_whole, run_gan
from bundle.experiments.walks import WalkSettings, describe_walks, run_walks
from bundle.study import fingerprint, store
from bundle.study.recording import record_outcome
from bundle.study.records import Record
from lib.evaluation.classifier import Classifier, load_classifier, save_classifier
from lib.evaluation.judge import Judge
from lib.files import write_atomically
from lib.gan.networks import load_generator, save_generator
from lib.mnist import Mnist
from lib.progress import Progress
from lib.weights import about_network

GAN, GENERATORS = "gan.jsonl", "generators.jsonl"  # files of the first run of Task 2, and of further ones
WALKS = "walks.jsonl"  # of the runs of Task 3


def about_model(models: Path, name: str) -> dict:
    """Return what models/NAME.json says of a model, {} if it is not there; see `about_network`."""
    try:
        return about_network(models, name)
    except FileNotFoundError:
        return {}


def cached_classifier(
    models: Path, settings: dict, *, data: Mnist, fresh: bool, progress: Progress
) -> tuple[Classifier, dict, str | None]:
    """Return the classifier of these settings, which are like CLASSIFIER, and its summary.

    `other_code` in the summary says how the code that made it differs from the code here.
    """
    device, identity = data.train_images.device, fingerprint.identity(run_classifier)
    try:
        about = {} if fresh else about_model(models, "classifier")
        why = "fresh" if fresh else _unusable(about, settings, identity)
        if why is None:
            other_code = fingerprint.differences(about.get("identity", {}), identity)
            return load_classifier(models).to(device), {**about["summary"], "other_code": other_code}, None
    except (ValueError, OSError) as error:  # damaged or gone
        why = str(error)
    model, outcome = run_classifier(settings, data=data, progress=progress)
    record = record_outcome(settings, outcome, identity=identity, device=device)
    summary = record.summary | record.provenance
    save_classifier(model, models, settings=settings, summary=summary, identity=identity)
    return model, summary, why


def _unusable(about: dict, settings: dict, identity: dict) -> str | None:
    """Return why a model of which this is said is not the one that is asked for."""
    if about.get("settings") != settings:
        return "other settings" if about else ""
    if os.environ.get("STALE") == "show":
        return None
    return fingerprint.differences(about.get("identity", {}), identity) or None


def cached_gan(
    run: GanRun,
    *,
    classifier: Classifier,
    data: Mnist,
    classifier_settings: dict,
    results: Path,
    models: Path,
    fresh: bool,
    progress: Progress,
    name: str = "generator",
    file: str = GAN,
) -> tuple[Record, dict[str, dict[int, np.ndarray]], str | None]:
    """Return the record of a run and its grids by their kind and batch.

    Grids are uint8: "fixed" (25 noise_sets, 28, 28), of the EMA on the same noise at every batch; "train"
    (25, 28, 28), as the original drew them: new noise, batch norm in train mode, contrast stretched over all.
    A killed run goes on. Its EMA is left in `models` under a name, its record in a file of `results`; the
    summary is that of `run_gan` and `measured_whole`.
    """
    run_settings, identity = run.described(), fingerprint.identity(run_gan)
    grids, state = (Path(results, store.run_name(run_settings) + end) for end in (".npz", ".ckpt"))
    with store.writing(results):
        record, why = _stored_with_weights(run, name=name, models=models, file=results / file, fresh=fresh)
        if record and not why:
            try:
                return record, read_grids(grids), None
            except ValueError as error:
                why = str(error)
        if fresh:
            store.forget(state)
        judge = Judge(classifier, data)
        result, outcome = run_gan(run, judge=judge, state_path=state, progress=progress)
        other = {**classifier_settings, "seed": classifier_settings["seed"] + 1}  # than the judge's
        outcome.summary.update(measured_whole(run, result.ema, judge=judge, classifier_settings=other))
        _write_grids(grids, {"fixed": result.grids, "train": result.train_grids})
        save_generator(result.ema, models, name=name, settings=run_settings, identity=identity)
        record = record_outcome(run_settings, outcome, identity=identity, device=data.train_images.device)
        store.Store(results / file).write([record])
        store.forget(state)  # finished: nothing to go on from
    return record, read_grids(grids), why


def cached_generator(
    run: GanRun, *, name: str, results: Path, models: Path, fresh: bool, **training
) -> tuple[Record, str | None]:
    """Return the record of a further run, whose weights are in `models`; its grids need not be there.

    The arguments are those of `cached_gan`, which trains it where the record or the weights are not there.
    """
    record, why = _stored_with_weights(run, name=name, models=models, file=results / GENERATORS, fresh=fresh)
    if record and not why:
        return record, None
    where = {"name": name, "file": GENERATORS, "results": results, "models": models}
    record, _, trained_for = cached_gan(run, **where, fresh=fresh, **training)
    return record, trained_for


def _stored_with_weights(
    run: GanRun, *, name: str, models: Path, file: Path, fresh: bool
) -> tuple[Record | None, str]:
    """Return the same as `_stored` of a run whose weights are needed too."""
    run_settings, runs = run.described(), store.Store(file)
    record, why = _stored(run_settings, runs, identity=fingerprint.identity(run_gan), fresh=fresh)
    if record and not why:
        try:
            load_generator(models, name)
            if about_network(models, name)["settings"] != run_settings:
                why = f"{name} is another run's"
        except (ValueError, OSError, KeyError) as error:  # damaged or gone
            why = str(error)
    return record, why


def _stored(settings: dict, runs: store.Store, *, identity: dict, fresh: bool) -> tuple[Record | None, str]:
    """Return the stored run of these settings, if there is one, and why it is made now, "" if it was not."""
    record, why = (None, "fresh") if fresh else store.find(settings, runs, identity=identity)
    if not (record or why) and runs.damaged:
        why = runs.damaged[0]
    return record, why


def _write_grids(path: Path, kinds: dict[str, dict[int, Tensor]]) -> None:
    arrays = {}
    for kind, grids in kinds.items():
        arrays.update({f"{kind}-{batch}": grid.numpy() for batch, grid in grids.items()})
    buffer = io.BytesIO()
    np.savez_compressed(buffer, batches=list(kinds["fixed"]), **arrays)
    write_atomically(path, buffer.getvalue())


def read_grids(path: Path) -> dict[str, dict[int, np.ndarray]]:
    try:
        with np.load(path) as arrays:
            batches = arrays["batches"].tolist()
            fixed = {batch: arrays[f"fixed-{batch}"] for batch in batches}
            train = {batch: arrays[f"train-{batch}"] for batch in batches}
            return {"fixed": fixed, "train": train}
    except Exception as error:  # numpy and zipfile raise many kinds for damaged bytes
        raise ValueError(f"{path} is damaged or gone ({type(error).__name__}: {error})") from None


def cached_walks(
    *networks: nn.Module, settings: WalkSettings, data: Mnist, results: Path, fresh: bool, progress: Progress
) -> tuple[Record, str | None]:
    """Return the record of these settings and of generator and classifier."""
    run_settings, identity = describe_walks(*networks, settings), fingerprint.identity(run_walks)
    with store.writing(results):
        runs = store.Store(results / WALKS)
        record, why = _stored(run_settings, runs, identity=identity, fresh=fresh)
        if record and not why:
            return record, None
        outcome = run_walks(*networks, settings=settings, data=data, progress=progress)
        record = record_outcome(run_settings, outcome, identity=identity, device=data.test_images.device)
        runs.write([record])
    return record, why
