"""What the three notebooks share: progress, figures with captions, tables."""

import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from IPython.display import Image, Markdown, display
from tqdm import tqdm
from tqdm import tqdm as text_bar
from tqdm.auto import tqdm as widget_bar

from bundle.plots.saving import save_figure
from lib.files import write_atomically

SCREEN_DPI = 96  # figures are shown at their natural size, whatever they were saved with


def progress(title: str, *, total: float | None = None) -> tqdm:
    """Return a progress bar with an estimate of the time left; it leaves nothing in the notebook.

    Where $PROGRESS_FILE is set the bar is written there, for whoever runs the notebook in a batch.
    """
    settings = {
        "total": total,
        "desc": title,
        "leave": False,
        "bar_format": "{desc}: {percentage:3.0f}% {bar} {elapsed}, about {remaining} left{postfix}",
    }
    file = os.environ.get("PROGRESS_FILE")
    if not file:
        return widget_bar(**settings)
    pace = float(os.environ.get("PROGRESS_SECONDS", 1))  # between two lines, where they go to a log
    return text_bar(file=open(file, "a"), ascii=" .:-=#", ncols=90, mininterval=pace, **settings)  # noqa: SIM115


def moving(bar: tqdm) -> Callable[[int, int], None]:
    """Return a function of (done, total) that moves the bar there."""

    def move(done: int, total: int) -> None:
        if bar.total != total:  # what was done by an earlier run takes no time now
            bar.total, bar.initial, bar.n = total, done, done
        bar.update(done - bar.n)

    return move


def show(figure, name: str, caption: str, *, directory: Path, provenance: dict) -> None:
    """Save a figure and show it with its number and caption.

    Args:
        figure: a matplotlib Figure.
        name: its number in the report, "3", or "S1" for one that the original report does not have.
        caption: Markdown.
        directory: where `figure-NAME.png` and the plotted values, `figure-NAME.json`, go.
        provenance: settings, seeds, versions and commit, kept in the PNG's metadata.
    """
    png = save_figure(figure, Path(directory) / f"figure-{name.zfill(2)}.png", provenance=provenance)
    display(Image(png, width=round(figure.get_figwidth() * SCREEN_DPI)))
    display(Markdown(f'<a id="figure-{name}"></a>**Figure {name}.** {caption}'))


def table(name: str, caption: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Show a table with its number and caption."""
    lines = [header, ["---"] * len(header), *rows]
    text = "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
    display(Markdown(f'<a id="table-{name}"></a>**Table {name}.** {caption}'))
    display(Markdown(text))


def said(ran: int, total: int, directory: Path) -> str:
    """Return the sentence that says which runs were stored and which were made now."""
    if ran == total:
        return f"{total} made now; stored in {directory}."
    used = f"{total - ran} of {total} taken from {directory}, where the settings match"
    return f"{used}; {ran} made now." if ran else f"{used} (fresh = True makes them again)."


def leave(summary: dict, path: Path) -> None:
    """Write the main numbers for whoever collects those of many notebooks (`bundle.commands.batch`)."""
    write_atomically(Path(path), (json.dumps(summary, indent=1) + "\n").encode())


def make_first(notebook: str, needed: Path, **parameters) -> None:
    """Execute another notebook with papermill unless the file that it makes is there; say which."""
    if Path(needed).exists():
        print(f"Using {needed}.")
        return
    import papermill

    print(f"{needed} is missing: running {notebook} to make it.")
    executed = Path("build", notebook)
    executed.parent.mkdir(exist_ok=True)
    papermill.execute_notebook(notebook, str(executed), parameters, progress_bar=False)
