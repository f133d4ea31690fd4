"""What the three notebooks share: runs with their progress, figures and tables with their captions."""

import base64
import contextlib
import inspect
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
from IPython.display import Image, Markdown, display
from matplotlib.figure import Figure
from tqdm import tqdm

from bundle.analysis.formatting import Table, is_numeric, prose_in_style, table_in_style
from bundle.figures.digits import tile
from bundle.figures.saving import figure_png, save_figure, save_picture
from bundle.figures.style import SCREEN_DPI
from bundle.notebook.markdown import alternative_text, in_cell
from bundle.study.artefacts import json_bytes, write_if_changed
from bundle.study.layout import PARAMETERS, Output
from bundle.study.provenance import described
from bundle.study.records import Record
from bundle.study.store import table
from bundle.study.study import study
from bundle.study.workers import workers
from lib.files import write_atomically
from lib.progress import Progress

FINDINGS = "findings"  # in an output's metadata: what the report's front and the README show
CAPTION = "caption"  # in an output's metadata: that it is a figure or a table, with which number and caption
DRAWN = "drawn"  # in that of a table: the caption of the picture that the PDF shows in its place
FOR_JUPYTER = "for Jupyter"  # in an output's metadata: PDF and page say it in their own way
DECIDE_NO_RUN = ("scheduler", "threads", "fresh", "note", "models_dir", "output_dir")  # of the parameters
BAR = "{desc}: {percentage:3.0f}% {bar} {elapsed}, about {remaining} left{postfix}"


@contextlib.contextmanager
def progress(title: str) -> Iterator[Progress]:
    """Yield a function of (done, total) that draws one bar, on stderr, with an estimate of the time left.

    What is done at its first call is of an earlier run and took no time; where that is all, there is no bar.
    """
    bar = None
    look = {"desc": title, "bar_format": BAR, "leave": False, "ascii": True, "ncols": 90}

    def report_progress(done: float, total: float) -> None:
        nonlocal bar
        if bar is None:
            bar = tqdm(total=total, initial=done, disable=done >= total, **look)
        bar.update(done - bar.n)

    try:
        yield report_progress
    finally:
        if bar is not None:
            bar.close()


