"""From a profile to the PDF: fetch MNIST, execute the notebooks, bind the report; nothing is done twice.

python -m bundle.commands.report profiles/quick.yaml
"""

import functools
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import yaml

from bundle.commands.execute import execute, sources
from bundle.runs.code import digest
from bundle.runs.code import sources as code_files
from lib import mnist
from lib.files import write_atomically

NOTEBOOKS = ("part1", "task2", "task3")


PICTURES = ("figures", "task2_images", "task3_images", "models")


MNIST = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


def main(profile_path: Path, *, stamps: Path | None = None) -> None:
    """Bring everything that a profile asks for up to date, and say what was done and how long it took.

    `stamps` is the folder that remembers from what each stage was made, by default one for each profile.
    """
    started = time.perf_counter()
    profile = load_profile(profile_path)
    stamps = stamps or Path("build", "stamps", profile_path.stem)
    executed = [profile["notebooks"] / f"{name}.ipynb" for name in NOTEBOOKS]
    code = digest(code_files(without=("bundle/commands", "bundle/pages/pdf.py", "bundle/pages/cells.py")))
    inputs = {
        name: [
            code,
            sources(Path(f"{name}.ipynb")),
            json.dumps(profile["parameters"].get(name, {}), sort_keys=True),
        ]
        for name in NOTEBOOKS
    }
    for name, bench in (("part1", "lstm"), ("task2", "gan")):  # they show what `make bench` measured
        inputs[name] += [digest(Path("results").glob(f"bench-{bench}.json"))]
    inputs["task3"] += inputs["task2"]  # it uses the generator of task2

    times = {}
    update("data", [str(mnist_folder())], lambda: fetch(mnist_folder()), stamps, times)
    for name, path in zip(NOTEBOOKS, executed, strict=True):
        make = functools.partial(run_notebook, name, path, profile)
        update(name, inputs[name], make, stamps, times)
    front = Path("report", "front.md")
    parts = [*executed, front, *sorted(Path("bundle/pages").glob("report.*"))]
    update("report", [digest(parts)], lambda: bind(executed, front, profile["pdf"]), stamps, times)

    if times:
        listed = ", ".join(f"{stage} {seconds:.0f} s" for stage, seconds in times.items())
        print(f"Time: {listed}; {time.perf_counter() - started:.0f} s in all.")
    else:
        print("Nothing has changed: no notebook was executed and nothing was trained.")
    print(f"The report is {profile['pdf']}")


def load_profile(path: Path) -> dict:
    """Read a profile: `output`, `notebooks`, `pdf` (paths) and `parameters` of each notebook.

    Raises:
        ValueError: the file is missing, or a key is missing or unknown.
    """
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise ValueError(f"{path} does not exist; the profiles are {known}")
    profile = yaml.safe_load(path.read_text())
    expected = {"output", "notebooks", "pdf", "parameters"}
    if set(profile) != expected:
        raise ValueError(f"{path} has the keys {sorted(profile)}; it must have {sorted(expected)}")
    if unknown := set(profile["parameters"] or {}) - set(NOTEBOOKS):
        raise ValueError(
            f"{path} has parameters for {sorted(unknown)}; the notebooks are {', '.join(NOTEBOOKS)}"
        )
    paths = {key: Path(profile[key]) for key in ("output", "notebooks", "pdf")}
    return {**paths, "parameters": profile["parameters"] or {}}


def update(
    stage: str, inputs: list[str], make: Callable[[], Iterable[Path]], stamps: Path, times: dict
) -> None:
    """Run `make` unless the stage was made from the same inputs and its outputs are still as it left them.

    `make` returns the files it wrote. Its seconds go into `times`.
    """
    stamp = stamps / f"{stage}.json"
    if stamp.exists():
        before = json.loads(stamp.read_text())
        outputs = [Path(path) for path in before["outputs"]]
        if before["inputs"] == inputs and all(
            p.exists() and digest([p]) == before["outputs"][str(p)] for p in outputs
        ):
            print(f"{stage}: up to date", flush=True)
            return
    print(f"{stage}: making", flush=True)
    started = time.perf_counter()
    written = {str(path): digest([path]) for path in make()}
    write_atomically(stamp, json.dumps({"inputs": inputs, "outputs": written}).encode())
    times[stage] = time.perf_counter() - started
    print(f"{stage}: done in {times[stage]:.0f} s", flush=True)


def mnist_folder() -> Path:
    """Return where MNIST's files are looked for and put."""
    return Path(os.environ.get("MNIST_ROOT") or "data", "MNIST", "raw")


def fetch(raw: Path) -> list[Path]:
    """Fetch and check MNIST; return its files."""

    mnist.load(raw.parents[1])
    return [raw / file for file in MNIST]


def run_notebook(name: str, target: Path, profile: dict) -> list[Path]:
    """Execute a notebook under the profile; return it and the pictures and models that it wrote."""
    started = time.time()
    parameters = dict(profile["parameters"].get(name, {}))
    if profile["output"] != Path("."):
        parameters["output_dir"] = str(profile["output"])
    execute(Path(f"{name}.ipynb"), target, parameters, echo=True)
    made = [p for folder in PICTURES for p in sorted((profile["output"] / folder).glob("*")) if p.is_file()]
    return [target, *(path for path in made if path.stat().st_mtime >= started - 1)]


def bind(notebooks: list[Path], front: Path, pdf: Path) -> list[Path]:
    """Bind the executed notebooks into the PDF."""
    from bundle.pages.pdf import bind as bind_notebooks

    bind_notebooks(notebooks, front=front, output=pdf)
    return [pdf]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m bundle.commands.report PROFILE.yaml")
    try:
        main(Path(sys.argv[1]))
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; finished runs are stored and will be used next time")
