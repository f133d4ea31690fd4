"""The explorers of the page: for each part its HTML and the data it needs."""

import base64
import gzip
import io
import json
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import torch
from PIL import Image

from bundle.analysis.detectability import INPUTS
from bundle.analysis.quality import MEASURES, by_batch
from bundle.experiments.cache import grids_of, read_grids, trained_cell
from bundle.experiments.part1 import inside_settings, part1_settings
from bundle.experiments.two_sample_tests import GENERATED
from bundle.experiments.walks import PROJECTION
from bundle.figures.digits import tile
from bundle.original import WALK_FIGURES
from bundle.render.web import npm
from bundle.render.web.exported import exported_classifier, exported_generator
from bundle.study import store
from bundle.study.layout import Output
from bundle.study.records import key
from lib import mnist
from lib.evaluation.classifier import load_classifier
from lib.evaluation.judge import observe
from lib.gan.networks import as_bytes, load_generator
from lib.latent.interpolation import path as line_between
from lib.networks import answers
from lib.weights import about_network

HERE = Path(__file__).parent
GROUPS = ("as written", "corrected", "ours")  # of Part 1, whose curves are shown, as in the notebook
CANDIDATES = 2000  # noises, of which the walks' end points are those that the judge is surest of
TOY_IMAGES = 41  # on the way of the slider that the page begins with
PAIRS = 40  # of a real and a generated digit
SETS = 3  # of the 25 noises that are shown through the training


class Explorer(NamedTuple):
    """What stands in a part's place for an explorer."""

    title: str
    html: str
    networks: str = ""  # large elements, which come last in the page
    toy: bytes = b""  # images side by side (WebP), with which the page begins


def explorers(output: Output, models: Path) -> dict[str, Explorer]:
    """Return the explorers by part; one whose results or files are not there says in words why."""
    makers = {  # with the places that the cards of the page lead to
        "part1": ("palindromes", partial(palindromes, output)),
        "task2": ("guess", partial(training, output)),
        "task3": ("walks", partial(walks, models)),
    }
    explorer_by_part = {}
    for part, (place, make) in makers.items():
        try:
            explorer_by_part[part] = make()
        except (OSError, ValueError, KeyError) as error:
            print(f"The page is made without an explorer in {part}: {error}", flush=True)
            why = f"This page was made without its explorer here. {error}"
            explorer_by_part[part] = Explorer("Explore", f"<p class='without' id='{place}'>{why}</p>")
    return explorer_by_part


def palindromes(output: Output) -> Explorer:
    """A palindrome of one's own in an LSTM and an RNN, and the curves of those that the notebook shows."""
    parameters = output.parameters("part1")
    settings = inside_settings(parameters)
    networks = {}
    for cell in ("LSTM", "RNN"):
        networks[cell] = _linear_layers(trained_cell(settings | {"cell": cell}, output.cells))
    runs = _runs_shown(output, part1_settings(parameters))
    html = _fragment("palindromes.html") + _fragment("curves.html")
    html += _data("palindromes-data", {"networks": networks, "trained": settings["seq_length"]})
    html += _data("curves-data", curves(runs))
    return Explorer("Explore: a palindrome of your own", html)


def _runs_shown(output: Output, settings: dict[str, list[dict]]) -> pd.DataFrame:
    """Return a table of the stored runs whose curves are shown; `settings` are those of Part 1 by group."""
    wanted = {key(run) for group in GROUPS for run in settings[group]}
    files = [output.results("part1") / f"{store.file_name(group)}.jsonl" for group in GROUPS]
    records = store.load(*[path for path in files if path.exists()])
    return store.table([record for record in records if key(record.settings) in wanted])


def curves(runs: pd.DataFrame) -> list[dict]:
    """Return mean, lowest and highest accuracy over the seeds of each cell, recipe and length, in percent.

    `runs` is a table of `bundle.study.store.table`. A run that ended early keeps its last accuracy.
    """
    accuracy_curves = []
    for (cell, recipe, length), group in runs.groupby(["cell", "recipe", "seq_length"]):
        counts = group["n_correct"].apply(pd.Series).ffill(axis="columns")  # (seeds, evaluations)
        percent = 100 * counts.div(group["eval_count"], axis="index")
        curve = {"cell": cell, "recipe": recipe, "length": length, "seeds": len(group)}
        curve["steps"] = max(group["step"], key=len)
        curve["mean"] = percent.mean().round(1).tolist()
        curve["low"] = percent.min().round(1).tolist()
        curve["high"] = percent.max().round(1).tolist()
        accuracy_curves.append(curve)
    return accuracy_curves


def _linear_layers(network: torch.nn.Module) -> dict[str, list[str]]:
    """Return weight and bias of each linear layer, in base64, by the last part of its name."""
    layers = {}
    for name, layer in network.named_modules():
        if isinstance(layer, torch.nn.Linear):
            layers[name.rpartition(".")[2]] = [_floats(layer.weight), _floats(layer.bias)]
    return layers


