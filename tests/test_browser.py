"""The notebooks as a person uses them: JupyterLab, a browser, run all, drag, play, click, look.

Screenshots of the explorers land in build/screenshots.
"""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests import lab

if lab.CHROMIUM is None:
    pytest.skip(
        "no Chromium here, so no notebook is opened in a browser: apt-get install chromium",
        allow_module_level=True,
    )

pytestmark = pytest.mark.timeout(400)
SCREENSHOTS = Path("build", "screenshots")


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    with lab.server(folder) as address:
        yield address, folder / "server.log"


@pytest.fixture(scope="module", params=["part1", "task2", "task3"])
def page(request, server, browser):
    """Each notebook in turn, opened and run; the tests of one notebook follow each other."""
    name = request.param
    page = lab.opened(browser, server[0], name)
    lab.run_all(page)
    page.name = name
    yield page
    page.close()


BOX = """(explorer, alt) => {
    const image = [...explorer.querySelectorAll("img")].find(image => image.alt.startsWith(alt));
    if (!image) return null;
    const {x, y, width, height} = image.getBoundingClientRect();
    return {x, y, width, height};
}"""


def box(page, alt: str) -> dict | None:
    """Where the picture is whose alternative text begins so, in one go: while playing it is soon replaced."""
    return page.locator(lab.EXPLORER).evaluate(BOX, alt)


def pixels(page, alt: str) -> np.ndarray:
    shot = page.screenshot(clip=box(page, alt))
    return np.asarray(Image.open(io.BytesIO(shot)).convert("L"))


def changes(page, alt: str, act) -> None:
    """Do something, and wait until the pixels of a picture are others."""
    before = pixels(page, alt)

    def changed() -> bool:
        after = pixels(page, alt)
        return after.shape != before.shape or (after != before).any()

    act()
    lab.until(changed)


def settles(page) -> None:
    """Wait until the words stay the same for half a second: play has stopped."""

    def same() -> bool:
        before = words(page)
        page.wait_for_timeout(500)
        return words(page) == before

    lab.until(same)


def drag(page, *, to: float) -> None:
    """Drag the explorer's slider with the mouse to a fraction of its length."""
    handle = page.locator(lab.EXPLORER).get_by_role("slider")
    handle.scroll_into_view_if_needed()
    grip, track = handle.bounding_box(), page.locator(".noUi-base").bounding_box()
    y = grip["y"] + grip["height"] / 2
    page.mouse.move(grip["x"] + grip["width"] / 2, y)
    page.mouse.down()
    page.mouse.move(track["x"] + to * track["width"], y, steps=8)
    page.mouse.up()


def press(page, name: str) -> None:
    page.locator(lab.EXPLORER).get_by_role("button", name=name).click()


def words(page) -> str:
    return " ".join(page.locator(lab.EXPLORER).get_by_role("status").all_inner_texts())


@pytest.mark.parametrize("page", ["part1"], indirect=True)
class TestPart1:
    def test_another_length_shows_other_curves(self, page):
        length = page.get_by_label("Length", exact=True)
        changes(page, "Accuracy against step", lambda: length.select_option("30"))

    def test_curves_of_cells_and_recipes_lie_over_one_another(self, page):
        for name in ("corrected", "ours"):
            tick = page.get_by_label(name, exact=True)
            changes(page, "Accuracy against step", tick.check)
        seeds = {"LSTM, as written": 50, "RNN, as written": 50, "RNN, corrected": 10, "LSTM, ours": 10}
        for name, count in seeds.items():
            lab.until(lambda said=f"{name} ({count} seeds)": said in words(page))

    def test_a_choice_without_runs_is_said_in_words(self, page):
        lab.until(lambda: "No runs of length 30: RNN, ours" in words(page))
        for name in ("LSTM", "as written", "corrected"):
            page.get_by_label(name, exact=True).uncheck()
            lab.until(lambda gone=name: gone not in words(page))
        settles(page)  # one box is answered in the kernel's main thread, another in a second one
        assert box(page, "Accuracy against step") is None
        page.get_by_label("LSTM", exact=True).check()
        lab.until(lambda: box(page, "Accuracy against step") is not None)

    def test_a_typed_palindrome_is_followed_digit_by_digit(self, page):
        typed = page.get_by_label("Palindrome", exact=True)

        def write() -> None:
            typed.fill("3141413")
            typed.press("Enter")

        changes(page, "Gates and cell state", write)
        lab.until(lambda: "After 6 of 6 digits the network says 3" in words(page))
        changes(page, "Gates and cell state", lambda: drag(page, to=0))
        lab.until(lambda: "After 1 of 6 digits" in words(page))

    def test_what_is_no_palindrome_is_said_in_words(self, page):
        for text, said in (("31a", "here is also a"), ("123", "backwards it is 321")):
            page.get_by_label("Palindrome", exact=True).fill(text)
            page.get_by_label("Palindrome", exact=True).press("Enter")
            lab.until(lambda said=said: said in words(page))

    def test_play_reads_to_the_end_and_another_palindrome_can_be_had(self, page):
        changes(page, "Gates and cell state", lambda: press(page, "Play"))
        lab.until(lambda: "After 6 of 6" in words(page))
        changes(page, "Gates and cell state", lambda: press(page, "Another one"))


@pytest.mark.parametrize("page", ["task2"], indirect=True)
class TestTask2:
    def test_the_slider_and_play_go_through_the_checkpoints(self, page):
        changes(page, "25 images", lambda: drag(page, to=0.5))
        changes(page, "Fréchet", lambda: drag(page, to=0.2))
        changes(page, "25 images", lambda: press(page, "Play"))
        press(page, "Play")
        settles(page)

    def test_a_checkpoint_can_be_named(self, page):
        batch = page.get_by_label("Batch", exact=True)
        changes(page, "25 images", lambda: batch.select_option(index=25))
        lab.until(lambda: batch.input_value() and "after" in words(page))

    def test_another_noise_shows_other_digits(self, page):
        noise = page.get_by_label("Noise", exact=True)
        changes(page, "25 images", lambda: noise.select_option(index=1))


