"""From a profile to the PDF: fetch MNIST, execute the notebooks, bind the report; nothing is done twice.

python -m bundle.commands.report profiles/quick.yaml
"""

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

import yaml

from bundle.commands.ending import ended
from bundle.commands.execute import execute, sources
from bundle.layout import check_writable
from bundle.runs.code import digest_all
from bundle.runs.code import sources as code_files
from lib import mnist
from lib.files import alone, read_sealed, sealed, write_atomically

NOTEBOOKS = ("part1", "task2", "task3")
PICTURES = ("figures", "task2_images", "task3_images", "models")
VERIFIED = Path("results", "verification.json")  # what `make verify` found last
BENCHMARKS = {"part1": "lstm", "task2": "gan"}  # notebooks show what `make bench` measured


def main(profile_path: Path, *, stamps: Path | None = None) -> None:
    """Bring everything that a profile asks for up to date, and say what was done and how long it took.

    `stamps` is the folder that remembers from what each stage was made, by default one for each profile.
    """
    started, times = time.perf_counter(), {}
    profile = load_profile(profile_path)
    for folder in (profile["output"], profile["notebooks"], profile["pdf"].parent):
        way_out = f"copy {profile_path}, change its `output`, `notebooks` and `pdf`, and give the copy's name"
        check_writable(folder, way_out)
    stamps = stamps or Path(profile["output"], "build", "stamps", profile_path.stem)
    with alone(stamps / ".lock", f"making {profile['pdf']}"):
        for stage, inputs, make in stages(profile):
            update(stage, inputs, make, stamps, times)
    if times:
        listed = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in times.items())
        print(f"Time: {listed}; {time.perf_counter() - started:.0f} s in all.")
    else:
        print("Nothing has changed: no notebook was executed and nothing was trained.")
    print(f"The report is {profile['pdf']}")


def load_profile(path: Path) -> dict:
    """Read a profile: `output`, `notebooks`, `pdf` (paths) and `parameters` of each notebook.

    Raises:
        ValueError: the file is missing or damaged, or a key is missing or unknown.
    """
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise ValueError(f"{path} does not exist; the profiles are {known}")
    try:
        profile = yaml.safe_load(path.read_text())
    except (yaml.YAMLError, ValueError, OSError) as error:
        what = " ".join(str(error).split())
        raise ValueError(f"{path} is damaged, no YAML ({type(error).__name__}: {what})") from None
    places, there = ("output", "notebooks", "pdf"), profile if isinstance(profile, dict) else {}
    if set(there) != {*places, "parameters"}:
        expected = sorted([*places, "parameters"])
        raise ValueError(f"{path} has the keys {sorted(map(str, there))}; it must have {expected}")
    if unlike := [key for key in places if not isinstance(profile[key], str)]:
        raise ValueError(f"{path}: {unlike[0]} is {profile[unlike[0]]!r}; it must be a path")
    if Path(profile["pdf"]).is_dir():
        raise ValueError(f"{path}: pdf is {profile['pdf']}, a folder; it must be the path of a file")
    parameters = profile["parameters"] or {}
    if not isinstance(parameters, dict) or any(not isinstance(one, dict) for one in parameters.values()):
        raise ValueError(f"{path}: parameters is {parameters!r}; it must be `name: value` by notebook")
    if unknown := set(parameters) - set(NOTEBOOKS):
        known = ", ".join(NOTEBOOKS)
        raise ValueError(f"{path} has parameters for {sorted(unknown)}; the notebooks are {known}")
    return {key: Path(profile[key]) for key in places} | {"parameters": parameters}


