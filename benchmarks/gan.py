"""Measure our GAN against the original's recipe and a plain DCGAN: a step, and the time to a quality.

    python -m benchmarks.gan [--quick] [--output results/bench-gan.json]

A step is everything that a batch of training costs: data, noise, both networks, both optimisers, average,
and its share of a gradient penalty that not every batch pays.
What is compared takes turns, so that a busy machine slows all alike; times are medians over the turns.
The original's recipe runs through the same code as ours, so it has our memory format, fused optimiser and
shared fakes: the original's own code would be slower.  With a CUDA device everything runs there.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch
import yaml
from torch import Tensor, nn

from benchmarks.lstm import interleaved
from benchmarks.machine import goal, run
from bundle.experiments.comparisons import AS_WRITTEN
from bundle.notebook import task2
from bundle.render.reading import declared_values
from lib import mnist
from lib.evaluation.classifier import features, load_classifier
from lib.evaluation.distances import frechet_distance
from lib.gan.networks import Generator
from lib.gan.settings import GanSettings
from lib.gan.trainer import GanTrainer
from lib.networks import answers

CUDA = torch.cuda.is_available()
DEVICE = torch.device("cuda" if CUDA else "cpu")


def quick_recipe() -> dict:
    """Return our recipe as the profile `quick` trains it: the notebook's parameters, changed by it."""
    values = declared_values(Path("task2.ipynb"))
    values |= yaml.safe_load(Path("profiles", "quick.yaml").read_text())["parameters"]["task2"]
    recipe = asdict(task2.gan_run(values).training)
    del recipe["seed"]
    return recipe


OURS = quick_recipe()
ORIGINAL = AS_WRITTEN | {"channels": 1, "batches": 2000}  # at width 16; the report's own is 128

Step = Callable[[], object]


def plain_dcgan(*, latent_dim: int) -> tuple[nn.Module, nn.Module]:
    """Return a textbook DCGAN for 28x28 images with about as many parameters as ours.

    Source: Radford et al. 2016, with two doublings instead of four.
    """
    generator = nn.Sequential(
        nn.Unflatten(1, (latent_dim, 1, 1)),
        nn.ConvTranspose2d(latent_dim, 128, 7, 1, 0, bias=False),  # (n, 128, 7, 7)
        nn.BatchNorm2d(128),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(128, 64, 4, 2, 1, bias=False),  # (n, 64, 14, 14)
        nn.BatchNorm2d(64),
        nn.ReLU(inplace=True),
        nn.ConvTranspose2d(64, 1, 4, 2, 1, bias=False),  # (n, 1, 28, 28)
        nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, 120, 4, 2, 1, bias=False),  # (n, 120, 14, 14)
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(120, 240, 4, 2, 1, bias=False),  # (n, 240, 7, 7)
        nn.BatchNorm2d(240),
        nn.LeakyReLU(0.2, inplace=True),
        nn.Conv2d(240, 1, 7, 1, 0, bias=False),  # (n, 1, 1, 1)
        nn.Flatten(),
    )
    return generator, discriminator


def dcgan_step(images: Tensor, *, latent_dim: int, batch_size: int) -> tuple[Step, nn.Module, nn.Module]:
    """Return a training step of the plain DCGAN, as tutorials write it, and its two networks.

    Contiguous memory, Adam as it comes, discriminator first, and the fakes sent through it a second time.
    """
    torch.manual_seed(0)
    generator, discriminator = (network.to(DEVICE) for network in plain_dcgan(latent_dim=latent_dim))
    optimisers = [torch.optim.Adam(n.parameters(), 2e-4, (0.5, 0.999)) for n in (generator, discriminator)]
    ones, zeros = torch.ones(batch_size, 1, device=DEVICE), torch.zeros(batch_size, 1, device=DEVICE)
    loss = nn.BCEWithLogitsLoss()

    def step() -> None:
        true = images[torch.randint(len(images), (batch_size,), device=DEVICE)]
        fake = generator(torch.randn(batch_size, latent_dim, device=DEVICE))
        optimisers[1].zero_grad()
        loss(discriminator(true), ones).backward()
        loss(discriminator(fake.detach()), zeros).backward()
        optimisers[1].step()
        optimisers[0].zero_grad()
        loss(discriminator(fake), ones).backward()
        optimisers[0].step()

    return step, generator, discriminator


def several(step: Step, *, steps: int) -> Step:
    """Return a function that takes these steps and ends when the device is done with them."""

    def whole() -> None:
        for _ in range(steps):
            step()
        if CUDA:
            torch.cuda.synchronize()

    return whole


def parameters(*networks: nn.Module) -> int:
    return sum(p.numel() for network in networks for p in network.parameters())


