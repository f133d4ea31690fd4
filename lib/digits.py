"""The judge and the GAN, each trained once and stored: from settings to a record and models."""

import io
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch

from lib import records
from lib.adversarial import GanResult, GanSettings, train_gan
from lib.checks import at_least
from lib.classifier import Classifier, evaluate, load_classifier, save_classifier, train_classifier
from lib.gan import save_generator
from lib.metrics import Judge
from lib.records import Record, provenance

Progress = Callable[[int, int], None]  # done, total

CLASSIFIER = {  # the judge; one for all reports, so that their distances can be compared
    "seed": 0,
    "epochs": 4,
    "width": 16,
    "batch_size": 128,
    "learning_rate": 0.005,
    "weight_decay": 0.02,
    "max_shift": 2,
    "label_smoothing": 0.05,
}

ORIGINAL_BATCHES = 187_400  # 200 epochs of 937 batches
ORIGINAL_CHECKPOINTS = (
    *(0, 1000, 2000, 3000, 5000, 7500, 9000, 11500, 13500, 16000, 20000, 32000, 41000, 50000, 60000, 79500),
    *(80000, 99500, 120000, 130000, 140000, 150000, 160000, 170000, 185000, 187000),
)


def scaled(batch: int, batches: int) -> int:
    """Return where in a run of `batches` the original's batch number falls: at the same fraction."""
    return round(batch * batches / ORIGINAL_BATCHES)


def ready_classifier(
    directory: Path, settings: dict, *, data: Sequence[torch.Tensor], fresh: bool, progress: Progress
) -> tuple[Classifier, dict, bool]:
    """Return the classifier of these settings, its summary, and whether it was trained now.

    A stored one in `directory` is used if its settings match.

    Args:
        settings: the keywords of `train_classifier`.
        data: train_images, train_labels, test_images, test_labels.
    """
    about = Path(directory, "classifier.json")
    if not fresh and about.exists():
        stored = json.loads(about.read_text())
        if stored["settings"] == settings:
            return load_classifier(directory), stored["summary"], False
    train_images, train_labels, test_images, test_labels = data
    started = time.perf_counter()
    model = train_classifier(train_images, train_labels, **settings, progress=progress)
    seconds = time.perf_counter() - started
    summary = {
        "test_accuracy": evaluate(model, test_images, test_labels),
        "test_images": len(test_images),
        **provenance(seconds=seconds, device=str(train_images.device), threads=torch.get_num_threads()),
    }
    save_classifier(model, directory, settings=settings, summary=summary)
    return model, summary, True


def ready_gan(
    output: Path,
    settings: GanSettings,
    *,
    judge: Judge,
    images: torch.Tensor,
    samples: int,
    noise_seed: int,
    fresh: bool,
    progress: Progress,
) -> tuple[Record, dict[int, np.ndarray], bool]:
    """Return the record of these settings, its grids of 25 samples by batch, and whether it was trained now.

    A stored run in `output`/results/task2 is used if its settings match; a killed one goes on. The trained
    generator is left in `output`/models.

    Args:
        judge: measures the generator at every checkpoint.
        images: the training images.
        samples: how many images are judged.
        noise_seed: of the 25 noises of every grid and the noises of the judged samples.
    """
    for name, value, low in (("samples", samples, 2), ("noise_seed", noise_seed, 0)):
        at_least(name, value, low)
    recipe = {"recipe": settings.topology, "samples": samples, "noise_seed": noise_seed}
    described = {**asdict(settings), **recipe}
    results, models = Path(output, "results", "task2"), Path(output, "models")
    stem = records.path_of(described, results)
    stored = None if fresh else records.find(described, results)
    if stored and stem.with_suffix(".npz").exists() and settings_of(models / "generator.json") == described:
        with np.load(stem.with_suffix(".npz")) as grids:
            return stored, {int(batch): grids[batch] for batch in grids.files}, False

    state_path = stem.with_suffix(".ckpt")
    if fresh:
        state_path.unlink(missing_ok=True)
    source = torch.Generator().manual_seed(noise_seed)
    noise = torch.randn(25, settings.latent_dim, generator=source)
    judged = torch.randn(samples, settings.latent_dim, generator=source)
    started = time.perf_counter()
    result = train_gan(
        images,
        settings=settings,
        checkpoints=sorted({scaled(batch, settings.batches) for batch in ORIGINAL_CHECKPOINTS}),
        noise=noise,
        state_path=state_path,
        on_checkpoint=lambda batch, generator: judge.generator(generator, judged.to(images.device)),
        progress=progress,
    )
    record = Record(
        settings=described,
        columns={**_thinned_losses(result), **{f"quality_{k}": v for k, v in result.quality.items()}},
        summary=judge.generator(result.average, judged.to(images.device)),
        provenance=provenance(
            seconds=time.perf_counter() - started, device=str(images.device), threads=torch.get_num_threads()
        ),
    )
    grids = {batch: grid.numpy() for batch, grid in result.grids.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **{str(batch): grid for batch, grid in grids.items()})
    records.write_atomically(stem.with_suffix(".npz"), buffer.getvalue())
    save_generator(result.average, models, settings=described)
    records.save(record, results)
    for state in results.glob(f"{state_path.name}*"):  # finished: nothing to go on from
        state.unlink()
    return record, grids, True


def settings_of(path: Path) -> dict | None:
    """Return the settings in a model's JSON file, or None if there is no such file."""
    return json.loads(path.read_text())["settings"] if path.exists() else None


def _thinned_losses(result: GanResult, *, points: int = 1000) -> dict[str, list]:
    """Return both loss curves as means over equal windows, at most `points` of them."""
    batches = len(result.generator_loss)
    window = -(-batches // points)
    columns: dict[str, list] = {"batch": list(range(0, batches, window))}
    for name in ("generator_loss", "discriminator_loss"):
        parts = getattr(result, name).split(window)
        columns[name] = [round(part.double().mean().item(), 6) for part in parts]
    return columns


def quality_by_batch(record: Record) -> dict[int, dict[str, float]]:
    """Return what was measured at each checkpoint of a GAN's record."""
    columns = {
        name[len("quality_") :]: v for name, v in record.columns.items() if name.startswith("quality_")
    }
    batches = columns.pop("batch")
    return {int(b): {name: v[i] for name, v in columns.items()} for i, b in enumerate(batches)}