class Page:
    """A notebook's part of the report: its folders, and how it runs, shows and keeps things."""

    def __init__(self, part: str, namespace: Mapping):
        """Take the parameters of a notebook, `namespace` being its globals().

        `part` is the main notebook's name; a study works in the folders of the one that it adds to.
        Of the parameters these decide here: output_dir, fresh, and, where there are such, scheduler and note.
        """
        self.parameters = {name: namespace[name] for name in namespace["__annotations__"]}
        self.part, self.output = part, Output(Path(self.parameters["output_dir"]))
        self.results = self.output.results(part)
        self.scheduler, self.fresh = self.parameters.get("scheduler", ""), self.parameters["fresh"]

    def study(
        self, title: str, run: Callable, settings: Mapping, *, file: str = "", **cost: Callable
    ) -> dict[str, list[Record]]:
        """Return the records of groups of settings; see `study`. Say which were stored and which made now.

        Where there are none, nothing is said.
        """
        if not any(settings.values()):
            return {name: [] for name in settings}
        with progress(title) as report_progress:
            groups, reasons = study(
                run,
                settings,
                directory=self.results,
                file=file,
                executor=workers(self.scheduler),
                fresh=self.fresh,
                progress=report_progress,
                **cost,
            )
        self._say(reasons, sum(map(len, groups.values())), self.results)
        return groups

    def tables(self, *arguments, **keywords) -> dict[str, pd.DataFrame]:
        """Return the same as `study`, each group as a table of `bundle.study.store.table`."""
        return {name: table(records) for name, records in self.study(*arguments, **keywords).items()}

    def cached(self, title: str, make: Callable, *arguments, **keywords) -> list:
        """Return what `make` returns, but for the last: why it was made now, which is said."""
        with progress(title) as report_progress:
            *outputs, why = make(*arguments, **keywords, fresh=self.fresh, progress=report_progress)
        self._say({} if why is None else {why: 1}, 1, keywords.get("results", self.output.models))
        return outputs

    def _say(self, reasons: Mapping[str, int], total: int, directory: Path) -> None:
        """Say which runs were stored and which were made now, and why."""
        n_new, words = sum(reasons.values()), []
        if n_new != total:
            words.append(f"{total - n_new} of {total} taken from {directory}")
        words += [f"{count} made now" + (f": {why}" if why else "") for why, count in reasons.items()]
        print("; ".join(words) + ("" if n_new else " (fresh = True makes them again)") + ".")

    def show(
        self,
        figure,
        name: str | int | Sequence[int],
        about: pd.DataFrame | Sequence[Record] | dict,
        caption: str,
    ) -> None:
        """Save a matplotlib figure and show it with its number and caption (Markdown).

        `name` is its number, or "S1" for one that the original report does not have, or the numbers of all
        that it has a panel of: range(1, 7). `about` are the runs that it was drawn from (a table of
        `bundle.study.store.table`, or records), or its provenance.
        """
        names = [name] if isinstance(name, str | int) else [*name]
        title = f"Figure {names[0]}" if len(names) == 1 else f"Figures {names[0]} to {names[-1]}"
        if isinstance(about, pd.DataFrame):
            about = list(about["record"])
        about = about if isinstance(about, dict) else described(about)
        labels = [f"figure-{number}" for number in names]
        png = save_figure(figure, self.output.picture(labels[0]), provenance=about)
        metadata = self._caption("figure", labels, title, caption)
        words = f"**{title}.** {metadata[CAPTION]['caption']}"
        anchors = "".join(f'<a id="{label}"></a>' for label in labels)
        display(Markdown(anchors), metadata={FOR_JUPYTER: True})  # above the picture: a link to it shows it
        display(Image(png, width=width_on_screen(figure), alt=alternative_text(words)), metadata=metadata)
        display(Markdown(words), metadata={FOR_JUPYTER: True})

    def table(
        self,
        name: str,
        table: Table | pd.DataFrame,
        caption: str,
        *,
        drawn: Figure | None = None,
        drawn_caption: str = "",
    ) -> None:
        """Show a table with its number and caption (Markdown); its cells are text, or links to figures.

        In the PDF the figure `drawn`, if there is one, stands in its place, with a caption of its own. It is
        shown from a file, so that it stays as it is on another kind of processor: `bundle.study.artefacts`.
        """
        header, rows = table_in_style(table)
        label = f"table-{name}"
        metadata = self._caption("table", [label], f"Table {name}", caption)
        sides = ["---:" if is_numeric(cells) else "---" for cells in zip(*rows, strict=True)]
        lines = [header, sides or ["---"] * len(header), *rows]
        text = "\n".join(f"| {' | '.join(map(in_cell, line))} |" for line in lines)
        words = f'<a id="{label}"></a>**Table {name}.** {metadata[CAPTION]["caption"]}'
        display(Markdown(words), metadata={FOR_JUPYTER: True})
        content = {"text/markdown": text}
        if drawn:
            png = write_if_changed(self.output.picture(label), figure_png(drawn, {}))
            content["image/png"] = base64.b64encode(png).decode()
            metadata |= {DRAWN: prose_in_style(drawn_caption), "image/png": {"width": width_on_screen(drawn)}}
        display(content, metadata=metadata, raw=True)

    def _caption(self, kind: str, labels: Sequence[str], title: str, caption: str) -> dict:
        """Return the metadata of an output that is a figure or a table: what PDF and page need of it."""
        caption = prose_in_style(caption)
        label, *others = labels
        about = {"kind": kind, "label": label, "others": " ".join(others), "title": title, "caption": caption}
        return {CAPTION: about}

    def findings(self, sentences: Sequence[str], quoted: Sequence[Sequence[str]]) -> None:
        """Show the findings (Markdown), and leave them and rows of the verdict table for the report.

        The parameter `note` is said before them.
        """
        note = self.parameters.get("note", "")
        sentences = [prose_in_style(sentence) for sentence in sentences if sentence]
        text = "\n".join(f"- {sentence}" for sentence in sentences)
        display(
            Markdown(f"**{note}**\n\n{text}" if note else text),
            metadata={FINDINGS: {"note": note, "sentences": sentences, "quoted": [*quoted]}},
        )

    def keep_grids(self, grids: Mapping[int, Sequence], record: Record) -> None:
        """Write the first 25 images of each batch as a picture of its own."""
        for batch, images in grids.items():
            path = self.output.images(self.part) / f"batch-{batch:06}.png"
            about = described([record]) | {"batch": batch}
            save_picture(tile(images[:25], columns=5), path, provenance=about)

    def leave(self, summary: dict) -> None:
        """Write the main numbers, for whoever collects those of many notebooks.

        Beside them the parameters that decide runs are left, for the studies of this part.
        """
        write_if_changed(self.results.with_suffix(".json"), json_bytes(summary, indent=1))
        deciding = {name: value for name, value in self.parameters.items() if name not in DECIDE_NO_RUN}
        text = json.dumps(deciding, indent=1) + "\n"  # to the last digit: they decide which runs are meant
        write_atomically(self.results / PARAMETERS, text.encode())

    def main_parameters(self) -> dict:
        """Return the parameters of this part's main notebook; see `Output.parameters`."""
        return self.output.parameters(self.part)


def width_on_screen(figure: Figure) -> int:
    """Return how wide a figure is shown, in pixels."""
    return round(figure.get_figwidth() * SCREEN_DPI)


def show_text(text: str) -> None:
    """Show words, in Markdown, that are made of numbers."""
    display(Markdown(prose_in_style(text)))


def source(function: Callable) -> None:
    """Show a function's code."""
    display(Markdown(f"```python\n{textwrap.dedent(inspect.getsource(function))}```"))
