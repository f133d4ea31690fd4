"""Executed notebooks to what is read: the PDF, and the page beside it."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from bundle.study.artefacts import write_if_changed
from bundle.study.fingerprint import digest_all, sources
from bundle.study.layout import NOTEBOOKS, Output

VERIFIED = Path("results", "verification.json")  # what `make verify` found last
README = Path("README.md")  # has the key findings of what is committed
SETTING = tuple(
    f"bundle/render/{name}.py" for name in ("pdf", "cells", "references", "front")
)  # what sets the pages


def bound(profile: dict) -> Iterator[tuple[str, list[str], Callable[[], Iterable[Path]]]]:
    """Yield the stages that read the executed notebooks: the PDF, and the page beside it."""
    from bundle.render.front import build_of

    executed = [profile["notebooks"] / f"{name}.ipynb" for name in NOTEBOOKS]
    front, committed = Path("report", "front.md"), profile["output"] == Path(".")
    verified = [path for path in [VERIFIED] if committed and path.is_file()]
    inputs = [path for path in (*executed, front, *verified, *map(Path, SETTING)) if path.exists()]
    build = build_of(profile["output"] / "results")  # PDF and page name it
    shared = {"front": front, "verified": verified, "build": build}

    parts = digest_all([*inputs, *sorted(Path("bundle/render").glob("report.*"))])
    readme = README if committed and README.exists() else None
    bind = partial(bind_report, executed, pdf=profile["pdf"], readme=readme, **shared)
    yield "report", [parts, *build.values()], bind

    page, models = profile["pdf"].with_name("index.html"), models_of(profile)
    inputs += sorted(models.glob("*.json"))
    inputs += Path(profile["output"], "results", "part1").glob("inside.jsonl")
    web = [path for path in sorted(Path("bundle/render/web").glob("*")) if path.is_file()]
    parts = digest_all([*inputs, *web, *sources(without=("bundle/commands", "bundle/render/web"))])
    output = Output(profile["output"])
    make = partial(make_page, executed, page=page, output=output, models=models, **shared)
    yield "page", [parts, *build.values(), os.environ.get("PAGE_ADDRESS", "")], make


def bind_report(
    notebooks: list[Path],
    *,
    front: Path,
    pdf: Path,
    verified: list[Path],
    build: dict,
    readme: Path | None = None,
) -> list[Path]:
    """Bind the executed notebooks into the PDF, with what `make verify` found last; update the README.

    `build` is what the report was built from; it stands in the PDF, and beside it.
    """
    from bundle.render.front import findings, update_readme
    from bundle.render.pdf import bind

    beside = pdf.with_name("build.json")
    write_if_changed(beside, (json.dumps(build, indent=1) + "\n").encode())
    bind(notebooks, front=_front_text(front, notebooks, verified, build), name=front.name, output=pdf)
    if readme:
        update_readme(readme, findings(notebooks))
    return [pdf, beside]


def models_of(profile: dict) -> Path:
    """Return the folder of the generator and the classifier that Task 3 walks with."""
    elsewhere = profile["parameters"].get("task3", {}).get("models_dir")
    return Path(elsewhere) if elsewhere else Output(profile["output"]).models


def make_page(
    notebooks: list[Path],
    *,
    front: Path,
    page: Path,
    verified: list[Path],
    build: dict,
    output: Output,
    models: Path,
) -> list[Path]:
    """Make one HTML file of the executed notebooks, with the explorers whose networks are there.

    $PAGE_ADDRESS says where it will be published; the picture of its preview card is then made beside it.
    """
    from bundle.render.web import page as web
    from bundle.render.web.explorers import explorers

    address = os.environ.get("PAGE_ADDRESS", "")
    address += "/" * (address[-1:] not in ("", "/"))
    card, strip = page.with_name("card.png"), output.figures / "figure-17.png"
    text = _front_text(front, notebooks, verified, build)
    parts = explorers(output, models)
    web.build(notebooks, front=text, name=front.name, output=page, explorers=parts, address=address)
    if not (address and strip.exists()):
        return [page]
    web.draw_card(strip, card)
    return [page, card]


def _front_text(front: Path, notebooks: list[Path], verified: list[Path], build: dict) -> str:
    """Return the front matter and what the notebooks and `make verify` left for it."""
    from bundle.render.front import front_matter

    text = front_matter(front.read_text(encoding="utf-8"), notebooks, build=build)
    return text + "".join(map(verification, verified)) + by_other_code(notebooks)


def by_other_code(notebooks: list[Path]) -> str:
    """Return the front page's notice (Markdown) of results that $STALE = "show" let through, "" if none."""
    from bundle.notebook.page import OTHER_CODE, as_text
    from bundle.render.reading import read_notebook

    cells = [cell for path in notebooks for cell in read_notebook(path).cells]
    outputs = [output for cell in cells for output in cell.get("outputs", [])]
    counts = Counter()
    for output in outputs:
        counts += Counter(output.get("metadata", {}).get(OTHER_CODE))
    lines = [f"  {count} by other code: {as_text(how)}.\n" for how, count in counts.items()]
    head = f"  **{counts.total()} results in this report are not by the code that stands here.**\n"
    return "\n".join(["\n\n---\nnotice: |", head, *lines, "---\n"]) if counts else ""


def verification(path: Path) -> str:
    """Return as Markdown what `bundle.commands.verify` found."""
    record = json.loads(path.read_text(encoding="utf-8"))
    rows = [f"| {row['what']} | {row['looked_at']} | {row['hold']} |" for row in record["found"]]
    words = "**Verification.** `make verify` derives the results again and compares. What it found last, on a"
    head = [f"{words} processor with {record['processor']}:", "", "| Checked | Looked at | Hold |"]
    return "\n".join(["\n", *head, "| --- | ---: | ---: |", *rows, ""])
