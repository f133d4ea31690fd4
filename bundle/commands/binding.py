"""Executed notebooks to what is read: the report and its supplement as PDF, and the page beside them."""

import os
from dataclasses import dataclass
from pathlib import Path

from bundle.commands.stages import Stage
from bundle.study.fingerprint import code_files, digest_all
from bundle.study.layout import REPORT, STUDIES, Output

README = Path("README.md")  # has the findings of what is committed
FRONT, SUPPLEMENT = Path("report", "front.md"), Path("report", "supplement.md")
RENDER = Path(__file__).parents[1] / "render"


@dataclass(frozen=True, kw_only=True)
class Binding:
    """What is bound, where it lands, and whose networks and pictures it shows."""

    notebooks: list[Path]  # executed, of the report
    studies: list[Path]  # executed, of the supplement; it may have none
    pdf: Path  # the report; all else lands beside it
    output: Output
    models: Path  # networks of the page's explorers

    def inputs(self) -> list[str]:
        """Return digests of all that PDF and page are made from."""
        shown = [*self.notebooks, *self.studies, FRONT, SUPPLEMENT, self.verified]
        shown += [*sorted(self.output.root.glob("results/*/*.jsonl")), *sorted(self.models.glob("*.json"))]
        code = [*code_files(), *sorted(path for path in RENDER.rglob("*.*") if path.suffix != ".pyc")]
        there = [path for path in [*shown, *code] if path.is_file()]
        return [digest_all(there), os.environ.get("PAGE_ADDRESS", "")]

    @property
    def verified(self) -> Path:
        """The file of what `make verify` found last."""
        return self.output.root / "results" / "verification.json"

    def front(self, template: Path) -> str:
        """Return a template filled with what the report's notebooks left, and what was verified."""
        from bundle.render.front import front_matter

        return front_matter(template, self.notebooks, verified=self.verified)

    def make_report(self) -> list[Path]:
        """Bind the three notebooks into the report; where it is the committed one, update the README."""
        from bundle.render.front import findings, update_readme
        from bundle.render.pdf import bind

        front = self.front(FRONT)
        beside = {"beside": self.studies, "beside_name": "supplement"}
        bind(self.notebooks, front=front, output=self.pdf, pictures=self.output.root, **beside)
        if self.output.root == Path("."):
            update_readme(README, findings(self.notebooks))
        return [self.pdf]

    def make_supplement(self) -> list[Path]:
        """Bind the studies, with the parameters of all notebooks and what was verified."""
        from bundle.render.pdf import bind

        supplement = self.pdf.with_name("supplement.pdf")
        front = self.front(SUPPLEMENT)
        beside = {"beside": self.notebooks, "beside_name": "report"}
        parameters_of = [*self.notebooks, *self.studies]
        bind(self.studies, front=front, output=supplement, parameters_of=parameters_of, **beside)
        return [supplement]

    def make_page(self) -> list[Path]:
        """Make a page of the notebooks, with explorers whose networks are there, and one of the studies.

        Beside them goes the picture of the preview card.
        """
        from bundle.render.web.explorers import explorers
        from bundle.render.web.page import build, draw_card

        page, supplement = self.pdf.with_name("index.html"), self.pdf.with_name("supplement.html")
        pictures = {"drawings": self.output.drawings, "pictures": self.output.root}
        build(
            self.notebooks,
            front=self.front(FRONT),
            output=page,
            explorers=explorers(self.output, self.models),
            beside=self.studies,
            beside_name=supplement.name,
            **pictures,
        )
        made = [page]
        if self.studies:
            front = self.front(SUPPLEMENT)
            beside = {"beside": self.notebooks, "beside_name": page.name}
            build(self.studies, front=front, output=supplement, **beside, **pictures)
            made.append(supplement)
        strip, card = self.output.figures / "figure-17.png", self.pdf.with_name("card.png")
        if strip.exists():
            draw_card(strip, card)
            made.append(card)
        return made


def bound(profile: dict) -> list[Stage]:
    """Return the stages that read the executed notebooks, one after the other: pandoc changes the folder."""
    output, folder = Output(profile["output"]), profile["notebooks"]
    studied = STUDIES if profile["studies"] else ()
    models_dir = profile["parameters"].get("task3", {}).get("models_dir")  # of the networks that Task 3 has
    binding = Binding(
        notebooks=[folder / f"{name}.ipynb" for name in REPORT],
        studies=[folder / f"{name}.ipynb" for name in studied],
        pdf=profile["pdf"],
        output=output,
        models=Path(models_dir) if models_dir else output.models,
    )
    made = [("report", binding.make_report), ("page", binding.make_page)]
    if studied:
        made.insert(1, ("supplement", binding.make_supplement))
    stages = []
    needs = [*REPORT, *studied]
    for name, make in made:
        stages.append(Stage(name=name, needs=needs, inputs=binding.inputs, make=make))
        needs = [name]
    return stages
