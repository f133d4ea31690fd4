"""What is made once and stored: used again where its settings match, else made now."""

import io
import json
from pathlib import Path

import numpy as np
from torch import Tensor, nn

from bundle.runs import records
from bundle.runs.gan import GanRun, measured_whole, run_classifier, run_gan
from bundle.runs.recorded import recorded
from bundle.runs.records import Record
from bundle.runs.walks import WalkSettings, describe_walks, run_walks
from lib.evaluation.classifier import Classifier, load_classifier, save_classifier
from lib.evaluation.judge import Judge
from lib.files import write_atomically
from lib.gan.networks import save_generator
from lib.mnist import Mnist
from lib.progress import Progress


def settings_of(path: Path) -> dict | None:
    """Return the settings in a model's JSON file, or None if there is no such file."""
    return json.loads(path.read_text())["settings"] if path.exists() else None


def ready_classifier(
    models: Path, settings: dict, *, data: Mnist, fresh: bool, progress: Progress
) -> tuple[Classifier, dict, bool]:
    """Return the classifier of these settings, which are like CLASSIFIER, its summary, and if it is new."""
    about, device = Path(models, "classifier.json"), data.train_images.device
    if train := fresh or settings_of(about) != settings:
        model, outcome = run_classifier(settings, data=data, progress=progress)
        record = recorded(settings, outcome, device=device)
        save_classifier(model, models, settings=settings, summary=record.summary | record.provenance)
    return load_classifier(models).to(device), json.loads(about.read_text())["summary"], train


def ready_gan(
    run: GanRun,
    *,
    classifier: Classifier,
    data: Mnist,
    taught: dict,
    results: Path,
    models: Path,
    fresh: bool,
    progress: Progress,
) -> tuple[Record, dict[str, dict[int, np.ndarray]], bool]:
    """Return the record of a run, its grids by their kind and batch, and whether it was trained now.

    Grids are uint8: "fixed" (25 noise_sets, 28, 28), of the EMA on the same noise at every batch; "train"
    (25, 28, 28), as the original drew them: new noise, batch norm in train mode, contrast stretched over all.
    A killed run goes on. Its EMA is left in `models`; the summary is that of `run_gan` and `measured_whole`.
    """
    described = run.described()
    path = records.path_of(described, results)
    grids, state = path.with_suffix(".npz"), path.with_suffix(".ckpt")
    kept = not fresh and grids.exists() and settings_of(models / "generator.json") == described
    if train := not (kept and records.find(described, results)):
        if fresh:
            _forget(state)
        judge = Judge(classifier, data)
        result, outcome = run_gan(run, judge=judge, state_path=state, progress=progress)
        outcome.summary.update(measured_whole(run, result.ema, judge=judge, taught=taught))
        _write_grids(grids, {"fixed": result.grids, "train": result.train_grids})
        save_generator(result.ema, models, settings=described)
        records.save(recorded(described, outcome, device=data.train_images.device), results)
        _forget(state)  # finished: nothing to go on from
    return records.find(described, results), _read_grids(grids), train


def _forget(state: Path) -> None:
    for file in state.parent.glob(f"{state.name}*"):  # the one before it, and damaged ones
        file.unlink()


def _write_grids(path: Path, kinds: dict[str, dict[int, Tensor]]) -> None:
    arrays = {f"{kind}-{batch}": grid.numpy() for kind, of in kinds.items() for batch, grid in of.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, batches=list(kinds["fixed"]), **arrays)
    write_atomically(path, buffer.getvalue())


def _read_grids(path: Path) -> dict[str, dict[int, np.ndarray]]:
    with np.load(path) as arrays:
        batches = arrays["batches"].tolist()
        return {k: {batch: arrays[f"{k}-{batch}"] for batch in batches} for k in ("fixed", "train")}


def ready_walks(
    *networks: nn.Module, settings: WalkSettings, data: Mnist, results: Path, fresh: bool, progress: Progress
) -> tuple[Record, bool]:
    """Return the record of these settings and of generator and classifier, and whether it was made now."""
    described = describe_walks(*networks, settings)
    if not fresh and (stored := records.find(described, results)):
        return stored, False
    outcome = run_walks(*networks, settings=settings, data=data, progress=progress)
    record = recorded(described, outcome, device=data.test_images.device)
    records.save(record, results)
    return record, True