def stages(profile: dict) -> Iterator[tuple[str, list[str], Callable[[], Iterable[Path]]]]:
    """Yield each stage when the ones before are made: name, what it is made from, what makes its files."""
    yield "data", [str(mnist.folder())], mnist.fetch
    code = digest_all(code_files(without=("bundle/commands", "bundle/pages/pdf.py", "bundle/pages/cells.py")))
    inputs, executed = {}, []
    for name in NOTEBOOKS:
        parameters = json.dumps(profile["parameters"].get(name, {}), sort_keys=True)
        inputs[name] = [code, sources(Path(f"{name}.ipynb")), parameters]
        if name in BENCHMARKS:
            inputs[name].append(digest_all(Path("results").glob(f"bench-{BENCHMARKS[name]}.json")))
        if name == "task3":
            inputs[name] += inputs["task2"]  # it uses the generator of task2
        executed.append(profile["notebooks"] / f"{name}.ipynb")
        yield name, inputs[name], partial(run_notebook, name, executed[-1], profile)
    front = Path("report", "front.md")
    verified = [
        path
        for path in [Path("results", "verification.json")]
        if profile["output"] == Path(".") and path.is_file()
    ]
    parts = digest_all([*executed, front, *verified, *sorted(Path("bundle/pages").glob("report.*"))])
    yield "report", [parts], partial(bind_report, executed, front, profile["pdf"], verified)


def update(
    stage: str, inputs: list[str], make: Callable[[], Iterable[Path]], stamps: Path, times: dict
) -> None:
    """Run `make` unless the stage was made from the same inputs and its outputs are still as it left them.

    `make` returns the files it wrote. Its seconds go into `times`.
    """
    stamp = stamps / f"{stage}.json"
    why = outdated(stamp, inputs)
    if why is None:
        print(f"{stage}: up to date", flush=True)
        return
    print(f"{stage}: making" + (f" ({why})" if why else ""), flush=True)
    started = time.perf_counter()
    written = {str(path): digest_all([path]) for path in make()}
    write_atomically(stamp, json.dumps(sealed({"inputs": inputs, "outputs": written})).encode())
    times[stage] = time.perf_counter() - started
    print(f"{stage}: done in {times[stage]:.0f} s", flush=True)


def outdated(stamp: Path, inputs: list[str]) -> str | None:
    """Return why the stage of a stamp is to be made, "" where it never was, or None where it need not be."""
    if not stamp.exists():
        return ""
    try:
        before = read_sealed(stamp)
    except ValueError as error:
        return str(error)
    if before["inputs"] != inputs:
        return "made from something else"
    outputs = {Path(path): content for path, content in before["outputs"].items()}
    other = [path for path in outputs if not path.is_file() or digest_all([path]) != outputs[path]]
    return f"{other[0]} is gone or altered" if other else None


def run_notebook(name: str, target: Path, profile: dict) -> list[Path]:
    """Execute a notebook under the profile; return it and the pictures and models that it wrote."""
    started, output = time.time(), profile["output"]
    parameters = profile["parameters"].get(name, {})
    if output != Path("."):
        parameters = parameters | {"output_dir": str(output)}
    execute(Path(f"{name}.ipynb"), target, parameters, echo=True)
    files = [path for folder in PICTURES for path in sorted((output / folder).glob("*")) if path.is_file()]
    return [target, *(path for path in files if path.stat().st_mtime >= started - 1)]


def bind_report(notebooks: list[Path], front: Path, pdf: Path, verified: list[Path]) -> list[Path]:
    """Bind the executed notebooks into the PDF, with what `make verify` found last."""
    from bundle.pages.pdf import bind

    bind(notebooks, front=front, output=pdf, more="".join(map(verification, verified)))
    return [pdf]


def verification(path: Path) -> str:
    """Return as Markdown what `bundle.commands.verify` found."""
    said = json.loads(path.read_text())
    rows = [f"| {row['what']} | {row['looked_at']} | {row['hold']} |" for row in said["found"]]
    words = "**Verification.** `make verify` derives the results again and compares. What it found last, on a"
    head = [f"{words} processor with {said['processor']}:", "", "| Checked | Looked at | Hold |"]
    return "\n".join(["\n", *head, "| --- | ---: | ---: |", *rows, ""])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m bundle.commands.report PROFILE.yaml")
    ended(lambda: main(Path(sys.argv[1])))
