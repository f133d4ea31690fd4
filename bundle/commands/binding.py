"""Executed notebooks to what is read: the report and its supplement, each as PDF and as a page."""

import os
from functools import partial
from pathlib import Path

from bundle.commands.stages import Stage
from bundle.study.fingerprint import code_files, digest_all
from bundle.study.layout import REPORT, STUDIES, Output

README = Path("README.md")  # has the findings of what is committed
TEMPLATES = Path("report")
RENDER = Path(__file__).parents[1] / "render"


def bound(profile: dict) -> Stage:
    """Return the stage that reads the executed notebooks; without studies there is no supplement."""
    folder, root = profile["notebooks"], profile["output"]
    studies = STUDIES if profile["studies"] else ()
    notebooks = {
        "report": [folder / f"{name}.ipynb" for name in REPORT],
        "supplement": [folder / f"{name}.ipynb" for name in studies],
    }
    models_dir = profile["parameters"].get("task3", {}).get("models_dir")  # of the networks that Task 3 has
    models = Path(models_dir) if models_dir else Output(root).models
    return Stage(
        name="documents",
        needs=[*REPORT, *studies],
        inputs=partial(inputs_of_documents, notebooks, root, models),
        make=partial(make_documents, notebooks, root, models, profile["pdf"]),
    )


def inputs_of_documents(notebooks: dict[str, list[Path]], root: Path, models: Path) -> list[str]:
    """Return a digest of all that PDFs and pages are made from; arguments as of `make_documents`."""
    shown = [*notebooks["report"], *notebooks["supplement"], *models.glob("*.json")]
    shown += [*TEMPLATES.glob("*.md"), *TEMPLATES.glob("*.bib"), *Path(root, "results").rglob("*.json*")]
    code = [*code_files(), *(path for path in RENDER.rglob("*.*") if path.suffix != ".pyc")]
    there = sorted(path for path in [*shown, *code] if path.is_file())
    return [digest_all(there), os.environ.get("PAGE_ADDRESS", "")]


def make_documents(notebooks: dict[str, list[Path]], root: Path, models: Path, pdf: Path) -> list[Path]:
    """Make report and supplement, each as PDF and as a page, from their executed notebooks.

    `root` is the folder of the output, `models` has the networks of the page's explorers, `pdf` is the
    report; all else lands beside it. Where it is the committed one, the README gets its findings.
    """
    from bundle.render.document import Document
    from bundle.render.front import findings, front_matter, update_readme
    from bundle.render.pdf import bind
    from bundle.render.web.explorers import explorers
    from bundle.render.web.page import build, draw_card

    page = pdf.with_name("index.html")
    front = front_matter(TEMPLATES / "front.md", notebooks["report"], root=root)
    report = Document(name="report", notebooks=notebooks, front=front, root=root)
    bind(report, pdf)
    build(report, page, explorers=explorers(Output(root), models))
    made, strip = [pdf, page], Output(root).figures / "figure-17.png"
    if strip.exists():
        made.append(pdf.with_name("card.png"))
        draw_card(strip, made[-1])
    if root == Path("."):
        update_readme(README, findings(notebooks["report"]))
    if not notebooks["supplement"]:
        return made
    pdf_beside, page_beside = pdf.with_name("supplement.pdf"), pdf.with_name("supplement.html")
    everything = [*notebooks["report"], *notebooks["supplement"]]
    front = front_matter(TEMPLATES / "supplement.md", everything, root=root)
    supplement = Document(name="supplement", notebooks=notebooks, front=front, root=root)
    bind(supplement, pdf_beside)
    build(supplement, page_beside, explorers={})
    return [*made, pdf_beside, page_beside]
