"""The judge and the GAN, each trained once and stored: from settings to a record and models."""

import functools
import io
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch

from lib import mnist, records
from lib.adversarial import GanResult, GanSettings, packed, train_gan
from lib.checks import at_least
from lib.classifier import Classifier, evaluate, load_classifier, save_classifier, train_classifier
from lib.gan import Discriminator, Generator, sample, save_generator
from lib.metrics import Judge, taught_accuracy
from lib.records import Record, provenance

Progress = Callable[[int, int], None]  # done, total

Data = Sequence[torch.Tensor]  # train_images, train_labels, test_images, test_labels

CLASSIFIER = {  # the judge; one for all reports, so that their distances can be compared
    "dataset": "MNIST",
    "seed": 0,
    "epochs": 4,
    "width": 16,
    "batch_size": 128,
    "learning_rate": 0.005,
    "weight_decay": 0.02,
    "max_shift": 2,
    "label_smoothing": 0.05,
}

ABLATION = {  # of our recipe: one part put back to the original's, or one added that is not in it
    "the original's topology, 16 channels": {
        "topology": "as-written",
        "generator_width": 16,
        "discriminator_width": 16,
    },
    "the original's batch size": {"batch_size": 64},
    "the original's learning rate": {"learning_rate": 0.0002},
    "the original's betas": {"beta1": 0.9, "beta2": 0.999},
    "without averaging": {"averaging": 0.0},
    "without decay of the learning rate": {"decay_from": 1.0},
    "with a relativistic loss": {"loss": "relativistic"},
    "without gradient penalties": {"gradient_penalty": 0.0},
    "with two images packed": {"packing": 2},
    "with bfloat16": {"bfloat16": True},
}
AS_WRITTEN = {  # the original's recipe, but for its width of 128
    "topology": "as-written",
    "generator_width": 16,
    "discriminator_width": 16,
    "latent_dim": 100,
    "batch_size": 64,
    "learning_rate": 0.0002,
    "beta1": 0.9,
    "beta2": 0.999,
    "decay_from": 1.0,
    "averaging": 0.0,
    "loss": "minimax",
    "gradient_penalty": 0.0,
    "penalty_every": 1,
    "packing": 1,
    "bfloat16": False,
}

ORIGINAL_BATCHES = 187_400  # 200 epochs of 937 batches
ORIGINAL_CHECKPOINTS = (
    *(0, 1000, 2000, 3000, 5000, 7500, 9000, 11500, 13500, 16000, 20000, 32000, 41000, 50000, 60000, 79500),
    *(80000, 99500, 120000, 130000, 140000, 150000, 160000, 170000, 185000, 187000),
)
KINDS = ("fixed", "train")  # of grids
PRINTED = (0, 2000, 5000, 7500, 11500, 13500, 50000, 79500, 170000, 187000)  # its Figures 7 to 16


def scaled(batch: int, batches: int) -> int:
    """Return where in a run of `batches` the original's batch number falls: at the same fraction."""
    return round(batch * batches / ORIGINAL_BATCHES)


def moments(batches: int) -> list[int]:
    """Return where in a run of `batches` the original's 26 checkpoints fall."""
    return sorted({scaled(batch, batches) for batch in ORIGINAL_CHECKPOINTS})


def ready_classifier(
    directory: Path, settings: dict, *, data: Data, fresh: bool, progress: Progress
) -> tuple[Classifier, dict, bool]:
    """Return the classifier of these settings, its summary, and whether it was trained now.

    A stored one in `directory` is used if its settings match.

    Args:
        settings: "dataset", which tells one judge from another, and the keywords of `train_classifier`.
    """
    about = Path(directory, "classifier.json")
    if not fresh and about.exists():
        stored = json.loads(about.read_text())
        if stored["settings"] == settings:
            return load_classifier(directory), stored["summary"], False
    train_images, train_labels, test_images, test_labels = data
    started = time.perf_counter()
    model = train_classifier(train_images, train_labels, **_training(settings), progress=progress)
    seconds = time.perf_counter() - started
    summary = {
        "test_accuracy": evaluate(model, test_images, test_labels),
        "test_images": len(test_images),
        **provenance(seconds=seconds, device=str(train_images.device), threads=torch.get_num_threads()),
    }
    save_classifier(model, directory, settings=settings, summary=summary)
    return model, summary, True


def _training(settings: dict) -> dict:
    """Return the keywords of `train_classifier` among a classifier's settings."""
    return {name: value for name, value in settings.items() if name != "dataset"}


@dataclass(frozen=True, kw_only=True)
class GanRun(GanSettings):
    """A training run and how it is looked at: everything that decides its record."""

    dataset: str  # "MNIST", "FashionMNIST" or "KMNIST"
    judge: str  # `lib.records.key` of the classifier's settings
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
        return {"recipe": self.topology, **asdict(self)}


