"""Where a report keeps its files, below one folder of output."""

import json
from dataclasses import dataclass
from pathlib import Path

PARAMETERS = "parameters.json"  # of a part's main notebook, beside its results


@dataclass(frozen=True, kw_only=True)
class Notebook:
    """A notebook, NAME.ipynb: of the report, or a study beside it, which stands in the folder `studies`."""

    name: str
    needs: str = ""  # the notebook that is executed before it
    makes: tuple[str, ...] = ()  # folders that it writes into besides

    @property
    def is_study(self) -> bool:
        return self.name.startswith("studies/")


STAGES = (  # in the order of the report; the PDF and the page are made of those that are no studies
    Notebook(name="part1"),
    Notebook(name="task2", makes=("task2_images", "models")),
    Notebook(name="task3", makes=("task3_images",), needs="task2"),
    Notebook(name="studies/protocol", needs="part1"),
    Notebook(name="studies/memory", needs="part1"),
    Notebook(name="studies/realism", needs="task2"),
    Notebook(name="studies/gan", needs="task2"),
)
NOTEBOOKS = tuple(stage.name for stage in STAGES)
REPORT = tuple(stage.name for stage in STAGES if not stage.is_study)
STUDIES = tuple(stage.name for stage in STAGES if stage.is_study)  # the supplement is made of them


@dataclass(frozen=True)
class Output:
    """The folders of a report: "." is the checkout's own, where the committed results are."""

    root: Path

    @property
    def figures(self) -> Path:
        return Path(self.root, "figures")

    def picture(self, label: str) -> Path:
        """Return the file of a figure, or of a table that is drawn, by its label: "figure-1", "table-3"."""
        kind, number = label.split("-")
        return self.figures / f"{kind}-{number.zfill(2)}.png"

    @property
    def drawings(self) -> Path:
        """The figures with lines once more, as SVG, for the page; they differ from machine to machine."""
        return Path(self.root, "build", "figures")

    @property
    def cells(self) -> Path:
        """Networks of Part 1's explorers, which are trained again where they are gone."""
        return Path(self.root, "build", "cells")

    @property
    def models(self) -> Path:
        return Path(self.root, "models")

    def results(self, part: str) -> Path:
        """Return the folder of a part's records; its summary is this folder's name with .json."""
        return Path(self.root, "results", part)

    def parameters(self, part: str) -> dict:
        """Return the parameters that a part's main notebook was last executed with, here.

        Raises FileNotFoundError with the way out if it never was.
        """
        path = self.results(part) / PARAMETERS
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing; run {part}.ipynb first, into the same output_dir")
        return json.loads(path.read_text(encoding="utf-8"))

    def images(self, task: str) -> Path:
        return Path(self.root, f"{task}_images")
