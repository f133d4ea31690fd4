"""The notebooks as a person uses them: JupyterLab, a browser, run all, drag, play, click, look.

Screenshots of the explorers land in build/screenshots.
"""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

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


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=list(lab.QUIET))
        yield chromium
        chromium.close()


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
    def test_another_length_shows_another_curve(self, page):
        changes(
            page, "Accuracy against step", lambda: page.get_by_label("Length", exact=True).select_option("30")
        )
        changes(
            page, "Accuracy against step", lambda: page.get_by_label("Cell", exact=True).select_option("RNN")
        )

    def test_a_choice_without_runs_is_said_in_words(self, page):
        page.get_by_label("Recipe", exact=True).select_option("ours")
        lab.until(lambda: "No runs of RNN, ours" in words(page))
        page.get_by_label("Cell", exact=True).select_option("LSTM")
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

    def test_new_noise_shows_other_digits(self, page):
        changes(page, "25 images", lambda: press(page, "New noise"))
        changes(page, "25 images", lambda: press(page, "New noise"))
        assert "new noise (seed 1)" in words(page)


@pytest.mark.parametrize("page", ["task3"], indirect=True)
class TestTask3:
    def test_the_slider_walks_from_one_digit_to_the_other(self, page):
        changes(page, "At alpha", lambda: drag(page, to=1))
        lab.until(lambda: "At alpha 1.000 the judge sees a 7" in words(page))
        changes(page, "At alpha", lambda: drag(page, to=0))
        lab.until(lambda: "At alpha 0.000 the judge sees a 2" in words(page))

    def test_the_keyboard_walks_too(self, page):
        """Tab leads from the field with its name to the slider, to play."""
        page.get_by_role("spinbutton", name="Alpha").focus()
        page.keyboard.press("Tab")
        assert page.get_by_role("slider").evaluate("handle => handle === document.activeElement")
        for key, place in (("End", "1.000"), ("Home", "0.000"), ("ArrowRight", "0.005"), ("PageUp", "0.030")):
            page.keyboard.press(key)
            lab.until(lambda place=place: f"At alpha {place}" in words(page))
        changes(page, "At alpha", lambda: page.keyboard.press("End"))
        page.keyboard.press("Tab")
        changes(page, "At alpha", lambda: page.keyboard.press("Space"))  # play, from the start
        page.keyboard.press("Space")
        settles(page)

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
        lab.until(lambda: "they must be two different digits" in words(page))
        page.get_by_label("To", exact=True).select_option("0")
        lab.until(lambda: "From 2 to 0" in words(page))
        lab.until(lambda: box(page, "Strip of 9") is not None)


def test_neither_kernel_nor_console_had_an_error(page, server):
    """Last of each notebook: after running, and after all that was done above."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.locator(lab.EXPLORER).screenshot(path=SCREENSHOTS / f"{page.name}.png")
    notebook = lab.saved(page, server[0], page.name)
    outputs = [o for cell in notebook["cells"] for o in cell.get("outputs", [])]
    assert not [o for o in outputs if o["output_type"] == "error" or o.get("name") == "stderr"]
    assert not page.complaints
