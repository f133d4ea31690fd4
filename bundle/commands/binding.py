"""Executed notebooks to what is read: the report and its supplement as PDF, and the page beside them."""

import os
from collections.abc import Sequence
from pathlib import Path

from bundle.commands.stages import Stage
from bundle.study.fingerprint import digest_all
from bundle.study.layout import REPORT, STUDIES, Output

VERIFIED = Path("results", "verification.json")  # what `make verify` found last
README = Path("README.md")  # has the findings of what is committed
FRONT, SUPPLEMENT = Path("report", "front.md"), Path("report", "supplement.md")


def bound(profile: dict) -> list[Stage]:
    """Return the stages that read the executed notebooks, one after the other: pandoc changes the folder."""
    from bundle.render.front import build_of

    output, pdf, models = Output(profile["output"]), profile["pdf"], models_of(profile)
    report = [profile["notebooks"] / f"{name}.ipynb" for name in REPORT]
    studies = [profile["notebooks"] / f"{name}.ipynb" for name in STUDIES if profile["studies"]]
    is_committed = output.root == Path(".")
    verified = VERIFIED if is_committed and VERIFIED.is_file() else None
    readme = README if is_committed and README.is_file() else None

    def build() -> dict:
        return build_of(output.root / "results")

    def inputs() -> list[str]:
        files = [*report, *studies, FRONT, SUPPLEMENT, VERIFIED, *sorted(models.glob("*.json"))]
        there = [path for path in files if path.is_file()]
        return [digest_all(there), *build().values(), os.environ.get("PAGE_ADDRESS", "")]

    def make_report() -> list[Path]:
        shared = {"verified": verified, "build": build()}
        return bind_report(report, studies, pdf=pdf, readme=readme, pictures=output.root, **shared)

    def make_supplement() -> list[Path]:
        shared = {"verified": verified, "build": build()}
        return bind_supplement(report, studies, pdf=pdf.with_name("supplement.pdf"), **shared)

    def make_index() -> list[Path]:
        shared = {"verified": verified, "build": build(), "output": output, "models": models}
        return make_page(report, studies, page=pdf.with_name("index.html"), **shared)

    notebooks = [*REPORT, *(STUDIES if profile["studies"] else ())]
    stages = [Stage(name="report", needs=notebooks, inputs=inputs, make=make_report)]
    if studies:
        stages.append(Stage(name="supplement", needs=["report"], inputs=inputs, make=make_supplement))
    stages.append(Stage(name="page", needs=[stages[-1].name], inputs=inputs, make=make_index))
    return stages


def bind_report(
    notebooks: Sequence[Path],
    studies: Sequence[Path],
    *,
    pdf: Path,
    pictures: Path,
    verified: Path | None,
    build: dict,
    front: Path = FRONT,
    readme: Path | None = None,
) -> list[Path]:
    """Bind the three notebooks into the report; update the README.

    `build` is what the report was built from; it stands in the PDF.
    """
    from bundle.render.front import findings, front_matter, update_readme
    from bundle.render.pdf import bind

    bind(
        notebooks,
        front=front_matter(front, notebooks, build=build, verified=verified),
        name=front.name,
        output=pdf,
        pictures=pictures,
        elsewhere=labels(studies, "{text} of the supplement"),
        detailed=[],
    )
    if readme:
        update_readme(readme, findings(notebooks))
    return [pdf]


def bind_supplement(
    notebooks: Sequence[Path], studies: Sequence[Path], *, pdf: Path, verified: Path | None, build: dict
) -> list[Path]:
    """Bind the studies into the supplement, with the parameters of all notebooks and what was verified."""
    from bundle.render.front import front_matter
    from bundle.render.pdf import bind

    front = front_matter(SUPPLEMENT, notebooks, build=build, verified=verified)
    elsewhere, every = labels(notebooks, "{text} of the report"), [*notebooks, *studies]
    bind(studies, front=front, name=SUPPLEMENT.name, output=pdf, elsewhere=elsewhere, detailed=every)
    return [pdf]


def labels(notebooks: Sequence[Path], where: str) -> dict[str, str]:
    """Return the labels of another document's figures and tables, and what references to them become."""
    from bundle.render.reading import read_notebook
    from bundle.render.references import labels_in

    return {label: where for path in notebooks for label in sorted(labels_in(read_notebook(path)))}


def models_of(profile: dict) -> Path:
    """Return the folder of the generator and the classifier that Task 3 walks with."""
    elsewhere = profile["parameters"].get("task3", {}).get("models_dir")
    return Path(elsewhere) if elsewhere else Output(profile["output"]).models


def make_page(
    notebooks: Sequence[Path],
    studies: Sequence[Path],
    *,
    page: Path,
    verified: Path | None,
    build: dict,
    output: Output,
    models: Path,
) -> list[Path]:
    """Make an HTML file of the three notebooks, with explorers whose networks are there, and one of studies.

    $PAGE_ADDRESS says where they will be published; the picture of the preview card is then made beside them.
    """
    from bundle.render.front import front_matter
    from bundle.render.web import page as web
    from bundle.render.web.explorers import explorers

    address = os.environ.get("PAGE_ADDRESS", "")
    address += "/" * (address[-1:] not in ("", "/"))
    supplement, card = page.with_name("supplement.html"), page.with_name("card.png")
    pages, strip = [page], output.figures / "figure-17.png"
    web.build(
        notebooks,
        front=front_matter(FRONT, notebooks, build=build, verified=verified),
        name=FRONT.name,
        output=page,
        explorers=explorers(output, models),
        drawings=output.drawings,
        elsewhere=labels(studies, f"[{{text}}]({supplement.name}#{{label}})"),
        address=address,
    )
    if studies:
        web.build(
            studies,
            front=front_matter(SUPPLEMENT, notebooks, build=build, verified=verified),
            name=SUPPLEMENT.name,
            output=supplement,
            drawings=output.drawings,
            elsewhere=labels(notebooks, f"[{{text}}]({page.name}#{{label}})"),
            address=address,
        )
        pages.append(supplement)
    if not (address and strip.exists()):
        return pages
    web.draw_card(strip, card)
    return [*pages, card]
