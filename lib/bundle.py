"""From a profile to the PDF: fetch MNIST, execute the notebooks, bind the report; nothing is done twice.

python -m lib.bundle profiles/quick.yaml
"""

import hashlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import nbformat
import yaml

from lib.records import write_atomically

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
    code = digest(
        path for path in sorted(Path("lib").glob("*.py")) if not path.stem.startswith(("bundle", "report"))
    )
    inputs = {
        name: [
            code,
            sources(Path(f"{name}.ipynb")),
            json.dumps(profile["parameters"].get(name, {}), sort_keys=True),
        ]
        for name in NOTEBOOKS
    }
    inputs["task3"] += inputs["task2"]  # it uses the generator of task2

    times = {}
    update("data", [str(mnist_folder())], lambda: fetch(mnist_folder()), stamps, times)
    for name, path in zip(NOTEBOOKS, executed, strict=True):
        update(name, inputs[name], lambda name=name, path=path: execute(name, path, profile), stamps, times)
    front = Path("report", "front.md")
    parts = [*executed, front, *sorted(Path("lib").glob("report.*"))]
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


def digest(paths: Iterable[Path]) -> str:
    """Return one hash of the names and contents of these files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def sources(notebook: Path) -> str:
    """Return one hash of a notebook's cells and their tags, whatever their outputs are."""
    cells = nbformat.read(notebook, as_version=4).cells
    text = json.dumps([[cell.cell_type, cell.source, cell.metadata.get("tags", [])] for cell in cells])
    return hashlib.sha256(text.encode()).hexdigest()


def mnist_folder() -> Path:
    """Return where MNIST's files are looked for and put."""
    return Path(os.environ.get("MNIST_ROOT") or "data", "MNIST", "raw")


def fetch(raw: Path) -> list[Path]:
    """Fetch and check MNIST; return its files."""
    from lib import mnist

    mnist.load(raw.parents[1])
    return [raw / file for file in MNIST]


def execute(name: str, target: Path, profile: dict) -> list[Path]:
    """Execute a notebook with papermill under the profile's parameters; return what it wrote.

    Raises:
        papermill.PapermillExecutionError: a cell failed. The notebook so far is kept beside `target`.
    """
    import papermill
    from traitlets.config import Config

    started = time.time()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{name}.part.ipynb")
    parameters = dict(profile["parameters"].get(name, {}))
    if profile["output"] != Path("."):
        parameters["output_dir"] = str(profile["output"])
    with Echo(Path("build", f"{name}.progress")):
        papermill.execute_notebook(
            f"{name}.ipynb",
            str(partial),
            parameters,
            progress_bar=False,
            cwd=".",
            config=Config(KernelManager={"transport": "ipc"}),  # no ports to race for
        )
    notebook = clean(nbformat.read(partial, as_version=4))
    write_atomically(target, (nbformat.writes(notebook) + "\n").encode())
    partial.unlink()
    folders = [profile["output"] / folder for folder in PICTURES]
    made = [p for folder in folders for p in sorted(folder.glob("*")) if p.is_file()]
    return [target, *(path for path in made if path.stat().st_mtime >= started - 1)]


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take out what differs from run to run: times, paths, random cell ids, the kernel's own version."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if "injected-parameters" in (tags or []):
            cell.id = "injected-parameters"
    return notebook


class Echo:
    """While a notebook runs, pass on to stderr the progress that it writes to $PROGRESS_FILE."""

    def __init__(self, path: Path):
        self.path, self.over = path, threading.Event()

    def __enter__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")
        os.environ["PROGRESS_FILE"] = str(self.path.resolve())
        self.thread = threading.Thread(target=self._follow)
        self.thread.start()

    def __exit__(self, *_) -> None:
        self.over.set()
        self.thread.join()
        del os.environ["PROGRESS_FILE"]
        self.path.unlink()

    def _follow(self) -> None:
        with open(self.path, "rb") as file:
            while True:
                over = self.over.wait(0.5)
                sys.stderr.write(file.read().decode())
                sys.stderr.flush()
                if over:
                    return


def bind(notebooks: list[Path], front: Path, pdf: Path) -> list[Path]:
    """Bind the executed notebooks into the PDF."""
    from lib import report

    pdf.parent.mkdir(parents=True, exist_ok=True)
    report.bind(notebooks, front=front, output=pdf)
    return [pdf]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m lib.bundle PROFILE.yaml")
    try:
        main(Path(sys.argv[1]))
    except (ValueError, OSError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit("interrupted; finished runs are stored and will be used next time")