def training(output: Output) -> Explorer:
    """The game with real and generated digits, and the same noises at each moment of the training."""
    settings = about_network(output.models, "generator")["settings"]
    results = output.results("task2")
    run = store.table(store.load(results / "gan.jsonl", settings=settings)).iloc[0]
    grids = read_grids(grids_of(settings, results))["fixed"]
    sets = min(SETS, min(map(len, grids.values())) // 25)
    pictures = []
    for k in range(sets):
        images = [grid[25 * k :][:25] for grid in grids.values()]
        pictures.append(_picture(np.concatenate(images), columns=25))
    quality, batches = by_batch(run), list(grids)
    measures = []
    for name, words in MEASURES.items():
        if f"real_{name}" in run:
            values, real = quality[name][batches].tolist(), float(run[f"real_{name}"])
            measures.append({"name": words, "values": values, "real": real})
    html = _fragment("guess.html") + _fragment("training.html")
    html += _data("training-data", {"batches": batches, "pictures": pictures, "measures": measures})
    html += _data("guess-data", _guess(output))
    return Explorer("Explore: the same noise through the training", html)


def _guess(output: Output) -> dict:
    """Return the data of the game "real or generated?": images of both kinds, and how networks do."""
    generator, data = load_generator(output.models), mnist.load()
    noise = torch.randn(PAIRS, generator.latent_dim, generator=torch.Generator().manual_seed(2))
    generated = as_bytes(answers(generator, noise, batch_size=PAIRS))
    images = torch.cat([as_bytes(data.test_images[:PAIRS]), generated]).numpy()
    picture = _picture(images, columns=PAIRS)
    return {"picture": picture, "pairs": PAIRS, "networks": _detectability(output)}


def _detectability(output: Output) -> list[dict]:
    """Return how often each two-sample test is right about samples, the weakest first; [] if none was put."""
    path = output.results("task2") / "two-sample-tests.jsonl"
    if not path.exists():
        return []
    tests = store.table(store.load(path))
    tests = tests[tests["against"] == GENERATED]
    tests = tests[tests["train_count"] == tests.groupby("test")["train_count"].transform("min")]
    shares = tests.groupby("test")["accuracy"].mean().sort_values()
    return [{"name": INPUTS[name], "share": round(float(share), 3)} for name, share in shares.items()]


def walks(models: Path) -> Explorer:
    """Walks between digits, by the generator and the judge themselves; the page begins with one of them."""
    generator, classifier = load_generator(models), load_classifier(models)
    source = torch.Generator().manual_seed(0)
    noise = torch.randn(CANDIDATES, generator.latent_dim, generator=source)
    _, chances = observe(generator, classifier, noise)  # (candidates, 10)
    ends = {}
    for digit in range(10):
        confidence = chances[:, digit] * (chances.argmax(dim=1) == digit)
        if confidence.any():
            ends[digit] = noise[confidence.argmax()]
    begin, end = WALK_FIGURES[17]
    if begin not in ends or end not in ends:
        raise ValueError(f"The generator makes no {begin} or no {end} that the judge can tell.")
    data = {
        "size": generator.latent_dim,
        "digits": list(ends),
        "walk": [begin, end],
        "noises": _floats(torch.stack(list(ends.values()))),
        "feature_weight": PROJECTION["feature_weight"],
        "norm_weight": PROJECTION["norm_weight"],
    }
    script, wasm = npm.fetch(npm.RUNTIME)
    networks = _packed("generator", exported_generator(generator))
    networks += _packed("judge", exported_classifier(classifier))
    networks += _packed("ort-script", script.read_bytes()) + _packed("ort-wasm", wasm.read_bytes())
    way = line_between(ends[begin], ends[end], steps=TOY_IMAGES)
    images = as_bytes(answers(generator, way, batch_size=TOY_IMAGES)).numpy()
    toy = lossless(Image.fromarray(tile(images, columns=TOY_IMAGES, gap=0)))
    html = _fragment("walks.html") + _data("walks-data", data)
    return Explorer("Explore: walks between two digits", html, networks, toy)


def _fragment(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _data(name: str, content: object) -> str:
    """Return an element that holds what scripts read by its name."""
    text = json.dumps(content, allow_nan=False).replace("<", "\\u003c")
    return f"<script type='application/json' id='{name}'>{text}</script>\n"


def _packed(name: str, content: bytes) -> str:
    return _data(name, _base64(gzip.compress(content, 9, mtime=0)))


def _floats(numbers: torch.Tensor) -> str:
    return _base64(numbers.detach().numpy().astype("<f4").tobytes())


def _picture(images: np.ndarray, *, columns: int) -> str:
    """Return the address of a picture of digits (n, 28, 28), row by row."""
    picture = Image.fromarray(tile(images, columns=columns, gap=0))
    return f"data:image/webp;base64,{_base64(lossless(picture))}"


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def lossless(picture: Image.Image) -> bytes:
    """Return a picture as WebP: the same pixels in fewer bytes than PNG."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "webp", lossless=True, quality=60, method=4)
    return buffer.getvalue()
