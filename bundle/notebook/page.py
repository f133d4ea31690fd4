"""What the three notebooks share: runs with their progress, figures and tables with their captions."""

import contextlib
import inspect
import itertools
import json
import os
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import tqdm
import tqdm.auto
import yaml
from IPython.display import Image, Markdown, clear_output, display

from bundle.analysis.claims import Verdict, link_to
from bundle.analysis.formatting import Table, is_numeric, prose_in_style, table_in_style
from bundle.figures.digits import tile
from bundle.figures.saving import save_figure, save_picture
from bundle.study.artefacts import json_bytes, write_if_changed
from bundle.study.layout import Output, check_writable
from bundle.study.provenance import described
from bundle.study.records import Record, key
from bundle.study.store import table
from bundle.study.study import study
from bundle.study.workers import workers
from lib.files import write_atomically
from lib.progress import Progress

OTHER_CODE = "From results that other code made"  # said of what $STALE = "show" lets through
FINDINGS = "findings"  # in an output's metadata: what the report's front and the README show
QUICK = Path(__file__).parents[2] / "profiles" / "quick.yaml"
LINK = re.compile(r"\[(Figure|Table) S?\d+\]\(([\w./]+\.ipynb)?#(figure|table)-S?\d+\)")
PARAMETERS = "parameters.json"  # of a part's main notebook, beside its results
NOT_DECIDING = ("scheduler", "threads", "fresh", "note", "models_dir", "output_dir")  # of the parameters
QUICK_TIME = "ten minutes or less on two cores"  # Task 2 of it
SCREEN_DPI = 96  # figures are shown at their natural size, whatever they were saved with


@contextlib.contextmanager
def progress(title: str) -> Iterator[Progress]:
    """Yield a function of (done, total) that draws one bar with an estimate of the time left.

    What is done at its first call is of an earlier run and took no time; where that is all, there is no bar.
    Nothing stays in the notebook, nor what the cell showed before.
    """
    text = "TQDM_MININTERVAL" in os.environ  # it goes to stderr, and someone passes it on: see `execute`
    style = {"ascii": " .:-=#", "ncols": 90, "miniters": 0} if text else {}
    layout = "{desc}: {percentage:3.0f}% {bar} {elapsed}, about {remaining} left{postfix}"
    kind, bar = tqdm.tqdm if text else tqdm.auto.tqdm, None

    with contextlib.ExitStack() as open_bar:

        def report_progress(done: float, total: float) -> None:
            nonlocal bar
            if bar is None and done >= total and not text:
                return
            if bar is None or bar.total != total:
                open_bar.close()
                bar = kind(total=total, initial=done, desc=title, leave=False, bar_format=layout, **style)
                open_bar.enter_context(bar)
            bar.update(done - bar.n)

        try:
            yield report_progress
        finally:
            open_bar.close()
            if hasattr(bar, "container"):  # a widget; a closed bar is saved with the notebook all the same
                clear_output()


