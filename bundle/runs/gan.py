"""A GAN from settings to a record, grids and a model."""

import io
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from bundle.runs import records
from bundle.runs.judge import Data, Progress, classifier_training, settings_of
from bundle.runs.provenance import provenance
from bundle.runs.records import Record
from lib.checks import at_least
from lib.evaluation.classifier import Classifier
from lib.evaluation.judge import Judge
from lib.evaluation.two_sample import c2st, classification_accuracy_score, predicted_right
from lib.files import write_atomically
from lib.gan.networks import Generator, save_generator
from lib.gan.sampling import sample
from lib.gan.settings import GanSettings
from lib.gan.trainer import GanResult
from lib.gan.training import train_gan
from lib.mnist import Mnist

GRIDS = ("fixed", "train")  # of grids


@dataclass(frozen=True, kw_only=True)
class GanRun(GanSettings):
    """A training run and how it is looked at: everything that decides its record."""

    dataset: str  # "MNIST", "FashionMNIST" or "KMNIST"
    judge: str  # `bundle.runs.records.key` of the classifier's settings
    checkpoints: list[int]  # batches
    samples: int  # images measured at every checkpoint
    noise_sets: int  # of 25 noises each, drawn once and shown at every checkpoint
    noise_seed: int  # of these and of the measured samples' noises

    def __post_init__(self):
        super().__post_init__()
        at_least("samples", self.samples, 4)
        at_least("noise_sets", self.noise_sets, 1)
        at_least("noise_seed", self.noise_seed, 0)

    def described(self) -> dict:
        """Return the settings as a record and a model keep them."""
        return {"run": "gan", **asdict(self)}


def run_gan(
    run: GanRun, *, judge: Judge, data: Data, state_path: Path | None, progress: Progress
) -> tuple[GanResult, Record]:
    """Train, and measure the generator and its average at every checkpoint and at the end.

    The record has both losses, thinned; every number of the judge at the checkpoints, `quality_...` of the
    average and `quality_raw_...` of the generator; and of the two at the end, with how well they are told
    from the test images: by their own discriminator (`discriminator_right`) and by a fresh network
    (`c2st`).
    """
    images, _, test_images, _ = data
    noise, judged = noises(run)
    judged = judged.to(images.device)

    def look(batch: int, generator: Generator, average: Generator) -> dict[str, float]:
        raw = judge.generator(generator, judged)
        return judge.generator(average, judged) | {f"raw_{name}": value for name, value in raw.items()}

    result = train_gan(
        images,
        settings=run,
        checkpoints=run.checkpoints,
        noise=noise,
        state_path=state_path,
        on_checkpoint=look,
        progress=progress,
    )
    summary = look(run.batches, result.generator, result.average)
    fake = sample(result.average, judged, batch_size=500)
    right = predicted_right(result.discriminator, test_images, fake, packing=run.packing)
    summary |= {"discriminator_right": right, **c2st(test_images, fake, seed=run.seed)}
    return result, Record(
        settings=run.described(),
        columns=_thinned_losses(result) | {f"quality_{name}": v for name, v in result.quality.items()},
        summary=summary,
        provenance=provenance(
            seconds=result.seconds, device=str(images.device), threads=torch.get_num_threads()
        ),
    )


def noises(run: GanRun) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the noises of the grids (25 noise_sets, latent_dim) and of the samples (samples, latent_dim)."""
    source = torch.Generator().manual_seed(run.noise_seed)
    sizes = (25 * run.noise_sets, run.samples)
    return tuple(torch.randn(size, run.latent_dim, generator=source) for size in sizes)


def ready_gan(
    output: Path,
    run: GanRun,
    *,
    classifier: Classifier,
    data: Data,
    taught: dict,
    fresh: bool,
    progress: Progress,
) -> tuple[Record, dict[str, dict[int, np.ndarray]], bool]:
    """Return the record of a run, its grids by their kind and batch, and whether it was trained now.

    Grids are uint8: "fixed" (25 noise_sets, 28, 28), of the averaged generator on the same noise at every
    batch; "train" (25, 28, 28), as the original drew them: new noise, batch norm in train mode, contrast
    stretched over the whole grid.

    A stored run in `output`/results/task2 is used if its settings match; a killed one goes on. The averaged
    generator is left in `output`/models. The record's summary has, beside the numbers of `run_gan`, the
    accuracy of a classifier that learns from as many samples as there are training images
    (`cas`), and `real_...`, the same measures of as many training images as were sampled.

    Args:
        classifier: the judge's.
        taught: settings of the classifier that learns from samples.
    """
    described = run.described()
    results, models = Path(output, "results", "task2"), Path(output, "models")
    stem = records.path_of(described, results)
    stored = None if fresh else records.find(described, results)
    if stored and stem.with_suffix(".npz").exists() and settings_of(models / "generator.json") == described:
        with np.load(stem.with_suffix(".npz")) as arrays:
            grids = {kind: {int(b): arrays[f"{kind}-{b}"] for b in arrays["batches"]} for kind in GRIDS}
        return stored, grids, False

    state_path = stem.with_suffix(".ckpt")
    if fresh:
        state_path.unlink(missing_ok=True)
    judge = Judge(classifier, Mnist(*data))
    result, record = run_gan(run, judge=judge, data=data, state_path=state_path, progress=progress)
    record.summary["cas"] = classification_accuracy_score(
        result.average,
        classifier,
        *data[2:],
        samples=len(data[0]),
        noise_seed=run.noise_seed + 1,
        settings=classifier_training(taught),
    )
    floor = judge.baseline(run.samples) | c2st(data[2], data[0][: run.samples], seed=run.seed)
    record.summary |= {f"real_{name}": value for name, value in floor.items()}
    grids = {
        kind: {batch: grid.numpy() for batch, grid in found.items()}
        for kind, found in zip(GRIDS, (result.grids, result.train_grids), strict=True)
    }
    arrays = {f"{kind}-{batch}": grid for kind, found in grids.items() for batch, grid in found.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, batches=list(result.grids), **arrays)
    write_atomically(stem.with_suffix(".npz"), buffer.getvalue())
    save_generator(result.average, models, settings=described)
    records.save(record, results)
    for state in results.glob(f"{state_path.name}*"):  # finished: nothing to go on from
        state.unlink()
    return record, grids, True


def _thinned_losses(result: GanResult, *, points: int = 1000) -> dict[str, list]:
    """Return both loss curves as means over equal windows, at most `points` of them."""
    batches = len(result.generator_loss)
    window = -(-batches // points)
    columns: dict[str, list] = {"batch": list(range(0, batches, window))}
    for name in ("generator_loss", "discriminator_loss"):
        parts = getattr(result, name).split(window)
        columns[name] = [round(part.double().mean().item(), 6) for part in parts]
    return columns
