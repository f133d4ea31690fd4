"""Networks that are made once and stored: used again where settings and code match, else made now.

A function whose name begins with "cached" returns last why it made it now, None if it took what is stored.
"""

import io
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from bundle.experiments.digit_classifier import run_classifier
from bundle.experiments.gan import GanRun, measured_whole, run_gan
from bundle.experiments.palindromes import CELLS, DIGITS, train_on_palindromes
from bundle.study import store
from bundle.study.fingerprint import differences, identity
from bundle.study.provenance import record_outcome
from bundle.study.records import Record
from lib.evaluation.classifier import Classifier, load_classifier, save_classifier
from lib.evaluation.judge import Judge
from lib.files import digest, write_atomically
from lib.gan.networks import load_generator, save_generator
from lib.mnist import Mnist
from lib.progress import Progress
from lib.weights import about_network, load_network, save_network

Grids = dict[str, dict[int, np.ndarray]]  # see `read_grids`


def cached_classifier(
    models: Path, settings: dict, *, data: Mnist, fresh: bool, progress: Progress
) -> tuple[Classifier, dict, str | None]:
    """Return the classifier of these settings, which are like CLASSIFIER, and its summary."""
    device, made_by = data.train_images.device, identity(run_classifier)
    why = "fresh" if fresh else ""
    if not fresh and Path(models, "classifier.json").exists():
        try:
            about, model = about_network(models, "classifier"), load_classifier(models)
            why = differences(about["identity"], made_by)
            if about["settings"] != settings:
                why = "other settings"
            if not why:
                return model.to(device), about["summary"], None
        except (ValueError, OSError) as error:  # damaged or gone
            why = str(error)
    model, outcome = run_classifier(settings, data=data, progress=progress)
    record = record_outcome(settings, outcome, identity=made_by, device=device)
    summary = record.summary | record.provenance
    save_classifier(model, models, settings=settings, summary=summary, identity=made_by)
    return model, summary, why


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
) -> tuple[Record, Grids, str | None]:
    """Return the record and the grids of a run; its EMA is in `models` under a name.

    Where the name is empty, no weights are kept. A killed run goes on. The summary is that of `run_gan` and
    `measured_whole`.
    """
    settings, made_by = run.described(), identity(run_gan)
    with store.writing(results):
        runs = store.Store(results / "gan.jsonl")
        record, why = runs.find(settings, identity=made_by, fresh=fresh)
        if record:
            try:
                grids = read_grids(grids_of(settings, results))
                if not name:
                    return record, grids, None
                load_generator(models, name)
                if about_network(models, name)["settings"] == settings:
                    return record, grids, None
                why = f"{name} is another run's"
            except (ValueError, OSError, KeyError) as error:  # damaged or gone
                why = str(error)
        state = results / f"{store.run_name(settings)}.ckpt"
        if fresh:
            _forget(state)
        judge = Judge(classifier, data)
        result, outcome = run_gan(run, judge=judge, state_path=state, progress=progress)
        other = {**classifier_settings, "seed": classifier_settings["seed"] + 1}  # than the judge's
        outcome.summary.update(measured_whole(run, result.ema, judge=judge, classifier_settings=other))
        _write_grids(grids_of(settings, results), {"fixed": result.grids, "train": result.train_grids})
        if name:
            save_generator(result.ema, models, name=name, settings=settings, identity=made_by)
        record = record_outcome(settings, outcome, identity=made_by, device=data.train_images.device)
        runs.append(record)
        runs.write()
        _forget(state)  # finished: nothing to go on from
    return record, read_grids(grids_of(settings, results)), why


def _forget(state: Path) -> None:
    """Remove the state of a run that has finished, the one before it, and damaged ones."""
    for file in state.parent.glob(f"{state.name}*"):
        file.unlink()


def grids_of(settings: dict, results: Path) -> Path:
    """Return the file that has the grids of a run."""
    return Path(results, f"{store.run_name(settings)}.npz")


def _write_grids(path: Path, kinds: dict[str, dict[int, Tensor]]) -> None:
    arrays = {}
    for kind, grids in kinds.items():
        arrays.update({f"{kind}-{batch}": grid.numpy() for batch, grid in grids.items()})
    buffer = io.BytesIO()
    np.savez_compressed(buffer, batches=list(kinds["fixed"]), **arrays)
    write_atomically(path, buffer.getvalue())


def read_grids(path: Path) -> Grids:
    """Return the grids of a run by their kind and batch, uint8.

    They are "fixed" (25 noise_sets, 28, 28), of the EMA on the same noise at every batch, and "train"
    (25, 28, 28), as the original drew them: new noise, batch norm in train mode, contrast stretched over all.
    Raises ValueError if they are damaged or gone.
    """
    try:
        with np.load(path) as arrays:
            batches = arrays["batches"].tolist()
            fixed = {batch: arrays[f"fixed-{batch}"] for batch in batches}
            train = {batch: arrays[f"train-{batch}"] for batch in batches}
            return {"fixed": fixed, "train": train}
    except Exception as error:  # numpy and zipfile raise many kinds for damaged bytes
        raise ValueError(f"{path} is damaged or gone ({type(error).__name__}: {error})") from None


def trained_cell(settings: dict, folder: Path) -> nn.Module:
    """Return the network of the settings of a palindrome run, from `folder` if this code has trained it."""
    cell, made_by = settings["cell"], identity(train_on_palindromes)
    name = f"{cell}-{digest({'settings': settings, 'identity': made_by})}"
    sizes = {"input_size": 1, "hidden_size": settings["hidden_size"], "num_classes": DIGITS}
    try:
        return load_network(CELLS[cell], folder, name)
    except (OSError, ValueError):  # not there, or damaged
        torch.set_num_threads(1)  # several would wait for one another where other processes are at work
        model = train_on_palindromes(settings)[0].cpu()
        save_network(model, folder, name, sizes=sizes)
        return model.eval()
