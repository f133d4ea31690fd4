"""What is committed does not depend on the processor: what says the same is not written again."""

import base64
import io
import json

import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_output
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bundle.study.artefacts import json_bytes, keep_outputs, says_the_same, write_with_values
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


def test_main_numbers_are_the_same_to_the_last_digit_written():
    before = json_bytes({"a": 0.5837, "b": -1})
    for after, same in (
        ({"b": -1, "a": 0.5838}, True),
        ({"a": 0.5858, "b": -1}, False),
        ({"a": 0.5837}, False),
    ):
        assert says_the_same(before, json_bytes(after), suffix=".json") == same


WRITTEN = {0.123456: 0.1235, 98.7654321: 98.77, 0.000123456: 0.0001235, 187432.4: 187432.0, 0.99999: 1.0}


@pytest.mark.parametrize(("value", "written"), WRITTEN.items())
def test_numbers_have_four_digits_or_all_before_the_point_and_settings_all(value, written):
    values = {"y": [[1], (value, 25, 0.0, None)], "provenance": {"learning_rate": value}}
    found = json.loads(json_bytes(values))
    assert found == {"y": [[1], [written, 25, 0.0, None]], "provenance": {"learning_rate": value}}


def test_a_picture_and_its_values_are_written_only_if_they_say_something_else(tmp_path):
    """The same to one grey level is the same, whatever the metadata."""
    path = tmp_path / "figure.png"
    path.write_bytes(b"half a file")
    written, pictures = 0, [PIXELS, one_pixel(1), one_pixel(2), PIXELS[:4]]
    for number, (pixels, is_new) in enumerate(zip(pictures, (True, False, True, True), strict=True)):
        picture = png(pixels, commit=str(number))
        before = path.read_bytes()
        assert write_with_values(path, picture, {"y": number}) == path.read_bytes()
        assert path.read_bytes() == (picture if is_new else before)
        written = number if is_new else written
        assert path.with_suffix(".json").read_bytes() == json_bytes({"y": written})


def test_of_a_notebook_outputs_that_say_the_same_stay_and_others_are_new():
    def notebook(*outputs):
        return notebook_of(new_code_cell("show()", outputs=list(outputs), execution_count=1, id="show"))

    def shown(text: str, picture: bytes):
        data = {"image/png": base64.b64encode(picture).decode(), "text/plain": text}
        return new_output("display_data", data=data)

    before = notebook(shown("0.1234", png(PIXELS)), shown("figure", png(PIXELS)))
    after = notebook(shown("0.1235", png(one_pixel(1))), shown("figure", png(one_pixel(2))))
    kept = keep_outputs(before, after).cells[0].outputs
    assert kept[0] == before.cells[0].outputs[0]
    assert kept[1].data["image/png"] != before.cells[0].outputs[1].data["image/png"]
