"""What stands before the notebooks: key findings and a table of verdicts, left by notebooks; the build."""

import datetime
import json
import re
import subprocess
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bundle.pages.notebook import FINDINGS, as_text
from bundle.pages.reading import read_notebook
from bundle.runs.provenance import commit
from lib.files import write_atomically

ROOT = Path(__file__).parents[2]
PLACE = "<!-- verdicts -->\n"  # of the table in the front matter
IN_README = re.compile(r"(<!-- key findings -->\n).*(?=<!-- end of key findings -->)", re.DOTALL)
HERE = re.compile(r"\]\(#")
HEADER = ["The original's words", "Its recipe", "Mended, or ours", "Where"]


def front_matter(front: str, notebooks: Sequence[Path], *, build: dict) -> str:
    """Return front matter (Markdown) with the build, the findings and the table of verdicts filled in."""
    left = [*_left(notebooks)]
    header = "build: |\n  Version {version}, commit {commit}, {date}\n".format(**build)
    if sentences := _sentences(left):
        header += "findings: |\n" + "".join(f"  - {sentence}\n" for sentence in sentences)
    return front.replace(PLACE, _verdict_table(left)) + f"\n\n---\n{header}---\n"


def findings(notebooks: Sequence[Path]) -> list[str]:
    """Return the key findings of executed notebooks; links lead into the notebook by its file's name."""
    return _sentences(_left(notebooks))


def _sentences(left: Iterable[tuple[str, dict]]) -> list[str]:
    return [HERE.sub(f"]({name}#", sentence) for name, of in left for sentence in of["sentences"]]


def _verdict_table(left: Iterable[tuple[str, dict]]) -> str:
    """Return a row for each sentence of the original, in Markdown: its words, two verdicts, where to look."""
    rows = []
    for name, of in left:
        for *cells, where in of["quoted"]:
            words = " | ".join(map(as_text, cells))
            rows.append(f"| {words} | {HERE.sub(f']({name}#', where)} |")
    return "\n".join([f"| {' | '.join(HEADER)} |", "| --- " * len(HEADER) + "|", *rows, ""]) if rows else ""


def _left(notebooks: Sequence[Path]) -> Iterator[tuple[str, dict]]:
    for path in notebooks:
        for cell in read_notebook(path).cells:
            for output in cell.get("outputs", []):
                if left := output.get("metadata", {}).get(FINDINGS):
                    yield path.name, left


def update_readme(readme: Path, sentences: Sequence[str]) -> None:
    """Write the key findings between the README's two comments; raise ValueError where they are missing."""
    before = readme.read_text(encoding="utf-8")
    if not IN_README.search(before):
        raise ValueError(f"{readme} has no place for the key findings, <!-- key findings --> and its end")
    text = "".join(f"- {sentence}\n" for sentence in sentences)
    after = IN_README.sub(lambda found: found[1] + text, before)
    if after != before:
        write_atomically(readme, after.encode())


def build_of(path: Path) -> dict:
    """Return version, commit and date of this checkout, and keep them in `path`; without git, what it has."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    command = ["git", "log", "-1", "--format=%cs"]
    date = subprocess.run(
        command, cwd=ROOT, capture_output=True, encoding="utf-8", check=False
    ).stdout.strip()
    if not date and path.exists():
        return json.loads(path.read_text(encoding="utf-8"))
    build = {"version": version, "commit": commit()}
    build["date"] = date or datetime.date.today().isoformat()
    write_atomically(path, (json.dumps(build, indent=1) + "\n").encode())
    return build
