"""The page as a person uses it: without network, by mouse, finger and keyboard; looked at by axe too."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from bundle.experiments.cache import read_grids, trained_cell
from bundle.experiments.palindromes import run_palindromes
from bundle.experiments.part1 import inside_settings, part1_settings
from bundle.original import WALK_FIGURES
from bundle.render.front import front_matter
from bundle.render.reading import declared_values
from bundle.render.web import npm
from bundle.render.web.explorers import CANDIDATES, explorers
from bundle.render.web.page import build
from bundle.study.layout import Output
from bundle.study.records import Record
from bundle.study.store import Store, run_name
from lib import mnist
from lib.evaluation.classifier import load_classifier
from lib.gan.networks import as_bytes, load_generator
from lib.latent.end_points import endpoints
from lib.latent.interpolation import path
from lib.networks import answers
from lib.weights import about_network
from tests import lab
from tests.bundle.render.test_pdf import document

if lab.CHROMIUM is None:
    pytest.skip("the page is not opened: apt-get install chromium", allow_module_level=True)
try:
    npm.fetch(npm.RUNTIME)
except OSError as error:
    pytest.skip(f"the page's explorers are not opened: {error}", allow_module_level=True)

pytestmark = pytest.mark.timeout(400)
NOTEBOOKS = [Path(f"{name}.ipynb") for name in ("part1", "task2", "task3")]
EXPLORERS = ("palindromes", "curves", "guess", "training", "walks")
SHAPES = {"desk": {"width": 1280, "height": 900}, "phone": {"width": 390, "height": 844}}
LOOKS = [("desk", "light"), ("phone", "dark"), ("desk", "dark"), ("phone", "light")]
CI = "CI" in os.environ  # all links and looks are tried there, a sample elsewhere
PIXELS = """canvas => [...canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data]
    .filter((_, k) => k % 4 === 0)"""
WIDTHS = "bars => [...bars.querySelectorAll('i')].map(bar => parseFloat(bar.style.width) / 100)"


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> SimpleNamespace:
    """The page of the committed notebooks, Task 2 and models, with small cells in Part 1."""
    folder = tmp_path_factory.mktemp("page")
    output = Output(folder)
    sizes = {"seq_lengths": [9], "num_seeds": 1, "original_seeds": 0, "corrected_seeds": 0, "ours_seeds": 0}
    sizes |= {"steps": 20, "eval_every": 10, "eval_count": 8, "hidden_size": 8, "batch_size": 8}
    parameters = declared_values(Path("part1.ipynb")) | sizes
    output.results("part1").mkdir(parents=True)
    (output.results("part1") / "parameters.json").write_text(json.dumps(parameters))
    for run in part1_settings(parameters)["as written"]:
        Store(output.results("part1") / "as-written.jsonl").append(Record(run, run_palindromes(run).columns))
    output.results("task2").symlink_to(Path("results", "task2").resolve())
    output.models.symlink_to(Path("models").resolve())
    parts, path = explorers(output, output.models), folder / "index.html"
    front = front_matter(Path("report", "front.md"), NOTEBOOKS, root=Path())
    build(document(front, NOTEBOOKS), path, explorers=parts)
    inside = inside_settings(parameters)
    cells = {cell: trained_cell(inside | {"cell": cell}, output.cells) for cell in ("LSTM", "RNN")}
    return SimpleNamespace(path=path, address=path.as_uri(), cells=cells)


def opened(browser, report, **settings):
    """Return the page, offline; `page.complaints` are what the console says amiss and what it asks for."""
    page = lab.heard(browser.new_context(offline=True, **settings).new_page())
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    page.goto(report.address)
    return page


@pytest.fixture(scope="module")
def page(browser, report):
    """The page with all explorers started; at the end it has asked no host and the console is silent."""
    page = opened(browser, report, viewport=SHAPES["desk"])
    for name in EXPLORERS:
        started(page, name)
    yield page
    assert page.complaints == []
    assert {address.partition(":")[0] for address in page.asked} <= {"file", "data", "blob"}
    assert [address for address in page.asked if address.startswith("file:")] == [report.address]
    page.context.close()


def started(page, name: str):
    """Scroll to an explorer and wait until it is ready."""
    part = page.locator(f"#{name}")
    part.scroll_into_view_if_needed()
    page.locator(f"#{name}[data-state]").wait_for(timeout=60_000)
    assert part.get_attribute("data-state") == "ready", said(page, name)
    return part


def said(page, name: str) -> str:
    return page.locator(f"#{name} .said").inner_text()


def pixels(page, selector: str) -> np.ndarray:
    return np.array(page.locator(selector).evaluate(PIXELS), dtype=int)


def until_said(page, name: str, words: str) -> None:
    lab.until(lambda: words in said(page, name))


def test_walks_have_the_pixels_of_pytorch(page):
    generator, classifier = load_generator(Path("models")), load_classifier(Path("models"))
    source = torch.Generator().manual_seed(0)
    noise = torch.randn(CANDIDATES, generator.latent_dim, generator=source)
    ends = [end.noise for end in endpoints(generator, classifier, noise, *WALK_FIGURES[17])]
    for section, kind in enumerate(("line", "circle")):
        walk = answers(generator, path(*ends, steps=9, kind=kind), batch_size=9)
        images = as_bytes(walk).numpy().astype(int)
        shown = pixels(page, f"#walk-paths section:nth-of-type({section + 1}) .strip canvas")
        cells = np.pad(shown.reshape(28, -1), ((0, 0), (0, 1))).reshape(28, 9, 29)[..., :28]
        assert np.abs(cells.swapaxes(0, 1) - images).max() <= 1
        page.locator("#walk-alpha").fill("0.5")
        until_said(page, "walks", "At alpha 0.500")
        shown = pixels(page, f"#walk-paths section:nth-of-type({section + 1}) .big")
        assert np.abs(shown.reshape(28, 28) - images[4]).max() <= 1


def test_a_drawn_digit_gets_a_noise_and_becomes_an_end_point(page):
    pad = page.get_by_role("application", name="Drawing pad")
    pad.scroll_into_view_if_needed()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 0.5 * box["width"], box["y"] + 0.15 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.45 * box["width"], box["y"] + 0.85 * box["height"], steps=9)
    page.mouse.up()
    read = pixels(page, "#draw-read").reshape(28, 28)
    lab.until(lambda: "The classifier sees a 1" in page.locator("#draw-guess").inner_text())
    lab.until(lambda: "the classifier sees a 1" in page.locator("#draw-said").inner_text(), seconds=120)
    until_said(page, "walks", "At alpha 0.000")
    assert page.get_by_label("From", exact=True).input_value() == "drawn"
    found = pixels(page, "#draw-found").reshape(28, 28)
    assert np.sqrt(np.square((found - read) / 255).mean()) < 0.12
    beside = pixels(page, "#draw-walk").reshape(28, -1)
    assert np.abs(beside[:, :28] - found).max() <= 1


def test_every_moment_of_the_training_shows_the_images_that_are_stored(page):
    settings = about_network(Path("models"), "generator")["settings"]
    grids = read_grids(Path("results", "task2", f"{run_name(settings)}.npz"))["fixed"]
    for key, batch in (("Home", min(grids)), ("ArrowRight", sorted(grids)[1]), ("End", max(grids))):
        page.locator("#training-moment").press(key)
        shown = np.pad(pixels(page, "#training-digits").reshape(144, 144), ((0, 1), (0, 1)))
        cells = shown.reshape(5, 29, 5, 29)[:, :28, :, :28].swapaxes(1, 2).reshape(25, 28, 28)
        assert (cells == grids[batch][:25]).all()


def test_both_cells_answer_as_pytorch_does_and_a_guess_is_told_whether_it_was_right(page, report):
    digits = [int(sign) for sign in "314151413"]
    page.get_by_label("Palindrome", exact=True).fill("314151413")
    page.get_by_label("Palindrome", exact=True).press("Enter")
    until_said(page, "palindromes", "Guess")
    assert page.url.endswith("#palindrome=314151413")
    page.locator("#read-guesses").get_by_role("button", name="neither").click()
    until_said(page, "palindromes", "Your guess was")
    some_cell_is_right = ", right" in said(page, "palindromes")
    assert ("Your guess was right" in said(page, "palindromes")) != some_cell_is_right
    for read, keys in ((8, ["End"]), (1, ["Home", "ArrowRight"])):
        for key in keys:
            page.locator("#read-step").press(key)
        until_said(page, "palindromes", f"After {read} of 8 digits")
        right = page.locator("#read-cells .bars .right > span:first-child")
        assert right.all_inner_texts() == ["3", "3"]
        for place, cell in enumerate(report.cells.values()):
            with torch.no_grad():
                x = torch.tensor(digits[:read], dtype=torch.float32)[None, :, None]
                expected = cell(x).softmax(1)[0].numpy()
            shown = page.locator("#read-cells .bars").nth(place).evaluate(WIDTHS)
            assert np.abs(np.array(shown) - expected).max() < 1e-4


def test_curves_keep_the_colour_of_their_cell(page):
    assert said(page, "curves") == "2 curves."
    strokes = "[...document.querySelectorAll('#curve-plot path:not(.axis)')].map(p => p.style.stroke)"
    assert page.evaluate(strokes) == ["var(--lstm)", "var(--rnn)"]
    page.locator("#curves").get_by_label("LSTM").uncheck()
    until_said(page, "curves", "1 curve.")
    assert page.evaluate(strokes) == ["var(--rnn)"]
    page.locator("#curves").get_by_label("RNN").uncheck()
    until_said(page, "curves", "Nothing is ticked")


def test_ten_pairs_of_real_and_generated_digits_are_counted(page):
    shown = "c => c.getContext('2d').getImageData(0, 0, 28, 28).data.filter((_, k) => k % 4 === 0).join()"
    real = {",".join(map(str, digit.flatten().tolist())) for digit in as_bytes(mnist.load().test_images[:40])}
    right = 0
    page.evaluate("() => { window.later = setTimeout; setTimeout = (go, ms) => later(go, ms / 20) }")  # hurry
    for pair in range(10):
        until_said(page, "guess", f"Pair {pair + 1} of 10")
        right += page.locator("#guess-left canvas").evaluate(shown) in real
        page.locator("#guess-left").press("Enter")
        lab.until(lambda pair=pair: f"of {pair + 1}" in page.locator("#guess-score").inner_text())
    lab.until(lambda: page.locator("#guess-again").is_visible())
    page.evaluate("() => { setTimeout = later }")
    score = page.locator("#guess-score").inner_text()
    assert score.startswith(f"You were right {right} times of 10")
    assert "by black and white" in score  # the networks' score beside it
    assert "by shares of grey levels 100" in score


def test_the_page_is_small_and_its_text_is_there_at_once(browser, report):
    assert report.path.stat().st_size <= 10e6
    for shape in SHAPES.values():
        page = opened(browser, report, viewport=shape)
        lab.until(lambda page=page: pixels(page, "#toy-digit").any())
        assert page.locator("#toy-strip").bounding_box()["y"] < shape["height"]
        before = pixels(page, "#toy-digit")
        page.locator("#toy-alpha").press("End")
        assert (pixels(page, "#toy-digit") != before).any()
        page.context.close()


UNFOLD = """link => {
    let fold = link.closest("details");
    for (; fold; fold = fold.parentElement.closest("details")) fold.open = true;
}"""
LANDED = """label => {
    const place = document.getElementById(label), page = document.documentElement;
    const ended = page.scrollTop + innerHeight >= page.scrollHeight - 2;
    return place && (ended || Math.abs(place.getBoundingClientRect().top) <= 100);
}"""


@pytest.mark.parametrize("shape", SHAPES)
def test_links_and_addresses_land_at_what_they_name(browser, report, shape):
    """Every one of them in continuous integration, else each ninth."""
    page = opened(browser, report, viewport=SHAPES[shape])
    page.locator("#contents").evaluate("contents => contents.open = true")
    links = page.locator('main a[href^="#"], nav a[href^="#"]')
    labels = links.evaluate_all("links => links.map(link => link.hash.slice(1))")
    missed = []
    for number in range(0, len(labels), 1 if CI else 9):
        label = labels[number]
        page.evaluate("scrollTo(0, 0)")
        links.nth(number).evaluate(UNFOLD)
        links.nth(number).press("Enter")
        page.wait_for_timeout(60)
        if not page.evaluate(LANDED, label):
            missed.append(label)
    assert missed == []
    for label in ("figure-S3", "table-2", "task2", "walks") if CI else ("figure-S3",):
        page.goto("about:blank")
        page.goto(f"{report.address}#{label}")
        lab.until(lambda label=label: page.evaluate(LANDED, label))
        page.wait_for_timeout(1500)  # explorers near it have grown
        assert page.evaluate(LANDED, label)
    page.context.close()


@pytest.mark.parametrize(("shape", "scheme"), LOOKS if CI else LOOKS[:2])
def test_axe_finds_no_violation_names_differ_and_nothing_is_too_wide(browser, report, shape, scheme):
    page = opened(browser, report, viewport=SHAPES[shape], color_scheme=scheme, reduced_motion="reduce")
    for name in EXPLORERS:
        started(page, name)
    page.evaluate("scrollTo(0, 0)")
    assert page.evaluate("document.documentElement.scrollWidth") <= SHAPES[shape]["width"]
    toggles = page.locator("main summary").all_text_contents()
    assert len(toggles) == len(set(toggles))
    for name in ("Digits read", "Moment", "Alpha"):
        assert page.get_by_role("button", name=f"Play: {name}", exact=True).is_visible()
    try:
        (axe,) = npm.fetch(npm.CHECKER)
    except OSError as error:
        pytest.skip(f"the page is not checked by axe: {error}")
    page.add_script_tag(content=axe.read_text())
    found = page.evaluate("axe.run()")["violations"]
    assert [(one["id"], [node["target"] for node in one["nodes"]][:3]) for one in found] == []
    page.context.close()


def test_without_javascript_the_figures_stand_and_the_page_says_what_is_missing(browser, report):
    page = opened(browser, report, java_script_enabled=False)
    assert page.locator("#figure-17 img").is_visible()
    assert "Without it the figures above stand for" in page.locator("#walks").inner_text()
    assert not page.locator("#walk-alpha").is_visible()
    page.context.close()
