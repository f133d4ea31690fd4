"""What the three notebooks share: progress, figures with captions, tables."""

import contextlib
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import tqdm
import tqdm.auto
from IPython.display import Image, Markdown, display

from bundle.plots.saving import save_figure
from lib.files import write_atomically
from lib.progress import Progress

SCREEN_DPI = 96  # figures are shown at their natural size, whatever they were saved with


@contextlib.contextmanager
def progress(title: str) -> Iterator[Progress]:
    """Yield a function of (done, total) that draws one bar with an estimate of the time left.

    What is done at its first call is of an earlier run and took no time. Nothing stays in the notebook.
    """
    text = "TQDM_MININTERVAL" in os.environ  # it goes to stderr, and someone passes it on: see `execute`
    style = {"ascii": " .:-=#", "ncols": 90, "miniters": 0} if text else {}
    layout = "{desc}: {percentage:3.0f}% {bar} {elapsed}, about {remaining} left{postfix}"
    kind, bar = tqdm.tqdm if text else tqdm.auto.tqdm, None

    with contextlib.ExitStack() as shown:

        def move(done: float, total: float) -> None:
            nonlocal bar
            if bar is None or bar.total != total:
                shown.close()
                bar = kind(total=total, initial=done, desc=title, leave=False, bar_format=layout, **style)
                shown.enter_context(bar)
            bar.update(done - bar.n)

        yield move


def show(figure, name: str, caption: str, *, directory: Path, provenance: dict) -> None:
    """Save a matplotlib figure and show it with its number and caption (Markdown).

    `name` is its number, "3", or "S1" for one that the original report does not have; `figure-NAME.png` (with
    `provenance` in its metadata) and the plotted values, `figure-NAME.json`, go to `directory`.
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