def training_steps(images: Tensor) -> dict[str, tuple[Step, dict]]:
    """Return a step of each way to train, or as many as lie from one gradient penalty to the next.

    Beside it stand its parameters, its batch size and how many steps it takes.
    """
    ways = {}
    for name, recipe in {"ours": OURS, "original": ORIGINAL}.items():
        training = GanTrainer(images, GanSettings(**recipe, seed=0))
        steps = recipe["penalty_every"] if recipe["gradient_penalty"] else 1
        count = parameters(training.generator, training.discriminator)
        about = {"parameters": count, "batch_size": recipe["batch_size"], "steps": steps}
        ways[name] = several(training.step, steps=steps), about
    step, *networks = dcgan_step(images, latent_dim=OURS["latent_dim"], batch_size=OURS["batch_size"])
    about = {"parameters": parameters(*networks), "batch_size": OURS["batch_size"], "steps": 1}
    ways["plain DCGAN"] = several(step, steps=1), about
    return ways


def speed(images: Tensor, *, threads: int, turns: int, seconds: float) -> dict:
    """Time a step of each kind of training, and print the table."""
    torch.set_num_threads(threads)
    ways = training_steps(images)
    timed = interleaved({name: step for name, (step, _) in ways.items()}, turns=turns, seconds=seconds)
    print(f"\n{threads} thread(s): median ms of a step, throughput")
    print(f"{'':14}{'parameters':>12}{'ms':>10}{'images/s':>10}{'ours is':>10}")
    rows = []
    for name, (_, about) in ways.items():
        row = {"name": name, **about, "ms": timed["ms"][name] / about["steps"]}
        row["images_per_second"] = 1e3 * about["batch_size"] / row["ms"]
        rows.append(row)
        row["ours_times_as_fast"] = rows[0]["images_per_second"] / row["images_per_second"]
        print(
            f"{name:14}{row['parameters']:12,}{row['ms']:10.2f}{row['images_per_second']:10.0f}"
            f"{row['ours_times_as_fast']:9.1f}x",
            flush=True,
        )
    return {"threads": threads, "turns": timed["turns"], "rows": rows}


def trained(settings: GanSettings, images: Tensor, *, every: int) -> Iterator[tuple[float, GanTrainer]]:
    """Train, and yield the seconds of training so far and the run after every so many batches."""
    training, seconds = GanTrainer(images, settings), 0.0
    while training.batch < settings.batches:
        steps = min(every, settings.batches - training.batch)
        start = time.perf_counter()
        several(training.step, steps=steps)()
        seconds += time.perf_counter() - start
        yield seconds, training


def race(data: tuple[Tensor, ...], *, seeds: int, batches: int, every: int, samples: int) -> dict:
    """Time how long ours takes to the quality that the original's recipe has after `batches`.

    Only training is timed: the average of ours is measured every `every` batches, with its clock stopped.
    """
    torch.set_num_threads(1)
    judge = load_classifier("models").to(DEVICE)
    real, _ = features(judge, data[2])

    def distance(generator: Generator) -> float:
        source = torch.Generator().manual_seed(1000)
        noise = torch.randn(samples, generator.latent_dim, generator=source).to(DEVICE)
        return frechet_distance(features(judge, answers(generator, noise, batch_size=500))[0], real)

    print(f"\nTime to the original's quality after {batches} batches, 1 thread", flush=True)
    settings = GanSettings(**ORIGINAL | {"batches": batches}, seed=0)
    ((needed, original),) = trained(settings, data[0], every=batches)
    target = distance(original.generator)
    print(f"{'':14}{'batch':>8}{'seconds':>10}{'distance':>10}")
    print(f"{'original':14}{batches:8}{needed:10.1f}{target:10.2f}", flush=True)
    rows = []
    for seed in range(seeds):
        curve = []
        for seconds, training in trained(GanSettings(**OURS, seed=seed), data[0], every=every):
            reached = distance(training.ema)
            curve.append({"batch": training.batch, "seconds": seconds, "distance": reached})
            if reached <= target:
                break
        in_time = curve[-1]["seconds"] if reached <= target else float("inf")
        rows.append({"seed": seed, "seconds": in_time, "curve": curve})
        print(f"{f'ours, seed {seed}':14}{training.batch:8}{in_time:10.1f}{reached:10.2f}", flush=True)
    return {
        "batches": batches,
        "samples": samples,
        "original": {"seconds": needed, "distance": target},
        "ours": rows,
        "ratio": statistics.median(row["seconds"] for row in rows) / needed,
    }


def goals(results: dict) -> list[dict]:
    (two,) = [speed["rows"][0]["ms"] for speed in results["speed"] if speed["threads"] == 2]
    ratio = results["time_to_quality"]["ratio"]
    return [
        goal("2 threads: ms a batch", two, 15),
        goal("seconds to the original's quality over its own", ratio, 0.1),
    ]


def measure(quick: bool) -> dict:
    data = tuple(part.to(DEVICE) for part in mnist.load())
    results: dict = {"device": torch.cuda.get_device_name() if CUDA else "cpu"}
    amount = {"turns": 5, "seconds": 5} if quick else {"turns": 100, "seconds": 60}
    results["speed"] = [speed(data[0], threads=threads, **amount) for threads in (1, 2)]
    sizes = {"seeds": 3, "batches": 2000, "every": 20, "samples": 10_000}
    if quick:
        sizes = {"seeds": 1, "batches": 40, "every": 10, "samples": 500}
    results["time_to_quality"] = race(data, **sizes)
    return {"goals": goals(results), **results}


if __name__ == "__main__":
    run("gan", measure)
