"""What stands before the notebooks: a template of `report/` filled with what they and `make verify` left."""

import json
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bundle.analysis.claims import NOT_RUN, Verdict
from bundle.notebook.markdown import as_text
from bundle.notebook.page import FINDINGS
from bundle.render.reading import outputs_with, parameter_rows
from lib.files import write_atomically

IN_README = re.compile(r"(<!-- key findings -->\n).*(?=<!-- end of key findings -->)", re.DOTALL)
HERE = re.compile(r"\]\(#")


def front_matter(template: Path, notebooks: Sequence[Path], *, root: Path) -> str:
    """Return a template (Markdown, Jinja) filled in.

    It may use `note` (said before the findings), `findings`, `first_findings` (a list of at most one, by the
    notebook's name), `counts` and `verdicts` (see `counted_verdicts`, `verdict_rows`), `parameters` (see
    `parameter_rows`, by the notebook's file) and `verification`: what `make verify` left below the folder
    `root`, if that is there.
    """
    environment = Environment(
        loader=FileSystemLoader(template.parent),
        undefined=StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["as_text"] = as_text
    notes = [left["note"] for path in notebooks for left in outputs_with(FINDINGS, path)]
    rows = verdict_rows(notebooks)
    verified = root / "results" / "verification.json"
    return environment.get_template(template.name).render(
        note=next(filter(None, notes), ""),
        findings=findings(notebooks),
        first_findings={path.stem: findings([path])[:1] for path in notebooks},
        counts=counted_verdicts(rows),
        verdicts=rows,
        parameters={path.name: parameter_rows(path) for path in notebooks},
        verification=json.loads(verified.read_text(encoding="utf-8")) if verified.is_file() else None,
    )


def findings(notebooks: Sequence[Path]) -> list[str]:
    """Return the findings of executed notebooks (Markdown); links lead into the notebook by its name."""
    sentences = []
    for path in notebooks:
        for left in outputs_with(FINDINGS, path):
            sentences += [HERE.sub(f"]({path.name}#", sentence) for sentence in left["sentences"]]
    return sentences


def verdict_rows(notebooks: Sequence[Path]) -> list[list[str]]:
    """Return a row for each sentence of the original that is tested: its words, two verdicts, a link."""
    rows = []
    for path in notebooks:
        for left in outputs_with(FINDINGS, path):
            rows += [[*map(as_text, cells), where] for *cells, where in left["quoted"]]
    return rows


def counted_verdicts(rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return how many sentences there are ("all") and how many have each verdict.

    That of the original's recipe counts, or where it was not run the other.
    """
    verdicts = [ours if original == NOT_RUN else original for _, original, ours, _ in rows]
    counts = Counter(verdicts)
    return {"all": len(rows)} | {verdict.value: counts[verdict.value] for verdict in Verdict}


def update_readme(readme: Path, sentences: Sequence[str]) -> None:
    """Write the key findings between the README's two comments; raise ValueError where they are missing."""
    before = readme.read_text(encoding="utf-8")
    if not IN_README.search(before):
        raise ValueError(f"{readme} has no place for the key findings, <!-- key findings --> and its end")
    text = "".join(f"- {sentence}\n" for sentence in sentences)
    after = IN_README.sub(lambda match: match[1] + text, before)
    if after != before:
        write_atomically(readme, after.encode())
