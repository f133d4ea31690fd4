"""Executed notebooks to what is read: the report and its supplement as PDF, and the page beside them."""

import os
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bundle.commands.stages import Stage
from bundle.study.fingerprint import code_files, digest_all
from bundle.study.layout import REPORT, STUDIES, Output

README = Path("README.md")  # has the findings of what is committed
FRONT, SUPPLEMENT = Path("report", "front.md"), Path("report", "supplement.md")
RENDER = Path(__file__).parents[1] / "render"


def bound(profile: dict) -> list[Stage]:
    """Return the stages that read the executed notebooks, one after the other: pandoc changes the folder."""
    output, pdf, folder = Output(profile["output"]), profile["pdf"], profile["notebooks"]
    studied = STUDIES if profile["studies"] else ()
    report = [folder / f"{name}.ipynb" for name in REPORT]
    studies = [folder / f"{name}.ipynb" for name in studied]
    models_dir = profile["parameters"].get("task3", {}).get("models_dir")  # of the networks that Task 3 has
    models = Path(models_dir) if models_dir else output.models
    places = {"output": output, "pdf": pdf}
    inputs = partial(inputs_of, [*report, *studies], output, models)
    make_report = partial(bind_report, report, studies, **places)
    stages = [Stage(name="report", needs=[*REPORT, *studied], inputs=inputs, make=make_report)]
    if studies:
        make_supplement = partial(bind_supplement, report, studies, **places)
        stages.append(Stage(name="supplement", needs=["report"], inputs=inputs, make=make_supplement))
    make_index = partial(make_page, report, studies, models=models, **places)
    stages.append(Stage(name="page", needs=[stages[-1].name], inputs=inputs, make=make_index))
    return stages


def inputs_of(notebooks: Sequence[Path], output: Output, models: Path) -> list[str]:
    """Return digests of all that PDF and page are made from."""
    shown = [*notebooks, FRONT, SUPPLEMENT, verified(output)]
    shown += [*sorted(output.root.glob("results/*/*.jsonl")), *sorted(models.glob("*.json"))]
    code = [*code_files(), *sorted(path for path in RENDER.rglob("*.*") if path.suffix != ".pyc")]
    there = [path for path in [*shown, *code] if path.is_file()]
    return [digest_all(there), os.environ.get("PAGE_ADDRESS", "")]


def verified(output: Output) -> Path:
    """Return the file of what `make verify` found last in a report."""
    return output.root / "results" / "verification.json"


def bind_report(
    notebooks: Sequence[Path], studies: Sequence[Path], *, pdf: Path, output: Output
) -> list[Path]:
    """Bind the three notebooks into the report; where it is the committed one, update the README."""
    from bundle.render.front import findings, front_matter, update_readme
    from bundle.render.pdf import bind

    front = front_matter(FRONT, notebooks, verified=verified(output))
    beside = {"beside": studies, "beside_name": "supplement"}
    bind(notebooks, front=front, output=pdf, pictures=output.root, **beside)
    if output.root == Path("."):
        update_readme(README, findings(notebooks))
    return [pdf]


def bind_supplement(
    notebooks: Sequence[Path], studies: Sequence[Path], *, pdf: Path, output: Output
) -> list[Path]:
    """Bind the studies into the supplement, with the parameters of all notebooks and what was verified."""
    from bundle.render.front import front_matter
    from bundle.render.pdf import bind

    supplement = pdf.with_name("supplement.pdf")
    front = front_matter(SUPPLEMENT, notebooks, verified=verified(output))
    beside = {"beside": notebooks, "beside_name": "report"}
    bind(studies, front=front, output=supplement, parameters_of=[*notebooks, *studies], **beside)
    return [supplement]


def make_page(
    notebooks: Sequence[Path], studies: Sequence[Path], *, pdf: Path, output: Output, models: Path
) -> list[Path]:
    """Make an HTML file of the three notebooks, with explorers whose networks are there, and one of studies.

    Beside them goes the picture of the preview card.
    """
    from bundle.render.front import front_matter
    from bundle.render.web.explorers import explorers
    from bundle.render.web.page import build, draw_card

    page, supplement = pdf.with_name("index.html"), pdf.with_name("supplement.html")
    pictures = {"drawings": output.drawings, "pictures": output.root}
    build(
        notebooks,
        front=front_matter(FRONT, notebooks, verified=verified(output)),
        output=page,
        explorers=explorers(output, models),
        beside=studies,
        beside_name=supplement.name,
        **pictures,
    )
    made = [page]
    if studies:
        front = front_matter(SUPPLEMENT, notebooks, verified=verified(output))
        beside = {"beside": notebooks, "beside_name": page.name}
        build(studies, front=front, output=supplement, **beside, **pictures)
        made.append(supplement)
    strip, card = output.figures / "figure-17.png", pdf.with_name("card.png")
    if strip.exists():
        draw_card(strip, card)
        made.append(card)
    return made
