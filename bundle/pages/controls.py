"""What the explorers are made of: controls with names, and pictures as HTML with alternative text.

ipywidgets gives no accessible name to a slider's handle or to the icons of Play, and no alternative text to
its image. So each slider stands beside a field with its name, a button with a name plays it, and pictures
are PNG inside HTML.
"""

import base64
import html
import io
from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

SCREEN_DPI, SHARPER = 96, 1.5  # what an inch is on a screen, and how many pixels are drawn for one of it


NAMES = {"description_width": "80px"}


GAP = "0 12px"


def whenever(controls: Sequence[widgets.Widget], show: Callable) -> None:
    """Call show now, and whenever the value of one of the controls changes."""
    for control in controls:
        control.observe(show, "value")
    show()


def row(*parts: widgets.Widget) -> widgets.Widget:
    return widgets.Box(parts, layout={"flex_flow": "row wrap", "align_items": "center", "grid_gap": GAP})


def dropdown(name: str, options: Sequence, tooltip: str, *, width: int = 210, **settings) -> widgets.Dropdown:
    layout = {"width": f"{width}px"}
    return widgets.Dropdown(
        options=options, description=name, tooltip=tooltip, layout=layout, style=NAMES, **settings
    )


def button(name: str, tooltip: str, **settings) -> widgets.Button:
    return widgets.Button(description=name, tooltip=tooltip, **settings)


def number(name: str, slider: widgets.IntSlider | widgets.FloatSlider, words: widgets.HTML) -> widgets.Widget:
    """Return a field for a slider's value; what is out of its range is said in `words`."""
    whole = isinstance(slider, widgets.IntSlider)
    field = (widgets.IntText if whole else widgets.FloatText)(
        description=name, tooltip=slider.tooltip, layout={"width": "160px"}, style=NAMES, step=slider.step
    )

    def shown() -> float:
        return slider.value if whole else round(slider.value, 3)

    def follow(_=None) -> None:
        field.value = shown()

    def lead(_) -> None:
        if not slider.min <= field.value <= slider.max:
            words.value = status(
                f"{name} is {field.value:g}; it must be from {slider.min:g} to {slider.max:g}."
            )
        elif field.value != shown():
            slider.value = field.value

    whenever([slider], follow)
    field.observe(lead, "value")
    return field


def steered(
    slider: widgets.IntSlider | widgets.FloatSlider, field: widgets.Widget, *, milliseconds: int
) -> widgets.Widget:
    """Return a field, its slider, and a button that plays it: the next place every so many milliseconds."""
    play = widgets.Play(interval=milliseconds, layout={"display": "none"})
    pressed = widgets.ToggleButton(
        description="Play",
        icon="play",
        tooltip="move the slider to its end; once more: stop",
        layout={"width": "90px"},
    )
    widgets.link((pressed, "value"), (play, "playing"))
    if isinstance(slider, widgets.IntSlider):
        for name in ("min", "max", "value"):
            widgets.link((slider, name), (play, name))
    else:
        play.step, play.max = 2, round((slider.max - slider.min) / slider.step)
        place = (
            lambda value: round((value - slider.min) / slider.step),
            lambda k: slider.min + k * slider.step,
        )
        widgets.link((slider, "value"), (play, "value"), transform=place)
    slider.readout, slider.layout = False, {"width": "400px", "max_width": "100%"}
    return row(field, slider, pressed, play)


def heading(text: str) -> widgets.HTML:
    return widgets.HTML(f"<h4 style='margin:12px 0 4px'>{text}</h4>")


def status(text: str) -> str:
    """Return words for a screen reader to speak when they change."""
    return (
        f"<div role='status' style='max-width:720px;line-height:1.4;padding:4px 0'>{html.escape(text)}</div>"
    )


def image(picture: np.ndarray, alt: str, *, width: int, pixelated: bool = False) -> str:
    """Return a picture (h, w) or (h, w, 3) uint8 as HTML, `width` pixels wide on the screen."""
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="png", compress_level=1)
    data = base64.b64encode(buffer.getvalue()).decode()
    look = f"width:{width}px;max-width:100%;display:block" + ";image-rendering:pixelated" * pixelated
    return f"<img alt='{html.escape(alt, quote=True)}' src='data:image/png;base64,{data}' style='{look}'>"


def drawn(figure: Figure) -> np.ndarray:
    """Return a figure's pixels (h, w, 3) uint8."""
    figure.set_dpi(SCREEN_DPI * SHARPER)
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def width(figure: Figure) -> int:
    """Return how wide a figure is on a screen, in pixels."""
    return round(figure.get_figwidth() * SCREEN_DPI)


