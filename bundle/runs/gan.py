"""A GAN from settings to a record, grids and a model."""

import io
from pathlib import Path

import numpy as np
import torch

from bundle.runs import records
from bundle.runs.gan_settings import GanRun
from bundle.runs.judge import classifier_training, settings_of
from bundle.runs.provenance import provenance
from bundle.runs.records import Record
from lib.evaluation.classifier import Classifier
from lib.evaluation.judge import Judge
from lib.evaluation.two_sample import c2st, classification_accuracy_score, predicted_right
from lib.files import write_atomically
from lib.gan.networks import Generator, save_generator
from lib.gan.training import GanResult, train_gan
from lib.mnist import Mnist
from lib.networks import answers
from lib.progress import Progress


def run_gan(
    run: GanRun, *, judge: Judge, data: Mnist, state_path: Path | None, progress: Progress
) -> tuple[GanResult, Record]:
    """Train, and measure the generator and its average (EMA) at every checkpoint and at the end.

    The record has both losses, thinned; every number of the judge at the checkpoints, `quality_...` of the
    EMA and `quality_raw_...` of the generator; and of the two at the end, with how well the EMA's images are
    told from the test images: by their own discriminator (`discriminator_right`) and by a fresh one (`c2st`).
    """
    device, (noise, judged) = data.train_images.device, noises(run)
    judged = judged.to(device)

    def raw(generator: Generator) -> dict[str, float]:
        return {f"raw_{name}": value for name, value in judge.generator(generator, judged).items()}

    result = train_gan(
        data.train_images,
        settings=run.training,
        checkpoints=run.checkpoints,
        noise=noise,
        state_path=state_path,
        on_checkpoint=lambda batch, generator, ema: judge.generator(ema, judged) | raw(generator),
        progress=progress,
    )
    fake, packing = answers(result.ema, judged, batch_size=500), run.training.packing
    summary = judge(fake) | raw(result.generator)
    right = predicted_right(result.discriminator, data.test_images, fake, packing=packing)
    summary |= {"discriminator_right": right, **c2st(data.test_images, fake, seed=run.training.seed)}
    about = provenance(seconds=result.seconds, device=str(device), threads=torch.get_num_threads())
    columns = _thinned_losses(result) | {f"quality_{name}": v for name, v in result.quality.items()}
    return result, Record(run.described(), columns, summary, about)


def noises(run: GanRun) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the noises of the grids (25 noise_sets, latent_dim) and of the samples (samples, latent_dim)."""
    source = torch.Generator().manual_seed(run.noise_seed)
    counts = (25 * run.noise_sets, run.samples)
    return tuple(torch.randn(count, run.training.latent_dim, generator=source) for count in counts)


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
    A run stored in `results` is used if its settings match; a killed one goes on. Its EMA is left in
    `models`. The summary has, beside the numbers of `run_gan`, the classification accuracy score (`cas`) of a
    classifier with the settings `taught`, and the real-data baseline, `real_...`: training images'.
    """
    described = run.described()
    path = records.path_of(described, results)
    grids, state = path.with_suffix(".npz"), path.with_suffix(".ckpt")
    kept = not fresh and grids.exists() and settings_of(models / "generator.json") == described
    train = not (kept and records.find(described, results))
    if train:
        if fresh:
            _forget(state)
        judge = Judge(classifier, data)
        result, record = run_gan(run, judge=judge, data=data, state_path=state, progress=progress)
        record.summary |= _of_whole(run, result.ema, judge=judge, data=data, taught=taught)
        _write_grids(grids, {"fixed": result.grids, "train": result.train_grids})
        save_generator(result.ema, models, settings=described)
        records.save(record, results)
        _forget(state)  # finished: nothing to go on from
    return records.find(described, results), _read_grids(grids), train


def _forget(state: Path) -> None:
    for file in state.parent.glob(f"{state.name}*"):  # the one before it, and damaged ones
        file.unlink()


def _of_whole(run: GanRun, ema: Generator, *, judge: Judge, data: Mnist, taught: dict) -> dict[str, float]:
    """Return what the chosen run alone is asked: what can be learnt from it, and what real images measure."""
    learns = {"samples": len(data.train_images), "settings": classifier_training(taught)}
    asked, noise_seed = (data.test_images, data.test_labels), run.noise_seed + 1
    cas = classification_accuracy_score(ema, judge.classifier, *asked, noise_seed=noise_seed, **learns)
    real = c2st(data.test_images, data.train_images[: run.samples], seed=run.training.seed)
    return {"cas": cas} | {f"real_{name}": v for name, v in (judge.baseline(run.samples) | real).items()}


def _write_grids(path: Path, kinds: dict[str, dict[int, torch.Tensor]]) -> None:
    arrays = {f"{kind}-{batch}": grid.numpy() for kind, of in kinds.items() for batch, grid in of.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, batches=list(kinds["fixed"]), **arrays)
    write_atomically(path, buffer.getvalue())


def _read_grids(path: Path) -> dict[str, dict[int, np.ndarray]]:
    with np.load(path) as arrays:
        batches = arrays["batches"].tolist()
        return {k: {batch: arrays[f"{k}-{batch}"] for batch in batches} for k in ("fixed", "train")}


def _thinned_losses(result: GanResult, *, points: int = 1000) -> dict[str, list]:
    """Return both loss curves as means over equal windows, at most `points` of them."""
    batches = len(result.generator_loss)
    window = -(-batches // points)
    curves = {"generator_loss": result.generator_loss, "discriminator_loss": result.discriminator_loss}
    return {"batch": list(range(0, batches, window))} | {
        name: [round(part.double().mean().item(), 6) for part in curve.split(window)]
        for name, curve in curves.items()
    }
