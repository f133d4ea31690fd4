"""Executed notebooks to what is read: the report and its supplement as PDF, and the page beside them."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path

from bundle.study.artefacts import write_if_changed
from bundle.study.fingerprint import digest_all, sources
from bundle.study.layout import REPORT, STUDIES, Output

VERIFIED = Path("results", "verification.json")  # what `make verify` found last
README = Path("README.md")  # has the findings of what is committed
FRONT, SUPPLEMENT = Path("report", "front.md"), Path("report", "supplement.md")
SETTING = tuple(
    f"bundle/render/{name}.py" for name in ("pdf", "cells", "references", "front")
)  # what sets the pages


def bound(profile: dict) -> Iterator[tuple[str, list[str], Callable[[], Iterable[Path]]]]:
    """Yield the stages that read the executed notebooks: the PDFs, and the page beside them."""
    from bundle.render.front import build_of

    report = [profile["notebooks"] / f"{name}.ipynb" for name in REPORT]
    studies = [profile["notebooks"] / f"{name}.ipynb" for name in STUDIES if profile["studies"]]
    committed = profile["output"] == Path(".")
    verified = VERIFIED if committed and VERIFIED.is_file() else None
    build = build_of(profile["output"] / "results")  # all of them name it
    shared = {"build": build, "verified": verified}
    files = [*report, *studies, FRONT, SUPPLEMENT, *map(Path, SETTING), *filter(None, [verified])]
    inputs = [path for path in files if path.exists()]

    parts = digest_all([*inputs, *sorted(Path("bundle/render").glob("report.*"))])
    readme = README if committed and README.exists() else None
    pictures, pdf = profile["output"], profile["pdf"]
    bind = partial(bind_report, report, studies, pdf=pdf, readme=readme, pictures=pictures, **shared)
    yield "report", [parts, *build.values()], bind
    if studies:
        bind = partial(bind_supplement, report, studies, pdf=pdf.with_name("supplement.pdf"), **shared)
        yield "supplement", [parts, *build.values()], bind

    page, models = pdf.with_name("index.html"), models_of(profile)
    inputs += sorted(models.glob("*.json"))
    inputs += Path(profile["output"], "results", "part1").glob("inside.jsonl")
    web = [path for path in sorted(Path("bundle/render/web").glob("*")) if path.is_file()]
    parts = digest_all([*inputs, *web, *sources(without=("bundle/commands", "bundle/render/web"))])
    output = Output(profile["output"])
    make = partial(make_page, report, studies, page=page, output=output, models=models, **shared)
    yield "page", [parts, *build.values(), os.environ.get("PAGE_ADDRESS", "")], make


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

    `build` is what the report was built from; it stands in the PDF, and beside it.
    """
    from bundle.render.front import findings, front_matter, update_readme
    from bundle.render.pdf import bind

    beside = pdf.with_name("build.json")
    write_if_changed(beside, (json.dumps(build, indent=1) + "\n").encode())
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
    return [pdf, beside]


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
