"""What is committed does not depend on the processor: what says the same is not written again."""

import io
import json

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from bundle.study.artefacts import json_bytes, write_with_values


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
