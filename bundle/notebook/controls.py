"""What the explorers are made of, for the eye and for screen readers.

ipywidgets gives no name to a slider's handle or to the icons of Play, and no alternative text to its image.
So each slider stands beside a field with its name, a named button plays it, and pictures are PNG in HTML.
"""

import base64
import functools
import html
import io
import threading
from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

from bundle.figures.style import SCREEN_DPI

NAMES = {"description_width": "80px"}
TRACK_INSET = 6  # pixels from a slider widget's edge to the middle of its handle at the end
Slider = widgets.IntSlider | widgets.FloatSlider
DRAWING = threading.RLock()


def one_at_a_time(handler: Callable) -> Callable:
    """Return a handler of a control that waits until those of other controls have ended.

    A kernel may answer one control in its main thread and the next in another, which would draw between
    the lines of the first, and leave on the page what was chosen before.
    """

    @functools.wraps(handler)
    def waiting(*args) -> None:
        with DRAWING:
            handler(*args)

    return waiting


def whenever(controls: Sequence[widgets.Widget], show: Callable) -> None:
    """Call show now, and whenever the value of one of the controls changes."""
    for control in controls:
        control.observe(one_at_a_time(show), "value")
    show()


def row(*parts: widgets.Widget) -> widgets.Widget:
    return widgets.Box(parts, layout={"flex_flow": "row wrap", "align_items": "center", "grid_gap": "0 12px"})


def dropdown(name: str, options: Sequence, tooltip: str, *, width: int = 210, **settings) -> widgets.Dropdown:
    look = {"layout": {"width": f"{width}px"}, "style": NAMES}
    return widgets.Dropdown(options=options, description=name, tooltip=tooltip, **look, **settings)


def button(name: str, tooltip: str, press: Callable, **settings) -> widgets.Button:
    widget = widgets.Button(description=name, tooltip=tooltip, **settings)
    widget.on_click(one_at_a_time(press))
    return widget


def check(name: str, tooltip: str, *, on: bool) -> widgets.Checkbox:
    return widgets.Checkbox(on, description=name, tooltip=tooltip, indent=False, layout={"width": "auto"})


def number(name: str, slider: Slider, words: widgets.HTML) -> widgets.Widget:
    """Return a field for a slider's value; what is out of its range is said in `words`."""
    make = widgets.IntText if isinstance(slider, widgets.IntSlider) else widgets.FloatText
    look = {"layout": {"width": "160px"}, "style": NAMES}
    field = make(description=name, tooltip=slider.tooltip, step=slider.step, **look)
    widgets.dlink((slider, "value"), (field, "value"), lambda value: round(value, 3))

    def lead(_) -> None:
        if not slider.min <= field.value <= slider.max:
            allowed = f"from {slider.min:g} to {slider.max:g}"
            words.value = status(f"{name} is {field.value:g}; it must be {allowed}.")
        elif field.value != round(slider.value, 3):
            slider.value = field.value

    field.observe(one_at_a_time(lead), "value")
    return field


def steering_row(
    slider: Slider, field: widgets.Widget, *, milliseconds: int, stride: int = 1
) -> widgets.Widget:
    """Return a field, its slider, and a button that plays it: `stride` places further every so often."""
    slider.readout, slider.layout = False, {"width": "400px", "max_width": "100%"}
    return row(field, slider, *play_button(slider, milliseconds=milliseconds, stride=stride))


def above(slider: Slider, strip: widgets.Widget, *, images: int, width: int) -> widgets.Widget:
    """Return a slider over a strip of images: its handle goes from the middle of the first to the last's."""
    inset = f"{50 / images}% - {TRACK_INSET}px"
    slider.readout, slider.layout = False, {"width": "auto", "margin": f"0 calc({inset})"}
    return widgets.VBox([slider, strip], layout={"width": "100%", "max_width": f"{width}px"})


def play_button(slider: Slider, *, milliseconds: int, stride: int = 1) -> tuple[widgets.Widget, ...]:
    """Return a button that plays a slider, and what it needs out of sight."""
    play = widgets.Play(interval=milliseconds, step=stride, layout={"display": "none"})
    look = {"description": "Play", "icon": "play", "layout": {"width": "90px"}}
    toggle = widgets.ToggleButton(tooltip="move the slider to its end; once more: stop", **look)
    widgets.link((toggle, "value"), (play, "playing"))

    def to_place(value: float) -> int:
        return round((value - slider.min) / slider.step)

    def to_value(place: int) -> float:
        return slider.min + place * slider.step

    for name in ("max", "value"):
        widgets.link((slider, name), (play, name), transform=(to_place, to_value))
    return toggle, play