@pytest.mark.parametrize("page", ["task3"], indirect=True)
class TestTask3:
    def test_the_slider_walks_from_one_digit_to_the_other(self, page):
        changes(page, "At alpha", lambda: drag(page, to=1))
        lab.until(lambda: "At alpha 1.000 the classifier sees a 7" in words(page))
        changes(page, "At alpha", lambda: drag(page, to=0))
        lab.until(lambda: "At alpha 0.000 the classifier sees a 2" in words(page))

    def test_the_keyboard_walks_too(self, page):
        """Tab leads from the field with its name to play, to the slider over the strip."""
        page.get_by_role("spinbutton", name="Alpha").focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.get_by_role("slider").evaluate("handle => handle === document.activeElement")
        for key, place in (("End", "1.000"), ("Home", "0.000"), ("ArrowRight", "0.005"), ("PageUp", "0.030")):
            page.keyboard.press(key)
            lab.until(lambda place=place: f"At alpha {place}" in words(page))
        changes(page, "At alpha", lambda: page.keyboard.press("End"))
        page.keyboard.press("Shift+Tab")
        changes(page, "At alpha", lambda: page.keyboard.press("Space"))  # play, from the start
        page.keyboard.press("Space")
        settles(page)

    @pytest.mark.parametrize(("width", "height"), [(1300, 1500), (800, 600)])
    def test_the_whole_strip_is_seen_and_the_slider_points_at_it(self, page, width, height):
        """Once a window of 800 x 600 cut it, and the handle stood elsewhere than the place it told."""
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(500)
        pane = page.locator(".jp-WindowedPanel-outer").bounding_box()
        for key, place in (("End", 8 * 30 + 14), ("Home", 14)):  # pixels of its 268, to an image's middle
            page.get_by_role("slider").press(key)
            strip, handle = box(page, "Strip of 9"), page.get_by_role("slider").bounding_box()
            middle = strip["x"] + place / 268 * strip["width"]
            assert strip["x"] + strip["width"] <= pane["x"] + pane["width"]
            assert abs(handle["x"] + handle["width"] / 2 - middle) < 2
            assert handle["y"] + handle["height"] < strip["y"] + 2
        page.set_viewport_size({"width": 1300, "height": 1500})

    def test_a_number_out_of_range_is_said_in_words(self, page):
        field = page.get_by_role("spinbutton", name="Alpha")
        field.fill("3")
        field.press("Enter")
        lab.until(lambda: "Alpha is 3; it must be from 0 to 1" in words(page))
        field.fill("0.5")
        field.press("Enter")
        lab.until(lambda: "At alpha 0.500" in words(page))

    def test_the_circle_and_new_end_points_show_other_strips(self, page):
        changes(page, "Strip of 9", lambda: page.get_by_label("great circle").check())
        changes(page, "Strip of 9", lambda: press(page, "New end points"))
        lab.until(lambda: "seed 1" in words(page))

    def test_the_same_digit_twice_is_said_in_words_and_can_be_mended(self, page):
        page.get_by_label("To", exact=True).select_option("2")
        lab.until(lambda: "From and To are both 2" in words(page))
        page.get_by_label("To", exact=True).select_option("0")
        lab.until(lambda: "From 2 to 0" in words(page))
        lab.until(lambda: box(page, "Strip of 9") is not None)


CONTRASTS = """explorer => {
    const rgba = text => (text.match(/[\\d.]+/g) || []).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(v => v / 255)
        .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
    const walker = document.createTreeWalker(explorer, NodeFilter.SHOW_TEXT), found = [];
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.textContent.trim(), owner = node.parentElement;
        if (!text || !owner.checkVisibility()) continue;
        const style = getComputedStyle(owner);
        let fore = rgba(owner.closest("svg") ? style.fill : style.color), back = null, seen = 1;
        for (let one = owner; one; one = one.parentElement) {
            const here = getComputedStyle(one), colour = rgba(here.backgroundColor);
            if (!back) seen *= Number(here.opacity);
            if (!back && (colour.length === 3 || colour[3] > 0)) back = colour;
        }
        fore = fore.slice(0, 3).map((v, k) => seen * v + (1 - seen) * back[k]);
        const [low, high] = [light(fore), light(back)].sort((a, b) => a - b);
        found.push([text, (high + 0.05) / (low + 0.05)]);
    }
    return found;
}"""


def test_in_the_dark_theme_every_word_can_be_read(page):
    """Words against what is behind them: 4.5 to 1, as WCAG asks."""
    lab.turn_dark(page)
    found = page.locator(lab.EXPLORER).evaluate(CONTRASTS)
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.locator(lab.EXPLORER).screenshot(path=SCREENSHOTS / f"{page.name}-dark.png")
    assert len(found) > 10
    assert not [(text, contrast) for text, contrast in found if contrast < 4.5]


def test_neither_kernel_nor_console_had_an_error(page, server):
    """Last of each notebook: after running, and after all that was done above."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.locator(lab.EXPLORER).screenshot(path=SCREENSHOTS / f"{page.name}.png")
    notebook = lab.saved(page, server[0], page.name)
    outputs = [o for cell in notebook["cells"] for o in cell.get("outputs", [])]
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    assert not page.complaints


def test_run_all_and_save_change_nothing(page, server):
    """Once Run All left the bars of studies, the explorer and the kernel's version in the notebook."""
    lab.saved(page, server[0], page.name)
    assert lab.altered(server[1].parent / "repository") == []
