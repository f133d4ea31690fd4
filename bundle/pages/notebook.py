"""What the three notebooks share: runs with their progress, figures and tables with their captions."""

import contextlib
import inspect
import itertools
import json
import os
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import tqdm
import tqdm.auto
from IPython.display import Image, Markdown, display

from bundle.claims.verdicts import Table
from bundle.layout import Output, check_writable
from bundle.plots.digits import tile
from bundle.plots.saving import save_figure, save_picture
from bundle.runs.provenance import described
from bundle.runs.records import Record
from bundle.runs.study import study
from bundle.runs.workers import workers
from lib.files import write_atomically
from lib.progress import Progress

OTHER_CODE = "From results that other code made"  # said of what $STALE = "show" lets through
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


class Page:
    """A notebook's part of the report: its folders, and how it runs, shows and keeps things."""

    def __init__(self, part: str, output_dir: str, *, scheduler: str = "", fresh: bool = False):
        check_writable(Path(output_dir), "give the parameter output_dir another folder")
        self.part, self.output = part, Output(Path(output_dir))
        self.results = self.output.results(part)
        self.scheduler, self.fresh = scheduler, fresh
        self.other_code: list[str] = []  # how the code that made what is shown differs from the code here

    def study(
        self, title: str, run: Callable, settings: Mapping, *, below: str = "", **cost: Callable
    ) -> dict[str, list[Record]]:
        """Return the records of groups of settings; see `study`. Say which were stored and which made now."""
        directory = self.results / below
        with progress(title) as told, workers(self.scheduler) as executor:
            found = study(
                run, settings, directory=directory, executor=executor, fresh=self.fresh, progress=told, **cost
            )
        self._say(found.made, sum(map(len, found.records.values())), directory)
        for record in itertools.chain(*found.records.values()):
            self._note(record)
        return found.records

    def ready(self, title: str, make: Callable, *arguments, **keywords) -> list:
        """Return what `make` returns, but for the last: why it was made now, which is said."""
        with progress(title) as told:
            *found, why = make(*arguments, **keywords, fresh=self.fresh, progress=told)
        self._say({} if why is None else {why: 1}, 1, keywords.get("results", self.output.models))
        for one in found:
            if isinstance(one, Record):
                self._note(one)
        return found

    def _say(self, made: Mapping[str, int], total: int, directory: Path) -> None:
        """Say which runs were stored and which were made now, and why."""
        ran, words = sum(made.values()), []
        if taken := total - ran:
            words.append(f"{taken} of {total} taken from {directory}")
        words += [f"{count} made now" + (f": {why}" if why else "") for why, count in made.items()]
        print("; ".join(words) + ("" if ran else " (fresh = True makes them again)") + ".")

    def _note(self, record: Record) -> None:
        """Warn once of each way in which the code that made a record differs from the code here."""
        if record.other_code and record.other_code not in self.other_code:
            self.other_code.append(record.other_code)
            display(Markdown(f"**{OTHER_CODE}**: {record.other_code}."))

    def show(self, figure, name: str | int, about: Sequence[Record] | dict, caption: str) -> None:
        """Save a matplotlib figure and show it with its number and caption (Markdown).

        `name` is its number, or "S1" for one that the original report does not have; `about` are the records
        that it was drawn from, or its provenance.
        """
        about = about if isinstance(about, dict) else described(about)
        if self.other_code:
            figure.suptitle(OTHER_CODE, color="red", fontsize=8)
            caption += f" *{OTHER_CODE}.*"
        path = self.output.figures / f"figure-{str(name).zfill(2)}.png"
        png = save_figure(figure, path, provenance=about)
        display(Image(png, width=round(figure.get_figwidth() * SCREEN_DPI)))
        display(Markdown(f'<a id="figure-{name}"></a>**Figure {name}.** {caption}'))

    def table(self, name: str, table: Table, caption: str) -> None:
        """Show a table with its number and caption."""
        header, rows = table
        caption += f" *{OTHER_CODE}.*" if self.other_code else ""
        lines = [header, ["---"] * len(header), *rows]
        text = "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)
        display(Markdown(f'<a id="table-{name}"></a>**Table {name}.** {caption}'))
        display(Markdown(text))

    def keep_grids(self, grids: Mapping[int, Sequence], record: Record) -> None:
        """Write the first 25 images of each batch as a picture of its own."""
        for batch, images in grids.items():
            path = self.output.images(self.part) / f"batch-{batch:06}.png"
            about = described([record]) | {"batch": batch}
            save_picture(tile(images[:25], columns=5), path, scale=4, provenance=about)

    def leave(self, summary: dict) -> None:
        """Write the main numbers for whoever collects those of many notebooks (`bundle.commands.batch`)."""
        text = json.dumps(summary, indent=1) + "\n"
        write_atomically(self.results.with_suffix(".json"), text.encode())


def source(function: Callable) -> None:
    """Show a function's code."""
    display(Markdown(f"```python\n{textwrap.dedent(inspect.getsource(function))}```"))


def make_first(notebook: str, needed: Path, **parameters) -> None:
    """Execute another notebook with papermill unless the file that it makes is there; say which."""
    if Path(needed).exists():
        print(f"Using {needed}.")
        return
    import papermill

    print(f"{needed} is missing: running {notebook} to make it.")
    executed = Path(parameters.get("output_dir", "."), "build", notebook)
    executed.parent.mkdir(parents=True, exist_ok=True)
    papermill.execute_notebook(notebook, str(executed), parameters, progress_bar=False)
