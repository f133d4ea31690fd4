"""Measure our GAN against its matrix products, the original's recipe and a plain DCGAN, in one run.

    python -m benchmarks.gan [--quick] [--seeds 3] [--output results/bench-gan.json]

A step is everything that a batch of training costs: data, noise, both networks, both optimisers, average,
and its share of a gradient penalty that not every batch pays.
What is compared takes turns, so that a busy machine slows all alike; times are medians over the turns, and
the shortest turn, which other work disturbed least, stands beside them.  The original's recipe runs through
the same code as ours, so it has our memory format, fused optimiser and shared fakes: the original's own
code would be slower.  With a CUDA device everything runs there, by the same functions.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import torch
import yaml
from torch import Tensor, nn

from benchmarks.lstm import interleaved
from benchmarks.machine import goal, load, run
from bundle.experiments.comparisons import AS_WRITTEN, GAN_ABLATION
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
PLAIN = OURS | {"gradient_penalty": 0.0}  # the sizes of the plain DCGAN
FULL_SIZE = ORIGINAL | {"generator_width": 128, "discriminator_width": 128}

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


def layer_products(network: nn.Module, x: Tensor) -> list[tuple[int, int, int]]:
    """Return (m, k, n) of every layer's forward matrix product (m, k) x (k, n), in the network's order.

    A convolution is the product of its patches (images x positions, in x k x k) with its weights; a
    transposed one makes patches: (images x positions, in) x (in, out x k x k).
    """
    shapes: list[tuple[int, int, int]] = []

    def note(layer: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
        rows = (inputs[0] if isinstance(layer, nn.ConvTranspose2d) else output)[:, :1].numel()
        if isinstance(layer, nn.Linear):
            shapes.append((rows, layer.in_features, layer.out_features))
        elif isinstance(layer, nn.ConvTranspose2d):
            shapes.append((rows, layer.in_channels, layer.weight[0].numel()))
        else:
            shapes.append((rows, layer.weight[0].numel(), layer.out_channels))

    kinds = (nn.Linear, nn.Conv2d, nn.ConvTranspose2d)
    hooks = [m.register_forward_hook(note) for m in network.modules() if isinstance(m, kinds)]
    with torch.no_grad():
        network.eval()(x)
    network.train()
    for hook in hooks:
        hook.remove()
    return shapes


def step_products(
    generator: nn.Module, discriminator: nn.Module, *, latent_dim: int, batch_size: int
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int, int]]]:
    """Return (m, k, n) of every matrix product that a training step cannot do without, and a penalty's.

    The fakes are made and judged once for both losses.  What no weight needs is left out: the gradients
    with respect to noise, and, for the discriminator's loss, with respect to images.  A gradient penalty,
    on true images and on fakes, adds the gradient with respect to images and its own two derivatives; the
    rest of its way back is that of the loss.
    """
    g = layer_products(generator, torch.zeros(batch_size, latent_dim, device=DEVICE))
    d = layer_products(discriminator, torch.zeros(batch_size, 1, 28, 28, device=DEVICE))

    def inputs(layers: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
        return [(m, n, k) for m, k, n in layers]

    def weights(layers: list[tuple[int, int, int]]) -> list[tuple[int, int, int]]:
        return [(k, m, n) for m, k, n in layers]

    generator_loss = [*g, *d, *inputs(d), *inputs(g[1:]), *weights(g)]
    discriminator_loss = [*d, *inputs(d[1:]) * 2, *weights(d) * 2]  # true forward; fake and true backward
    return [*generator_loss, *discriminator_loss], [*inputs(d), *d, *weights(d)] * 2


def flops(products: list[tuple[int, int, int]]) -> int:
    return sum(2 * m * k * n for m, k, n in products)


def floor_step(products: list[tuple[int, int, int]]) -> Step:
    """Return a function that does these products with torch.mm in float32, and nothing else."""
    made: dict[tuple[int, int], Tensor] = {}

    def matrix(rows: int, columns: int) -> Tensor:
        return made.setdefault((rows, columns), torch.randn(rows, columns, device=DEVICE))

    operands = [(matrix(m, k), matrix(k, n), torch.empty(m, n, device=DEVICE)) for m, k, n in products]

    def step() -> None:
        for a, b, out in operands:
            torch.mm(a, b, out=out)

    return step


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


def training_steps(images: Tensor) -> tuple[dict[str, Step], dict[str, dict]]:
    """Return what trains in each way, what does its matrix products, and what a call of either consists of.

    A call is one step, or as many as lie from one gradient penalty to the next.
    """
    networks, functions, about = {}, {}, {}
    recipes = {"ours": OURS, "original": ORIGINAL, "original, width 128": FULL_SIZE, "plain DCGAN": PLAIN}
    for name in ("ours", "original", "original, width 128"):
        training = GanTrainer(images, GanSettings(**recipes[name], seed=0))
        networks[name] = (training.step, training.generator, training.discriminator)
    networks["plain DCGAN"] = dcgan_step(
        images, latent_dim=PLAIN["latent_dim"], batch_size=PLAIN["batch_size"]
    )
    for name, (step, generator, discriminator) in networks.items():
        recipe = recipes[name]
        steps = recipe["penalty_every"] if recipe["gradient_penalty"] else 1
        sizes = {key: recipe[key] for key in ("latent_dim", "batch_size")}
        products, penalty = step_products(generator, discriminator, **sizes)
        products = products * steps + (penalty if recipe["gradient_penalty"] else [])
        functions[name] = several(step, steps=steps)
        functions[f"{name}: products"] = several(floor_step(products), steps=1)
        about[name] = {
            "parameters": parameters(generator, discriminator),
            "batch_size": sizes["batch_size"],
            "steps": steps,
            "gflop": flops(products) / steps / 1e9,
        }
    return functions, about


def speed(images: Tensor, *, threads: int, turns: int, seconds: float, few: int) -> dict:
    """Time a step of each kind of training and of its products; the full size in `few` turns of its own."""
    torch.set_num_threads(threads)
    steps, about = training_steps(images)
    square = torch.randn(1024, 1024, device=DEVICE)
    steps["square"] = several(lambda: torch.mm(square, square), steps=1)
    large = [name for name in steps if "128" in name]
    usual = {name: step for name, step in steps.items() if name not in large}
    timed = interleaved(usual, turns=turns, seconds=seconds)
    timed_large = interleaved(
        {name: steps[name] for name in ("ours", *large)} if few else {"ours": steps["ours"]},
        turns=max(few, 1),
        seconds=1e9,
    )
    rows = []
    for name, what in about.items():
        source = timed_large if name in large else timed
        if name not in source["ms"]:
            continue
        row = {"name": name, **what}
        for key in ("ms", "shortest_ms"):
            row[key] = source[key][name] / what["steps"]
            row[f"products_{key}"] = source[key][f"{name}: products"] / what["steps"]
        row["over_products"] = row["ms"] / row["products_ms"]
        row["over_products_shortest"] = row["shortest_ms"] / row["products_shortest_ms"]
        row["images_per_second"] = 1e3 * what["batch_size"] / row["ms"]
        beside = 1e3 * OURS["batch_size"] * about["ours"]["steps"] / source["ms"]["ours"]  # in the same turns
        row["ours_times_as_fast"] = beside / row["images_per_second"]
        rows.append(row)
    peak = 2 * 1024**3 / (1e6 * timed["shortest_ms"]["square"])  # GFLOP/s
    ours = rows[0]
    ours["over_flops_at_peak"] = ours["ms"] / (1e3 * ours["gflop"] / peak)
    result = {
        "threads": threads,
        "turns": timed["turns"],
        "load": load(),
        "square_gflops": peak,
        "rows": rows,
    }
    print_speed(result)
    return result


def print_speed(result: dict) -> None:
    print(
        f"\n{result['threads']} thread(s), square products {result['square_gflops']:.0f} GFLOP/s at best, "
        f"load {result['load']}: median ms of a step (shortest turn) and of its bare products, throughput"
    )
    print(f"{'':22}{'parameters':>11}{'GFLOP':>8}{'step':>18}{'products':>18}{'ratio':>13}", end="")
    print(f"{'images/s':>10}{'ours is':>10}")
    for row in result["rows"]:
        print(
            f"{row['name']:22}{row['parameters']:11,}{row['gflop']:8.2f}"
            + "".join(f"{row[k + 'ms']:9.2f} ({row[k + 'shortest_ms']:6.2f})" for k in ("", "products_"))
            + f"{row['over_products']:6.2f} ({row['over_products_shortest']:.2f})"
            + f"{row['images_per_second']:10.0f}{row['ours_times_as_fast']:9.1f}x",
            flush=True,
        )
    over = result["rows"][0]["over_flops_at_peak"]
    print(f"ours over its FLOPs at the speed of the square product: {over:.2f}")


def trained(settings: GanSettings, images: Tensor, *, every: int) -> Iterator[tuple[float, GanTrainer]]:
    """Train, and yield the seconds of training so far and the run after every so many batches."""
    training, seconds = GanTrainer(images, settings), 0.0
    while training.batch < settings.batches:
        start = time.perf_counter()
        for _ in range(min(every, settings.batches - training.batch)):
            training.step()
        if CUDA:
            torch.cuda.synchronize()
        seconds += time.perf_counter() - start
        yield seconds, training


def variant_costs(images: Tensor, *, turns: int, seconds: float) -> dict[str, float]:
    """Return the time of a batch of each change of our recipe in the ablation, over a batch of ours."""
    torch.set_num_threads(1)
    steps = {
        name: several(
            GanTrainer(images, GanSettings(**OURS | change, seed=0)).step, steps=OURS["penalty_every"]
        )
        for name, change in {"ours": {}, **GAN_ABLATION}.items()
    }
    ms = interleaved(steps, turns=turns, seconds=seconds)["ms"]
    costs = {name: ms[name] / ms["ours"] for name in steps}
    print("\nA batch of the ablation's recipes over one of ours, 1 thread:")
    for name, cost in costs.items():
        print(f"  {name:42}{cost:6.2f}", flush=True)
    return costs


def race(
    data: tuple[Tensor, ...],
    *,
    originals: int,
    seeds: int,
    batches: int,
    slices: int,
    every: int,
    samples: int,
) -> dict:
    """Time how long ours takes to the quality that the original's recipe has after `batches`.

    The original trains in slices; after each of them ours goes on until it has had an eighth of the
    original's seconds.  Then, if it has not got there, it goes on alone.  Only training is timed: ours is
    measured every `every` batches with its clock stopped.  Its average is the generator that the recipe
    keeps; the raw one stands beside it.
    """
    torch.set_num_threads(1)
    judge = load_classifier("models").to(DEVICE)
    real, _ = features(judge, data[2])
    print(f"\nTime to the original's quality after {batches} batches, 1 thread, load {load()}", flush=True)

    def distance(generator: Generator) -> float:
        source = torch.Generator().manual_seed(1000)
        noise = torch.randn(samples, generator.latent_dim, generator=source).to(DEVICE)
        return frechet_distance(features(judge, answers(generator, noise, batch_size=500))[0], real)

    recipe = ORIGINAL | {"batches": batches}
    slow = [
        trained(GanSettings(**recipe, seed=n), data[0], every=batches // slices) for n in range(originals)
    ]
    fast = [trained(GanSettings(**OURS, seed=n), data[0], every=every) for n in range(seeds)]
    curves: list[dict[str, list[float]]] = [
        {"batch": [], "seconds": [], "average": [], "raw": []} for _ in fast
    ]

    for _ in range(slices):
        ends = [next(one) for one in slow]
        allowed = statistics.median(seconds for seconds, _ in ends) / 8
        for moments, curve in zip(fast, curves, strict=True):
            train_until(moments, curve, distance, seconds=allowed, target=-1)
        print(
            f"  original at batch {ends[0][1].batch}, {ends[0][0]:.0f} s; ours after {allowed:.1f} s:"
            + "".join(f"  {curve['average'][-1]:.1f} (raw {curve['raw'][-1]:.1f})" for curve in curves),
            flush=True,
        )
    theirs = [{"seconds": seconds, "distance": distance(training.generator)} for seconds, training in ends]
    target = {key: statistics.median(one[key] for one in theirs) for key in ("seconds", "distance")}
    for moments, curve in zip(fast, curves, strict=True):
        train_until(moments, curve, distance, seconds=float("inf"), target=target["distance"])
    reached = [
        {which: first(curve, which, target["distance"]) for which in ("average", "raw")} for curve in curves
    ]
    ratios = {
        which: statistics.median((one[which] or {"seconds": float("inf")})["seconds"] for one in reached)
        / target["seconds"]
        for which in ("average", "raw")
    }
    print(f"the original: distance {target['distance']:.2f} after {target['seconds']:.1f} s")
    for n, one in enumerate(reached):
        print(f"ours, seed {n}: " + "; ".join(f"{which} {found}" for which, found in one.items()))
    print("ours over the original: " + ", ".join(f"{which} {r:.3f}" for which, r in ratios.items()))
    return {
        "batches": batches,
        "samples": samples,
        "original": theirs,
        "ours": [one | {"curve": curve} for one, curve in zip(reached, curves, strict=True)],
        "ratio": ratios,
        "load": load(),
    }


def train_until(
    moments: Iterator[tuple[float, GanTrainer]],
    curve: dict[str, list[float]],
    distance: Callable[[Generator], float],
    *,
    seconds: float,
    target: float,
) -> None:
    """Train and measure until the seconds are over, the average is at the target or the run ends."""
    while (curve["seconds"] or [0])[-1] < seconds and first(curve, "average", target) is None:
        if (moment := next(moments, None)) is None:
            break
        trained_for, training = moment
        found = training.batch, trained_for, distance(training.ema), distance(training.generator)
        for values, value in zip(curve.values(), found, strict=True):
            values.append(value)


def first(curve: dict[str, list[float]], which: str, target: float) -> dict[str, float] | None:
    """Return batch, seconds and distance of the first measurement at or below the target."""
    for batch, seconds, distance in zip(curve["batch"], curve["seconds"], curve[which], strict=True):
        if distance <= target:
            return {"batch": batch, "seconds": seconds, "distance": distance}
    return None


def goals(results: dict) -> list[dict]:
    judged = []
    for result in results["speed"]:
        ours, threads = result["rows"][0], result["threads"]
        judged.append(goal(f"{threads} thread(s): step over its matrix products", ours["over_products"], 2))
        if threads == 2:
            judged.append(goal("2 threads: ms a batch", ours["ms"], 15))
    if results["time_to_quality"]:
        ratio = results["time_to_quality"]["ratio"]["average"]
        judged.append(goal("seconds to the original's quality over its own", ratio, 0.1))
    return judged


def measure(arguments: argparse.Namespace) -> dict:
    quick = arguments.quick
    data = tuple(part.to(DEVICE) for part in mnist.load())
    results: dict = {"quick": quick, "device": torch.cuda.get_device_name() if CUDA else "cpu"}
    amount = {"turns": 5, "seconds": 5, "few": 0} if quick else {"turns": 100, "seconds": 60, "few": 3}
    results["speed"] = [speed(data[0], threads=threads, **amount) for threads in (1, 2)]
    results["cost of a batch over ours"] = variant_costs(data[0], turns=amount["turns"] // 3, seconds=60)
    sizes = {"batches": 40, "slices": 2, "every": 10, "samples": 500}
    if not quick:
        sizes = {"batches": 2000, "slices": 20, "every": 20, "samples": 10_000}
    counts = {"originals": arguments.originals, "seeds": arguments.seeds}
    results["time_to_quality"] = race(data, **counts, **sizes) if arguments.seeds else None
    return {"goals": goals(results), **results}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="few steps, no full size: does it run?")
    parser.add_argument(
        "--seeds", type=int, default=3, help="of ours, for the time to quality; 0 leaves it out"
    )
    parser.add_argument(
        "--originals", type=int, default=1, help="seeds of the original's recipe, minutes each"
    )
    parser.add_argument("--output", type=Path, default=Path("results/bench-gan.json"))
    arguments = parser.parse_args()
    run(lambda: measure(arguments), arguments.output)


if __name__ == "__main__":
    main()