def place(figure: Figure, x: float, y: float) -> tuple[int, int]:
    """Return row and column of the pixel where a drawn figure's first panel has the point (x, y)."""
    column, up = figure.axes[0].transData.transform((x, y))
    return round(figure.bbox.height - up), round(column)


def after(figure: Figure, x: float) -> list[tuple[slice, slice]]:
    """Return, for each panel of a drawn figure, the rows and columns of the pixels to the right of x."""
    height, parts = figure.bbox.height, []
    for axes in figure.axes:
        if axes.get_subplotspec():  # not a colour bar
            column, box = axes.transData.transform((x, 0))[0], axes.bbox
            rows = slice(round(height - box.y1), round(height - box.y0))
            parts.append((rows, slice(round(column), round(box.x1))))
    return parts


def veiled(picture: np.ndarray, parts: Sequence[tuple[slice, slice]]) -> np.ndarray:
    """Return the picture with these parts nearly white."""
    seen = picture.copy()
    for part in parts:
        seen[part] = 255 - (255 - seen[part]) // 10
    return seen


def ringed(picture: np.ndarray, place: tuple[int, int], *, radius: int = 9) -> np.ndarray:
    """Return the picture with a ring around a place."""
    rows, columns = np.ogrid[: picture.shape[0], : picture.shape[1]]
    away = np.hypot(rows - place[0], columns - place[1])
    seen = picture.copy()
    seen[(radius - 3 < away) & (away <= radius)] = 0
    return seen


def bars(chances: np.ndarray, *, title: str, colour: str) -> str:
    """Return a bar for the probability of each digit (10,), the largest one full, as SVG."""
    top = int(chances.argmax())
    drawing = "".join(
        f"<text x='6' y='{19 * k + 14}'>{k}</text>"
        f"<rect x='22' y='{19 * k + 3}' width='{max(1, round(180 * p))}' height='14' fill='{colour}' "
        f"opacity='{1 if k == top else 0.45}'/>"
        f"<text x='{28 + round(180 * p)}' y='{19 * k + 14}'>{p:.0%}</text>"
        for k, p in enumerate(chances.tolist())
    )
    label = f"{title}: " + ", ".join(f"{k} {p:.0%}" for k, p in enumerate(chances))
    look = "font-size:12px;fill:var(--jp-ui-font-color1,currentColor);display:block"
    return (
        f"<div style='font-weight:600;line-height:2'>{title}</div>"
        f"<svg role='img' aria-label='{label}' width='250' height='192' style='{look}'>{drawing}</svg>"
    )


def columns(texts: Sequence[str], *, width: int) -> str:
    """Return texts in equal columns."""
    cells = "".join(f"<div style='flex:1;text-align:center'>{text}</div>" for text in texts)
    return f"<div aria-hidden='true' style='display:flex;width:{width}px;line-height:1.2'>{cells}</div>"


def pointer(fraction: float, *, width: int) -> str:
    """Return a pointer down at a fraction of the width."""
    sign = f"left:{fraction * width:.1f}px;transform:translateX(-50%)"
    return (
        f"<div aria-hidden='true' style='width:{width}px;height:14px;line-height:14px;position:relative'>"
        f"<span style='position:absolute;{sign}'>\u25bc</span></div>"
    )


def boxes(signs: str, *, filled: int) -> str:
    """Return signs in boxes, the first ones filled, and one more box that asks."""
    box = "display:inline-block;width:1.3em;margin:1px;text-align:center;border-radius:3px;font-size:16px;"
    looks = ["background:#0072B2;color:white", "border:1px solid #999;color:#777"]
    shown = [f"<span style='{box}{looks[k >= filled]}'>{sign}</span>" for k, sign in enumerate(signs)]
    asked = f"<span style='{box}border:2px dashed #D55E00'>?</span>"
    return f"<div aria-hidden='true' style='max-width:250px;line-height:1.5'>{''.join(shown)}{asked}</div>"


def measures(values: Mapping[str, float], floor: Mapping[str, float], *, words: Mapping[str, str]) -> str:
    """Return a table of the values that have words, beside those of real digits."""
    name_look = "text-align:left;font-weight:400"
    body = "".join(
        f"<tr><th scope='row' style='{name_look}'>{said}</th>"
        f"<td>{values[name]:.3f}</td><td>{floor[name]:.3f}</td></tr>"
        for name, said in words.items()
        if name in values and name in floor
    )
    head = "<tr><th></th><th scope='col'>here</th><th scope='col'>real digits</th></tr>"
    look = "border-spacing:10px 0;line-height:1.6;font-variant-numeric:tabular-nums;text-align:right"
    return f"<table style='{look}'>{head}{body}</table>"


def spaced(number: int) -> str:
    """Return a number with thin spaces between its thousands."""
    return f"{number:,}".replace(",", "\u202f")
