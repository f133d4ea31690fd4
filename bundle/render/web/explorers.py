"""The explorers of the page: for each part its HTML and the data it needs."""

import base64
import gzip
import io
import json
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

from bundle.analysis.quality import MEASURES, by_batch
from bundle.experiments.cache import grids_of, read_grids, trained_cell
from bundle.experiments.part1 import inside_settings, part1_settings
from bundle.experiments.two_sample_tests import GENERATED
from bundle.experiments.walks import PROJECTION
from bundle.figures.digits import tile
from bundle.original import WALK_FIGURES
from bundle.render.web import npm
from bundle.render.web.exported import exported_classifier, exported_generator
from bundle.render.web.palindromes import curves, runs_shown
from bundle.study import store
from bundle.study.layout import Output
from lib import mnist
from lib.evaluation.classifier import load_classifier
from lib.evaluation.judge import observe
from lib.gan.networks import Generator, as_bytes, load_generator
from lib.latent.interpolation import path as line_between
from lib.networks import answers
from lib.weights import about_network

HERE = Path(__file__).parent
CANDIDATES = 2000  # noises, of which the walks' end points are those that the judge is surest of
TOY_IMAGES = 41  # on the way of the slider that the page begins with
PAIRS = 40  # of a real and a generated digit
SETS = 4  # of the 25 noises that are shown through the training
NEEDS = (OSError, ValueError, KeyError)  # raised where what an explorer shows is not there


class Explorer(NamedTuple):
    """What stands in a part's place for an explorer, and after the page."""

    title: str
    html: str
    data: str  # elements that hold what the scripts read
    scripts: tuple[str, ...]
    networks: str = ""  # large elements, which come last in the page
    toy: str = ""  # what the page begins with


def explorers(output: Output, models: Path) -> dict[str, Explorer]:
    """Return the explorers by part; one whose results or files are not there says in words why."""
    kinds: dict[str, tuple[str, Callable[[], Explorer]]] = {
        "part1": ("Explore: a palindrome of your own", partial(palindromes, output)),
        "task2": ("Explore: the same noise through the training", partial(training, models)),
        "task3": ("Explore: walks between two digits", partial(walks, models)),
    }
    explorer_by_part = {}
    for part, (title, make) in kinds.items():
        try:
            explorer_by_part[part] = make()._replace(title=title)
        except NEEDS as error:
            print(f"The page is made without an explorer in {part}: {error}", flush=True)
            why = f"<p class='without'>This page was made without its explorer here. {error}</p>"
            explorer_by_part[part] = Explorer(title, why, "", ())
    return explorer_by_part


def palindromes(output: Output) -> Explorer:
    """A palindrome of one's own in an LSTM and an RNN, and the curves of those that the notebook shows."""
    parameters = output.parameters("part1")
    settings = inside_settings(parameters)
    networks = {}
    for cell in ("LSTM", "RNN"):
        networks[cell] = _linear_layers(trained_cell(settings | {"cell": cell}, output.cells))
    runs = runs_shown(output, part1_settings(parameters))
    data = _data("palindromes-data", {"networks": networks, "trained": settings["seq_length"]})
    data += _data("curves-data", curves(runs))
    html = _fragment("palindromes.html") + _fragment("curves.html")
    return Explorer("", html, data, ("cells.js", "palindromes.js", "curves.js"))


def _linear_layers(network: torch.nn.Module) -> dict[str, list[str]]:
    """Return weight and bias of each linear layer, in base64, by the last part of its name."""
    layers = {}
    for name, layer in network.named_modules():
        if isinstance(layer, torch.nn.Linear):
            arrays = layer.weight.detach().numpy(), layer.bias.detach().numpy()
            layers[name.rpartition(".")[2]] = [_base64(array) for array in arrays]
    return layers


def walks(models: Path) -> Explorer:
    """Walks between digits, by the generator and the judge themselves."""
    generator, classifier = load_generator(models), load_classifier(models)
    source = torch.Generator().manual_seed(0)
    noise = torch.randn(CANDIDATES, generator.latent_dim, generator=source)
    chances = observe(generator, classifier, noise)[1]  # (candidates, 10)
    digits = [digit for digit in range(10) if (chances.argmax(1) == digit).any()]
    if len(digits) < 2:
        raise ValueError("The generator makes fewer than two digits that the judge can tell.")
    ends = torch.stack([noise[(chances[:, d] * (chances.argmax(1) == d)).argmax()] for d in digits])
    walk = WALK_FIGURES[17] if set(WALK_FIGURES[17]) <= set(digits) else digits[:2]
    data = {"size": generator.latent_dim, "digits": digits, "walk": walk, "noises": _base64(ends.numpy())}
    script, wasm = npm.fetch(npm.RUNTIME)
    files = {
        "generator": exported_generator(generator),
        "judge": exported_classifier(classifier),
        "ort-script": script.read_bytes(),
        "ort-wasm": wasm.read_bytes(),
    }
    elements = "".join(_packed(name, content) for name, content in files.items())
    data |= {name: PROJECTION[name] for name in ("feature_weight", "norm_weight")}
    scripts = ("networks.js", "drawing.js", "walks.js")
    begin, end = (ends[digits.index(digit)] for digit in walk)
    return Explorer(
        "",
        _fragment("walks.html"),
        _data("walks-data", data),
        scripts,
        networks=elements,
        toy=toy(walk, line_between(begin, end, steps=TOY_IMAGES), generator),
    )