class Page:
    """A notebook's part of the report: its folders, and how it runs, shows and keeps things."""

    def __init__(self, part: str, namespace: Mapping):
        """Take the parameters of a notebook, `namespace` being its globals().

        `part` is the main notebook's name; a study works in the folders of the one that it adds to.
        Of the parameters these decide here: output_dir, and, where there are such, scheduler, fresh, note
        and threads (of torch).
        """
        self.parameters = {name: namespace[name] for name in namespace["__annotations__"]}
        output_dir = self.parameters["output_dir"]
        check_writable(Path(output_dir), "give the parameter output_dir another folder")
        if "threads" in self.parameters:
            import torch  # the other notebook's workers have it; here it takes a second

            torch.set_num_threads(self.parameters["threads"])
        self.part, self.output = part, Output(Path(output_dir))
        self.results = self.output.results(part)
        self.scheduler, self.fresh = self.parameters.get("scheduler", ""), self.parameters["fresh"]
        self.other_code: list[str] = []  # how the code that made what is shown differs from the code here

    def study(
        self, title: str, run: Callable, settings: Mapping, *, file: str = "", **cost: Callable
    ) -> dict[str, list[Record]]:
        """Return the records of groups of settings; see `study`. Say which were stored and which made now.

        Where there are none, nothing is started and nothing said.
        """
        if not any(settings.values()):
            return {name: [] for name in settings}
        with progress(title) as report_progress, workers(self.scheduler) as executor:
            groups, reasons = study(
                run,
                settings,
                directory=self.results,
                file=file,
                executor=executor,
                fresh=self.fresh,
                progress=report_progress,
                **cost,
            )
        records = list(itertools.chain(*groups.values()))
        self._say(reasons, len(records), self.results)
        self._note({key(record.settings): record.other_code for record in records}.values())
        return groups

    def tables(self, *arguments, **keywords) -> dict[str, pd.DataFrame]:
        """Return the same as `study`, each group as a table of `bundle.study.store.table`."""
        return {name: table(records) for name, records in self.study(*arguments, **keywords).items()}

    def cached(self, title: str, make: Callable, *arguments, **keywords) -> list:
        """Return what `make` returns, but for the last: why it was made now, which is said."""
        with progress(title) as report_progress:
            *outputs, why = make(*arguments, **keywords, fresh=self.fresh, progress=report_progress)
            if why is None:
                report_progress(1, 1)
        self._say({} if why is None else {why: 1}, 1, keywords.get("results", self.output.models))
        self._note(output.other_code for output in outputs if isinstance(output, Record))
        self._note(output.get("other_code", "") for output in outputs if isinstance(output, dict))
        return outputs

    def _say(self, reasons: Mapping[str, int], total: int, directory: Path) -> None:
        """Say which runs were stored and which were made now, and why."""
        n_new, words = sum(reasons.values()), []
        if n_new != total:
            words.append(f"{total - n_new} of {total} taken from {directory}")
        words += [f"{count} made now" + (f": {why}" if why else "") for why, count in reasons.items()]
        print("; ".join(words) + ("" if n_new else " (fresh = True makes them again)") + ".")

    def _note(self, differences: Iterable[str]) -> None:
        """Warn where code that made results differs from the code here; of each result how, or "".

        Their counts are left in the output's metadata, for the report's first page.
        """
        counts = Counter(filter(None, differences))
        if counts:
            self.other_code += counts
            words = "; ".join(f"{count}: {as_text(how)}" for how, count in counts.items())
            display(Markdown(f"**{OTHER_CODE}**, {words}."), metadata={OTHER_CODE: dict(counts)})

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
        numbers = f"Figure {names[0]}" if len(names) == 1 else f"Figures {names[0]} to {names[-1]}"
        if isinstance(about, pd.DataFrame):
            about = list(about["record"])
        about = about if isinstance(about, dict) else described(about)
        if self.other_code:
            figure.suptitle(OTHER_CODE, color="red", fontsize=8)
            caption += f" *{OTHER_CODE}.*"
        path = self.output.figures / f"figure-{str(names[0]).zfill(2)}.png"
        png = save_figure(figure, path, provenance=about)
        anchors = [f'<a id="figure-{one}"></a>' for one in names]
        display(Markdown("".join(anchors)))  # above the picture: a link to it shows it
        words = f"**{numbers}.** {prose_in_style(caption)}"
        width = round(figure.get_figwidth() * SCREEN_DPI)
        display(Image(png, width=width, alt=alternative_text(words)))
        display(Markdown(words))

    def table(self, name: str, table: Table | pd.DataFrame, caption: str) -> None:
        """Show a table with its number and caption (Markdown); its cells are text, or links to figures."""
        header, rows = table_in_style(table)
        caption = prose_in_style(caption) + (f" *{OTHER_CODE}.*" if self.other_code else "")
        sides = ["---:" if is_numeric(cells) else "---" for cells in zip(*rows, strict=True)]
        lines = [header, sides or ["---"] * len(header), *rows]
        text = "\n".join(f"| {' | '.join(map(in_cell, line))} |" for line in lines)
        display(Markdown(f'<a id="table-{name}"></a>**Table {name}.** {caption}'))
        display(Markdown(text))

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
            save_picture(tile(images[:25], columns=5), path, scale=4, provenance=about)

    def leave(self, summary: dict) -> None:
        """Write the main numbers for whoever collects those of many notebooks (`bundle.commands.batch`).

        Beside them the parameters that decide runs are left, for the studies of this part.
        """
        write_if_changed(self.results.with_suffix(".json"), json_bytes(summary, indent=1))
        deciding = {name: value for name, value in self.parameters.items() if name not in NOT_DECIDING}
        text = json.dumps(deciding, indent=1) + "\n"  # to the last digit: they decide which runs are meant
        write_atomically(self.results / PARAMETERS, text.encode())

    def main_parameters(self) -> dict:
        """Return the parameters that the main notebook of this part was last executed with, here.

        Raises FileNotFoundError with the way out if it never was.
        """
        path = self.results / PARAMETERS
        if not path.exists():
            raise FileNotFoundError(
                f"{path} is missing; run {self.part}.ipynb first, into the same output_dir"
            )
        return json.loads(path.read_text(encoding="utf-8"))


