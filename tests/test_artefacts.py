"""What is committed does not depend on the processor: what says the same is not written again."""

import base64
import io
import json

import numpy as np
from nbformat.v4 import new_code_cell, new_output
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bundle.study.artefacts import (
    json_bytes,
    keep_outputs,
    says_the_same,
    write_if_changed,
    write_with_values,
)
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


def test_main_numbers_are_the_same_to_the_last_digit_written():
    before = json_bytes({"a": 0.5837, "b": -1})
    for after, same in (
        ({"b": -1, "a": 0.5838}, True),
        ({"a": 0.5858, "b": -1}, False),
        ({"a": 0.5837}, False),
    ):
        assert says_the_same(before, json_bytes(after), suffix=".json") == same


def test_numbers_have_four_digits_or_all_before_the_point():
    values = {
        "provenance": {"learning_rate": 0.00012345678},
        "x": [1, 25],
        "y": [[0.123456], (98.7654321, None)],
        "small": 0.000123456,
        "large": 187432.4,
        "none": 0.0,
        "up": [0.99999],
    }
    assert json.loads(json_bytes(values)) == {
        "provenance": {"learning_rate": 0.00012345678},
        "x": [1, 25],
        "y": [[0.1235], [98.77, None]],
        "small": 0.0001235,
        "large": 187432.0,
        "none": 0.0,
        "up": [1.0],
    }


def test_a_file_is_written_only_if_it_says_something_else(tmp_path):
    path = tmp_path / "figure.png"
    path.write_bytes(b"half a file")
    assert write_if_changed(path, png(PIXELS)) == path.read_bytes() == png(PIXELS)
    assert write_if_changed(path, png(one_pixel(1), commit="b")) == png(PIXELS)  # what is there
    assert path.read_bytes() == png(PIXELS)
    assert write_if_changed(path, png(one_pixel(9))) == path.read_bytes() == png(one_pixel(9))


def test_values_stay_with_their_picture(tmp_path):
    path = tmp_path / "figure.png"
    write_with_values(path, png(PIXELS), {"y": 1})
    write_with_values(path, png(one_pixel(1)), {"y": 2})
    assert path.with_suffix(".json").read_bytes() == json_bytes({"y": 1})
    write_with_values(path, png(one_pixel(9)), {"y": 3})
    assert path.with_suffix(".json").read_bytes() == json_bytes({"y": 3})


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
