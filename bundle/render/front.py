"""What stands before the notebooks: key findings and a table of verdicts, left by notebooks; the build."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bundle.notebook.page import FINDINGS, as_text
from bundle.render.reading import read_notebook
from bundle.study.fingerprint import digest_all
from bundle.study.layout import NOTEBOOKS
from lib.files import write_atomically

ROOT = Path(__file__).parents[2]
PLACE = "<!-- verdicts -->\n"  # of the table in the front matter
IN_README = re.compile(r"(<!-- key findings -->\n).*(?=<!-- end of key findings -->)", re.DOTALL)
HERE = re.compile(r"\]\(#")
CODE = (".py", ".c", ".h", ".js", ".css", ".html", ".lua", ".typ")
RESULTS = (".json", ".jsonl", ".npz")
HEADER = ["The original's words", "Its recipe", "Mended, or ours", "Where"]


def front_matter(front: str, notebooks: Sequence[Path], *, build: dict) -> str:
    """Return front matter (Markdown) with the build, the findings and the table of verdicts filled in."""
    outputs = [*_findings_outputs(notebooks)]
    header = "build: |\n  Version {version}, code {code}, results {results}\n".format(**build)
    sentences = _sentences(outputs)
    if sentences:
        header += "findings: |\n" + "".join(f"  - {sentence}\n" for sentence in sentences)
    return front.replace(PLACE, _verdict_table(outputs)) + f"\n\n---\n{header}---\n"


def findings(notebooks: Sequence[Path]) -> list[str]:
    """Return the key findings of executed notebooks; links lead into the notebook by its file's name."""
    return _sentences(_findings_outputs(notebooks))


def _sentences(outputs: Iterable[tuple[str, dict]]) -> list[str]:
    return [HERE.sub(f"]({name}#", sentence) for name, values in outputs for sentence in values["sentences"]]


def _verdict_table(outputs: Iterable[tuple[str, dict]]) -> str:
    """Return a row for each sentence of the original, in Markdown: its words, two verdicts, where to look."""
    rows = []
    for name, values in outputs:
        for *cells, where in values["quoted"]:
            words = " | ".join(map(as_text, cells))
            rows.append(f"| {words} | {HERE.sub(f']({name}#', where)} |")
    return "\n".join([f"| {' | '.join(HEADER)} |", "| --- " * len(HEADER) + "|", *rows, ""]) if rows else ""


def _findings_outputs(notebooks: Sequence[Path]) -> Iterator[tuple[str, dict]]:
    for path in notebooks:
        for cell in read_notebook(path).cells:
            for output in cell.get("outputs", []):
                values = output.get("metadata", {}).get(FINDINGS)
                if values:
                    yield path.name, values


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
    build["results"] = _digest_below([results / name for name in NOTEBOOKS], RESULTS)
    return build


def _digest_below(folders: Sequence[Path], suffixes: Sequence[str]) -> str:
    """Return twelve hexadecimal digits that stand for the files of these kinds below some folders."""
    files = [path for folder in folders for path in sorted(folder.rglob("*")) if path.suffix in suffixes]
    return digest_all(files)[:12]