def finding(
    question: str,
    verdict: Verdict | None,
    *,
    link: str,
    words: str = "",
    holds: str = "",
    fails: str = "",
    undecided: str = "",
    depends: str = "",
    yes: str = "Yes",
    no: str = "No",
    depends_on: str = "the measure",
) -> str:
    """Return a finding in Markdown: a question, its answer in a word, a sentence, a link.

    `words` is the sentence of every verdict that has none of its own. `link` is the figure or table to look
    at: "Figure S1"; `yes` and `no` are the answers where it holds and where it fails. Where there is no
    verdict, nothing is found: "".
    """
    if verdict is None:
        return ""
    answer, sentence = {
        Verdict.HOLDS: (yes, holds),
        Verdict.FAILS: (no, fails),
        Verdict.UNDECIDED: ("Undecided", undecided),
        Verdict.DEPENDS: (f"It depends on {depends_on}", depends),
    }[verdict]
    sentence = (sentence or words).removesuffix(".")
    return f"**{question} {answer}.** {sentence} ({link_to(link)})."


def prediction_list(sentences: str, outcomes: Sequence[tuple[Verdict | None, Sequence[float]]]) -> str:
    """Return a numbered list, in Markdown, of predictions and what became of them.

    `sentences` has a line for each outcome, with places like {:.2f} for its numbers. Those without a verdict
    are left out.
    """
    words = {
        Verdict.HOLDS: "came true",
        Verdict.FAILS: "did not come true",
        Verdict.UNDECIDED: "undecided",
        Verdict.DEPENDS: "depends on the training",
    }
    lines = []
    for sentence, (verdict, numbers) in zip(sentences.splitlines(), outcomes, strict=True):
        if verdict is not None:
            lines.append(f"{len(lines) + 1}. {sentence.format(*numbers)}: *{words[verdict]}*.")
    return "\n".join(lines)


def alternative_text(caption: str) -> str:
    """Return the first sentence of a figure's caption (Markdown), behind its number, as plain text."""
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)|[*`]", r"\1", caption)
    number, _, sentence = plain.partition(". ")
    first = re.split(r"(?<=[.:]) ", sentence, maxsplit=1)[0]
    return f"{number}: {first}".rstrip(".:") + "."


def in_cell(value: object) -> str:
    """Return the Markdown of a table's cell: a link to a figure or a table, or else plain text."""
    text = str(value)
    return text if LINK.fullmatch(text) else as_text(text)


def as_text(value: object) -> str:
    """Return Markdown, of one line, that shows a value as it is and means nothing."""
    line = re.sub(r"[^\S\u00a0]+", " ", str(value)).strip()
    return re.sub(r"[\\`*_{}<>#$|~@^&]|(?<=\])[(\[]", r"\\\g<0>", line)


def show_text(text: str) -> None:
    """Show words, in Markdown, that are made of numbers."""
    display(Markdown(prose_in_style(text)))


def source(function: Callable) -> None:
    """Show a function's code."""
    display(Markdown(f"```python\n{textwrap.dedent(inspect.getsource(function))}```"))


def make_first(notebook: str, needed: Path, **parameters) -> None:
    """Execute another notebook by the settings of the profile `quick`, unless what it makes is there.

    Says beforehand what it makes, by which settings and in about what time.
    """
    if Path(needed).exists():
        print(f"Using {needed}.")
        return
    import papermill

    quick = yaml.safe_load(QUICK.read_text(encoding="utf-8"))["parameters"][Path(notebook).stem]
    settings = ", ".join(f"{name} {value}" for name, value in quick.items())
    print(
        f"{needed} is missing: running {notebook} to make it, as profiles/{QUICK.name} has it ({settings})."
    )
    print(f"That takes {QUICK_TIME}; run {notebook} yourself for its own settings.", flush=True)
    executed = Path(parameters.get("output_dir", "."), "build", notebook)
    executed.parent.mkdir(parents=True, exist_ok=True)
    papermill.execute_notebook(notebook, str(executed), quick | parameters, progress_bar=False)
