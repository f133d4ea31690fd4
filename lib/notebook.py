"""What the three notebooks share: checked parameters, progress, figures with captions, tables."""

import ast
import json
import os
import typing
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from pathlib import Path

from IPython.display import Image, Markdown, display
from tqdm import tqdm
from tqdm import tqdm as text_bar
from tqdm.auto import tqdm as widget_bar

from lib import figures
from lib.records import write_atomically

INJECTED = "# Parameters\n"  # how papermill begins the cell that it adds
SCREEN_DPI = 96  # figures are shown at their natural size, whatever they were saved with


def check_parameters(namespace: dict) -> None:
    """Check the parameters cell and what papermill injected, before anything is trained.

    Args:
        namespace: the notebook's globals(). Its annotated names are the parameters.

    Raises:
        ValueError: an injected name is unknown, or a value is not of its declared type.
    """
    declared = namespace["__annotations__"]
    for name in injected_names(namespace.get("In", [])):
        if name not in declared:
            raise ValueError(
                f"{name} is not a parameter of this notebook; its parameters are {listing(declared)}"
            )
    for name, kind in declared.items():
        if not fits(namespace[name], kind):
            raise ValueError(
                f"{name} is {namespace[name]!r}; it must be of type {type_name(kind)}. "
                f"The parameters are {listing(declared)}"
            )


def parameters_of(settings: type, namespace: dict) -> dict:
    """Return the parameters of a notebook that a dataclass of settings has fields for.

    Args:
        namespace: the notebook's globals().
    """
    names = namespace["__annotations__"]
    return {field.name: namespace[field.name] for field in fields(settings) if field.name in names}


def injected_names(cells: Iterable[str]) -> list[str]:
    """Return the names that papermill's injected cells assign."""
    nodes = [node for cell in cells if cell.startswith(INJECTED) for node in ast.parse(cell).body]
    return [target.id for node in nodes if isinstance(node, ast.Assign) for target in node.targets]


def fits(value: object, kind: object) -> bool:
    """Return whether a value is of a declared type; an int is a float, a bool is neither."""
    if typing.get_origin(kind) is list:
        (item,) = typing.get_args(kind)
        return isinstance(value, list) and all(fits(one, item) for one in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def type_name(kind: object) -> str:
    return str(kind) if typing.get_origin(kind) else kind.__name__


def listing(declared: dict) -> str:
    return ", ".join(f"{name} ({type_name(kind)})" for name, kind in declared.items())


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
    png = figures.save(figure, Path(directory) / f"figure-{name.zfill(2)}.png", provenance=provenance)
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
    """Write the notebook's main numbers for whoever collects the results of many (see lib.batch)."""
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
