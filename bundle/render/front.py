"""What stands before the notebooks: a template of `report/` filled with what they and `make verify` left."""

import json
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from bundle.analysis.claims import NOT_RUN, Verdict
from bundle.notebook.markdown import as_text
from bundle.notebook.page import FINDINGS
from bundle.render.reading import file_name, read_notebook
from bundle.study.fingerprint import digest_all
from bundle.study.layout import REPORT
from lib.files import write_atomically

ROOT = Path(__file__).parents[2]
IN_README = re.compile(r"(<!-- key findings -->\n).*(?=<!-- end of key findings -->)", re.DOTALL)
HERE = re.compile(r"\]\(#")
CODE = (".py", ".c", ".h", ".js", ".css", ".html", ".lua", ".typ")
RESULTS = (".json", ".jsonl", ".npz")


def front_matter(
    template: Path, notebooks: Sequence[Path], *, build: dict, verified: Path | None = None
) -> str:
    """Return a template (Markdown, Jinja) filled in.

    It may use `build` (see `build_of`), `note` (said before the findings), `findings`, `counts` and
    `verdicts` (see `counted_verdicts`, `verdict_rows`) and `verification` (what `make verify` wrote).
    """
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True)
    environment.filters["as_text"] = as_text
    rows = verdict_rows(notebooks)
    return environment.from_string(template.read_text(encoding="utf-8")).render(
        build=build,
        note=note(notebooks),
        findings=findings(notebooks),
        counts=counted_verdicts(rows),
        verdicts=rows,
        verification=json.loads(verified.read_text(encoding="utf-8")) if verified else None,
    )


def findings(notebooks: Sequence[Path]) -> list[str]:
    """Return the findings of executed notebooks (Markdown); links lead into the notebook by its name."""
    sentences = []
    for name, values in _findings_outputs(notebooks):
        sentences += [HERE.sub(f"]({name}#", sentence) for sentence in values["sentences"]]
    return sentences


def note(notebooks: Sequence[Path]) -> str:
    """Return what a profile wants said before the findings: the first notebook's parameter `note`."""
    notes = [values.get("note", "") for _, values in _findings_outputs(notebooks)]
    return next(filter(None, notes), "")


def verdict_rows(notebooks: Sequence[Path]) -> list[list[str]]:
    """Return a row for each sentence of the original that is tested: its words, two verdicts, a link."""
    rows = []
    for name, values in _findings_outputs(notebooks):
        for *cells, where in values["quoted"]:
            rows.append([*map(as_text, cells), HERE.sub(f"]({name}#", where)])
    return rows


def counted_verdicts(rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """Return how many sentences there are ("all") and how many have each verdict.

    That of the original's recipe counts, or where it was not run the other.
    """
    verdicts = [ours if original == NOT_RUN else original for _, original, ours, _ in rows]
    counts = Counter(verdicts)
    return {"all": len(rows)} | {verdict.value: counts[verdict.value] for verdict in Verdict}


def _findings_outputs(notebooks: Iterable[Path]) -> Iterator[tuple[str, dict]]:
    for path in notebooks:
        for cell in read_notebook(path).cells:
            for output in cell.get("outputs", []):
                values = output.get("metadata", {}).get(FINDINGS)
                if values:
                    yield file_name(path), values


def update_readme(readme: Path, sentences: Sequence[str]) -> None:
    """Write the key findings between the README's two comments; raise ValueError where they are missing."""
    before = readme.read_text(encoding="utf-8")
    if not IN_README.search(before):
        raise ValueError(f"{readme} has no place for the key findings, <!-- key findings --> and its end")
    text = "".join(f"- {sentence}\n" for sentence in sentences)
    after = IN_README.sub(lambda match: match[1] + text, before)
    if after != before:
        write_atomically(readme, after.encode())


def build_of(results: Path) -> dict:
    """Return the version, and digests of the code and of the results shown.

    They are of what the files hold, so that every clone of the same commit gives the same, without git too.
    """
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    build = {"version": version}
    build["code"] = _digest_below([ROOT / "lib", ROOT / "bundle"], CODE)
    build["results"] = _digest_below([results / name for name in REPORT], RESULTS)
    return build


def _digest_below(folders: Sequence[Path], suffixes: Sequence[str]) -> str:
    """Return twelve hexadecimal digits that stand for the files of these kinds below some folders."""
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in suffixes]
    return digest_all(files)[:12]
