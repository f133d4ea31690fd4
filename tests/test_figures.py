"""No word of a figure lies on its data."""

import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bundle.figures import part1
from bundle.figures.gan import draw_loss_curves, draw_measures, draw_quality, draw_recipes
from bundle.figures.memory import draw_whole_range
from bundle.figures.style import panels
from bundle.figures.walks import draw_line_and_circle
from tests.part1_records import run, table

CURVES = {"chance": [0.1, 0.11, 0.09, 0.1], "learns": [0.1, 0.6, 1, 1], "late": [0.1, 0.1, 0.1, 1]}


def words_on_data(figure: Figure) -> list[str]:
    """Return the words of legends, labels and titles that a line crosses or that other words touch."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    render, words, lines = canvas.get_renderer(), [], []
    legends = [*figure.legends, *(axes.get_legend() for axes in figure.axes if axes.get_legend())]
    for legend in legends:
        words += [(text.get_text(), text.get_window_extent(render)) for text in legend.get_texts()]
    for axes in figure.axes:
        ticks = [tick.label1 for axis in (axes.xaxis, axes.yaxis) for tick in axis._update_ticks()]
        named = [axes.title, axes.xaxis.label, axes.yaxis.label, *axes.texts, *ticks]
        words += [(text.get_text(), text.get_window_extent(render)) for text in named if text.get_visible()]
        lines += [line.get_transform().transform_path(line.get_path()) for line in axes.lines]
    words = [(said, box.padded(-1)) for said, box in words if said.strip() and box.width]
    crossed = [said for said, box in words for line in lines if line.intersects_bbox(box, filled=False)]
    touching = [
        f"{one} and {other}"
        for place, (one, box) in enumerate(words)
        for other, beside in words[:place]
        if box.overlaps(beside)
    ]
    return crossed + touching


def measured(runs: int = 1, *, length: int = 187400) -> pd.DataFrame:
    batches = [0, 500, 1000, 20000, 187000]
    names = ["frechet_distance", "kid", "inception_score", "confidence", "clear", "class_imbalance"]
    names += ["precision", "recall", "nearest_training"]
    columns = {f"{raw}{name}": [100, 1, 0.9, 0.5, 0.9] for name in names for raw in ("", "raw_")}
    columns = {f"quality_{name}": values for name, values in (columns | {"batch": batches}).items()}
    columns |= {"batch": batches, "generator_loss": [0.8, *[0.7] * 4], "discriminator_loss": [0.6] * 5}
    real = {f"real_{name}": 0.9 for name in names}
    return pd.DataFrame([{"batches": length, **columns, **real}] * runs)


def walked() -> pd.Series:
    kinds = {"line": [0.1, 0.9, 0.1], "circle": [0.1, 0.12, 0.1]}
    columns = {"alpha": [0, 0.5, 1]}
    for kind, values in kinds.items():
        for name in ("norm", "norm low", "norm high", "frechet_distance", "nearest"):
            columns[f"{kind} {name}"] = values
    summary = {
        f"{what} {name}": 0.95 for what in ("real", "short") for name in ("frechet_distance", "nearest")
    }
    return pd.Series({**columns, **summary})


def curves(name: str, cells=("LSTM", "RNN")) -> pd.DataFrame:
    recipes = ("as-written", "corrected")
    return table(
        [run(cell, 5, CURVES[name], seed=s, recipe=r) for cell in cells for r in recipes for s in (0, 1)]
    )


DRAWN = {
    "softmax": lambda: part1.draw_softmax_twice(),
    "memory": lambda: draw_whole_range(
        table([run("RNN", 10, [1], accuracy_at={"5": 1.0, "10": 1.0, "20": 0.1})], "span")
    ),
    "measures": lambda: draw_measures(measured()),
    "measures with other seeds": lambda: draw_measures(measured(2)),
    "quality": lambda: draw_quality(measured(2)),
    "recipes": lambda: draw_recipes({"ours": measured(2), "original": measured(2)}, floor=0.2),
    "walks": lambda: draw_line_and_circle(walked()),
}


@pytest.mark.parametrize("name", DRAWN)
def test_no_word_lies_on_data_or_on_another(name):
    assert words_on_data(DRAWN[name]()) == []


@pytest.mark.parametrize("name", CURVES)
def test_no_word_lies_on_the_data_of_a_curve(name):
    drawn = [
        part1.draw_original_figures(curves(name)),
        part1.draw_accuracy_against_length(curves(name)),
    ]
    assert [words_on_data(figure) for figure in [*drawn, part1.draw_survival(curves(name))]] == [[], [], []]


def test_losses_are_drawn_where_they_lie_and_not_from_zero():
    figure = draw_loss_curves(measured().iloc[0])
    assert figure.axes[0].get_ylim()[0] > 0.5
    assert words_on_data(figure) == []


def test_a_word_on_data_is_found():
    figure, (axes,) = panels(2)
    axes.plot([0, 1], [0, 1], label="a line")
    axes.legend(loc="center")
    axes.text(0.1, 0.8, "beside it")
    assert words_on_data(figure) == ["a line"]
