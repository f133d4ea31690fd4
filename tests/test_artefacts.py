"""What is committed does not depend on the processor: what says the same is not written again."""

import base64
import io
import json

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_output
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bundle.study.artefacts import json_bytes, keep_outputs, says_the_same, write_if_changed
from tests.notebooks import notebook_of


def png(pixels: np.ndarray, *, commit: str = "a") -> bytes:
    about, buffer = PngInfo(), io.BytesIO()
    about.add_text("Commits", commit)
    Image.fromarray(pixels).save(buffer, "png", pnginfo=about)
    return buffer.getvalue()


PIXELS = np.arange(64, dtype=np.uint8).reshape(8, 8)


def one_pixel(by: int) -> np.ndarray:
    changed = PIXELS.copy()
    changed[3, 4] += by
    return changed


def test_a_picture_is_the_same_to_one_grey_level_whatever_its_metadata():
    for by, same in ((1, True), (2, False)):
        assert says_the_same(png(PIXELS), png(one_pixel(by), commit="b"), suffix=".png") == same
    assert not says_the_same(png(PIXELS), png(PIXELS[:4]), suffix=".png")


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ({"y": [0.9871, 12.5]}, {"y": [0.9874, 12.5]}, True),  # two decimals are shown of 12.50
        ({"y": [0.9871, 12.5]}, {"y": [1.0171, 12.5]}, False),
        ({"confidence": 0.5}, {"confidence": 0.501}, False),  # not the last digit: 0.5000
        ({"digits": [7, 2]}, {"digits": [7, 3]}, False),  # whole numbers are counts and classes
        ({"pictures": [[[7, 255]]]}, {"pictures": [[[8, 255]]]}, True),  # grey levels
        ({"pictures": [[[7, 255]]]}, {"pictures": [[[9, 255]]]}, False),
        ({"rule": "a"}, {"rule": "b"}, False),
        ({"provenance": {"commit": "a"}, "y": 1.5}, {"provenance": {"commit": "b"}, "y": 1.5}, True),
    ],
)
def test_values_are_the_same_to_the_last_digit_shown(before, after, same):
    assert says_the_same(json_bytes(before), json_bytes(after), suffix=".json") == same


def test_numbers_are_rounded_to_four_digits_of_the_largest_of_their_list():
    values = {
        "provenance": {"learning_rate": 0.00012345678},
        "x": [1, 25],
        "y": [[0.123456], [98.7654321]],
        "bands": [[0.123456], [98.7654321, None]],
        "small": 0.000123456,
        "large": 187400.4,
        "none": 0.0,
        "up": [0.99999],
    }
    assert json.loads(json_bytes(values)) == {
        "provenance": {"learning_rate": 0.00012345678},
        "x": [1, 25],
        "y": [[0.12], [98.77]],
        "bands": [[0.1235], [98.77, None]],
        "small": 0.0001235,
        "large": 187400.0,
        "none": 0.0,
        "up": [1.0],
    }


def test_a_file_is_written_only_if_it_says_something_else(tmp_path):
    path = tmp_path / "figure.png"
    assert write_if_changed(path, png(PIXELS)) == path.read_bytes() == png(PIXELS)
    assert write_if_changed(path, png(one_pixel(1), commit="b")) == png(PIXELS)  # what is there
    assert path.read_bytes() == png(PIXELS)
    assert write_if_changed(path, png(one_pixel(9))) == path.read_bytes() == png(one_pixel(9))


def test_a_damaged_file_is_written_anew(tmp_path):
    path = tmp_path / "figure.png"
    path.write_bytes(b"half a file")
    write_if_changed(path, png(PIXELS))
    assert path.read_bytes() == png(PIXELS)


def test_of_a_notebook_outputs_that_say_the_same_stay_and_others_are_new():
    def notebook(*outputs):
        cell = new_code_cell("show()", outputs=list(outputs), execution_count=1)
        cell.id = "show"
        return notebook_of(cell)

    def shown(text: str, picture: bytes):
        data = {"image/png": base64.b64encode(picture).decode(), "text/plain": text}
        return new_output("display_data", data=data)

    before = notebook(shown("0.1234", png(PIXELS)), shown("figure", png(PIXELS)))
    after = notebook(shown("0.1235", png(one_pixel(1))), shown("figure", png(one_pixel(2))))
    kept = keep_outputs(before, after).cells[0].outputs
    assert kept[0] == before.cells[0].outputs[0]
    assert kept[1].data["image/png"] != before.cells[0].outputs[1].data["image/png"]