def status(text: str) -> str:
    """Return words for a screen reader to speak when they change."""
    look = "max-width:720px;line-height:1.4;padding:4px 0;white-space:pre-line"
    return f"<div role='status' style='{look}'>{html.escape(text)}</div>"


def image(picture: np.ndarray, alt: str, *, width: int) -> str:
    """Return a figure (h, w, 3) uint8, or digits (h, w) in sharp pixels, `width` wide, as HTML."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="png", compress_level=1)
    data = base64.b64encode(buffer.getvalue()).decode()
    sharp = ";image-rendering:pixelated" * (picture.ndim == 2)
    look = f"width:{width}px;max-width:100%;display:block{sharp}"
    return f"<img alt='{html.escape(alt, quote=True)}' src='data:image/png;base64,{data}' style='{look}'>"


def render(figure: Figure) -> np.ndarray:
    """Return a figure's pixels (h, w, 3) uint8."""
    figure.set_dpi(1.5 * SCREEN_DPI)  # sharper where the page is enlarged
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def veil(pixels: np.ndarray, figure: Figure, x: float) -> np.ndarray:
    """Return the pixels of a drawn figure with all that is right of x in its panels nearly white."""
    picture, height = pixels.copy(), figure.bbox.height
    for axes in figure.axes:
        if axes.get_subplotspec():  # not a colour bar
            column, box = axes.transData.transform((x, 0))[0], axes.bbox
            rows = slice(round(height - box.y1), round(height - box.y0))
            part = picture[rows, round(column) : round(box.x1)]
            part[:] = 255 - (255 - part) // 10
    return picture


def draw_ring(pixels: np.ndarray, figure: Figure, x: float, y: float, *, radius: int = 9) -> np.ndarray:
    """Return the pixels of a drawn figure with a ring around the point (x, y) of its first panel."""
    column, up = figure.axes[0].transData.transform((x, y))
    rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    away = np.hypot(rows - round(figure.bbox.height - up), columns - round(column))
    return np.where(((radius - 3 < away) & (away <= radius))[..., None], np.uint8(0), pixels)


def bars(chances: np.ndarray, *, title: str, colour: str) -> str:
    """Return a bar for the probability of each digit (10,), the largest one full, as SVG."""
    drawing = "".join(
        f"<text x='6' y='{19 * k + 14}'>{k}</text>"
        f"<rect x='22' y='{19 * k + 3}' width='{max(1, round(180 * p))}' height='14' fill='{colour}' "
        f"opacity='{1 if k == chances.argmax() else 0.45}'/>"
        f"<text x='{28 + round(180 * p)}' y='{19 * k + 14}'>{p:.0%}</text>"
        for k, p in enumerate(chances.tolist())
    )
    label = f"{title}: " + ", ".join(f"{k} {p:.0%}" for k, p in enumerate(chances))
    look = "font-size:12px;fill:var(--jp-ui-font-color1,currentColor);display:block"
    svg = f"<svg role='img' aria-label='{label}' width='250' height='192' style='{look}'>{drawing}</svg>"
    return f"<div style='font-weight:600;line-height:2'>{title}</div>{svg}"


def unspoken(look: str, content: str) -> str:
    """Return HTML for the eye alone: words elsewhere say the same."""
    return f"<div aria-hidden='true' style='{look}'>{content}</div>"


def boxes(signs: str, *, filled: int) -> str:
    """Return signs in boxes, the first ones filled, and one more box that asks."""
    looks = ["background:#0072B2;color:white"] * filled + ["border:1px solid;opacity:.75"] * len(signs)
    looks[len(signs) :] = ["border:2px dashed #D55E00"]
    box = "display:inline-block;width:1.3em;margin:1px;text-align:center;border-radius:3px;font-size:16px;"
    spans = [f"<span style='{box}{look}'>{s}</span>" for s, look in zip(signs + "?", looks, strict=True)]
    return unspoken("max-width:250px;line-height:1.5", "".join(spans))


def measures(values: Mapping[str, float], floor: Mapping[str, float], *, words: Mapping[str, str]) -> str:
    """Return a table of the values that have words, beside those of real digits."""
    body = "".join(
        f"<tr><th scope='row' style='text-align:left;font-weight:400'>{label}</th>"
        f"<td>{values[name]:z.3f}</td><td>{floor[name]:z.3f}</td></tr>"
        for name, label in words.items()
        if name in values and name in floor
    )
    head = "<tr><th></th><th scope='col'>here</th><th scope='col'>real digits</th></tr>"
    look = "border-spacing:10px 0;line-height:1.6;font-variant-numeric:tabular-nums;text-align:right"
    return f"<table style='{look}'>{head}{body}</table>"