def toy(walk: Sequence[int], noises: torch.Tensor, generator: Generator) -> str:
    """Return the HTML of a slider from one digit to another, which needs no network: images of all noises."""
    images = as_bytes(answers(generator, noises, batch_size=len(noises))).numpy()
    strip = _webp(tile(images, columns=len(images), gap=0))
    html = _fragment("toy.html").replace("{from}", str(walk[0])).replace("{to}", str(walk[1]))
    return html.replace("{strip}", strip).replace("/*toy*/", _fragment("toy.js"))


def _guess(models: Path) -> str:
    """Return the data of the game "real or generated?": images of both kinds, and how networks do."""
    generator, data = load_generator(models), mnist.load()
    noise = torch.randn(PAIRS, generator.latent_dim, generator=torch.Generator().manual_seed(2))
    generated = as_bytes(answers(generator, noise, batch_size=PAIRS))
    pictures = torch.cat([as_bytes(data.test_images[:PAIRS]), generated]).numpy()
    picture = _webp(tile(pictures, columns=PAIRS, gap=0))
    return _data("guess-data", {"picture": picture, "pairs": PAIRS, "networks": _detectability(models)})


def _detectability(models: Path) -> list[dict]:
    """Return how often each two-sample test is right about samples, the weakest first; [] if none was put."""
    path = Output(models.parent).results("task2") / "two-sample-tests.jsonl"
    if not path.exists():
        return []
    tests = store.table(store.load(path))
    tests = tests[tests["against"] == GENERATED]
    tests = tests[tests["train_count"] == tests.groupby("test")["train_count"].transform("min")]
    shares = tests.groupby("test")["accuracy"].mean().sort_values()
    return [{"name": name, "share": round(float(share), 3)} for name, share in shares.items()]


def training(models: Path) -> Explorer:
    """The same noises at each moment of the training, and what was measured there.

    The record of the training is in the report whose folder `models` is.
    """
    settings = about_network(models, "generator")["settings"]
    results = Output(models.parent).results("task2")
    run = store.table(store.load(results / "gan.jsonl", settings=settings)).iloc[0]
    grids = read_grids(grids_of(settings, results))["fixed"]
    quality = by_batch(run)
    sets = min(SETS, min(map(len, grids.values())) // 25)
    pictures = []
    for k in range(sets):
        images = [grid[25 * k :][:25] for grid in grids.values()]
        pictures.append(_webp(tile(np.concatenate(images), columns=25, gap=0)))
    batches, measures = list(grids), []
    for name, words in MEASURES.items():
        if f"real_{name}" in run:
            values, real = quality[name][batches].tolist(), float(run[f"real_{name}"])
            measures.append({"name": words, "values": values, "real": real})
    data = {"batches": batches, "pictures": pictures, "measures": measures}
    html = _fragment("guess.html") + _fragment("training.html")
    elements = _data("training-data", data) + _guess(models)
    return Explorer("", html, elements, ("guess.js", "training.js"))


def _fragment(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _data(name: str, content: object) -> str:
    text = json.dumps(content, allow_nan=False).replace("<", "\\u003c")
    return f"<script type='application/json' id='{name}'>{text}</script>\n"


def _packed(name: str, content: bytes) -> str:
    text = base64.b64encode(gzip.compress(content, 9, mtime=0)).decode()
    return f"<script type='text/plain' id='{name}'>{text}</script>\n"


def _base64(numbers: np.ndarray) -> str:
    return base64.b64encode(numbers.astype("<f4").tobytes()).decode()


def _webp(picture: np.ndarray) -> str:
    return f"data:image/webp;base64,{base64.b64encode(lossless(Image.fromarray(picture))).decode()}"


def lossless(picture: Image.Image) -> bytes:
    """Return a picture as WebP: the same pixels in fewer bytes than PNG."""
    buffer = io.BytesIO()
    picture.convert("RGB").save(buffer, "webp", lossless=True, quality=60, method=4)
    return buffer.getvalue()