def run_gan(
    run: GanRun, *, judge: Judge, data: Data, state_path: Path | None, progress: Progress
) -> tuple[GanResult, Record]:
    """Train, and measure the generator and its average at every checkpoint and at the end.

    The record has both losses, thinned; every number of the judge at the checkpoints, `quality_...` of the
    average and `quality_raw_...` of the generator; and of the two at the end, with how well they are told
    from the test images: by their own discriminator (`discriminator_right`) and by a fresh network
    (`told_apart`).
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
    summary |= {"discriminator_right": right, **told_apart(test_images, fake, seed=run.seed)}
    return result, Record(
        settings=run.described(),
        columns=_thinned_losses(result) | {f"quality_{name}": v for name, v in result.quality.items()},
        summary=summary,
        provenance=provenance(
            seconds=result.seconds, device=str(images.device), threads=torch.get_num_threads()
        ),
    )


def measured_gan(settings: dict, *, models: Path) -> Record:
    """Return the record of a run that `GanRun.described` described, judged by the classifier in `models`."""
    judge, data = _judge(models, settings["dataset"])
    run = GanRun(**{name: value for name, value in settings.items() if name != "recipe"})
    return run_gan(run, judge=judge, data=data, state_path=None, progress=lambda done, total: None)[1]


@functools.cache
def _judge(models: Path, dataset: str) -> tuple[Judge, Data]:
    device = "cuda" if torch.cuda.is_available() else "cpu"
    data = [part.to(device) for part in mnist.load(name=dataset)]
    return Judge(load_classifier(models).to(device), *data[2:], data[0]), data


def variants(run: GanRun, *, batches: int, seeds: Sequence[int]) -> dict[str, list[dict]]:
    """Return by name, for every seed, the settings of our recipe and of each change in ABLATION."""
    plain = replace(run, batches=batches, checkpoints=[], noise_sets=1)
    return {
        name: [replace(plain, seed=seed, **change).described() for seed in seeds]
        for name, change in {"ours": {}, **ABLATION}.items()
    }


def as_written(run: GanRun, *, batches: int, seeds: Sequence[int]) -> dict[str, list[dict]]:
    """Return the same of the original's recipe, looked at six times on its way."""
    looks = sorted({k * batches // 5 for k in range(6)})
    plain = replace(run, batches=batches, checkpoints=looks, noise_sets=1)
    return {"the original's recipe": [replace(plain, seed=seed, **AS_WRITTEN).described() for seed in seeds]}


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
    (`taught_accuracy`), and `floor_...`, the same measures of as many training images as were sampled.

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
            grids = {kind: {int(b): arrays[f"{kind}-{b}"] for b in arrays["batches"]} for kind in KINDS}
        return stored, grids, False

    state_path = stem.with_suffix(".ckpt")
    if fresh:
        state_path.unlink(missing_ok=True)
    judge = Judge(classifier, *data[2:], data[0])
    result, record = run_gan(run, judge=judge, data=data, state_path=state_path, progress=progress)
    record.summary["taught_accuracy"] = taught_accuracy(
        result.average,
        classifier,
        *data[2:],
        samples=len(data[0]),
        noise_seed=run.noise_seed + 1,
        settings=_training(taught),
    )
    floor = judge.floor(run.samples) | told_apart(data[2], data[0][: run.samples], seed=run.seed)
    record.summary |= {f"floor_{name}": value for name, value in floor.items()}
    grids = {
        kind: {batch: grid.numpy() for batch, grid in found.items()}
        for kind, found in zip(KINDS, (result.grids, result.train_grids), strict=True)
    }
    arrays = {f"{kind}-{batch}": grid for kind, found in grids.items() for batch, grid in found.items()}
    buffer = io.BytesIO()
    np.savez_compressed(buffer, batches=list(result.grids), **arrays)
    records.write_atomically(stem.with_suffix(".npz"), buffer.getvalue())
    save_generator(result.average, models, settings=described)
    records.save(record, results)
    for state in results.glob(f"{state_path.name}*"):  # finished: nothing to go on from
        state.unlink()
    return record, grids, True


def predicted_right(
    discriminator: Discriminator, true: torch.Tensor, fake: torch.Tensor, *, packing: int = 1
) -> float:
    """Return the share of images (n, c, 28, 28) that a discriminator puts on the right side, in eval mode.

    Half of it is of the true images, half of the generated ones: 0.5 is a coin toss. With `packing` it is
    asked about so many together, as in training.
    """
    on_true, on_fake = (
        sample(discriminator, packed(images[: len(images) // packing * packing], packing), batch_size=500)
        for images in (true, fake)
    )
    return ((on_true > 0).double().mean() + (on_fake <= 0).double().mean()).item() / 2


def told_apart(true: torch.Tensor, fake: torch.Tensor, *, seed: int) -> dict[str, float]:
    """Train a fresh network to tell true images from generated ones; ask it about images it has not seen.

    Equal numbers of both, 80 % to learn from (four passes), 20 % to be asked about. Returns `told_apart`, the
    share of right answers (0.5 is a coin toss), and `told_apart_of`, how many were asked.
    Source: Lopez-Paz and Oquab 2017, the classifier two-sample test.
    """
    n = min(len(true), len(fake))
    source = torch.Generator().manual_seed(seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = Discriminator(width=16, topology="shuffle", channels=true.shape[1])
    network.to(true.device)
    kept = [
        images[torch.randperm(len(images), generator=source)[:n].to(images.device)] for images in (true, fake)
    ]
    cut = int(0.8 * n)
    learn = torch.cat([images[:cut] for images in kept])
    labels = torch.cat([torch.ones(cut), torch.zeros(cut)]).to(true.device)
    optimiser = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=0.01)
    for _ in range(4):
        for chosen in torch.randperm(len(learn), generator=source).to(true.device).split(64):
            logits = network(learn[chosen])
            loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, labels[chosen])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
    right = predicted_right(network, *(images[cut:] for images in kept))
    return {"told_apart": right, "told_apart_of": 2 * (n - cut)}


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


def quality_columns(record: Record) -> dict[str, list[float]]:
    """Return "batch", and what was measured at each checkpoint of a GAN's record."""
    return {name[len("quality_") :]: v for name, v in record.columns.items() if name.startswith("quality_")}


def quality_by_batch(record: Record) -> dict[int, dict[str, float]]:
    """Return what was measured at each checkpoint, by its batch."""
    columns = quality_columns(record)
    return {batch: {name: v[i] for name, v in columns.items()} for i, batch in enumerate(columns["batch"])}
