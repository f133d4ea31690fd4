"""From a profile to the report: fetch MNIST, execute the notebooks, bind PDF and page; nothing is done twice.

python -m bundle.commands.report profiles/quick.yaml
"""

import itertools
import json
import os
import re
import resource
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from functools import partial
from pathlib import Path

import yaml

from bundle.commands.binding import SETTING, bound
from bundle.commands.ending import ended
from bundle.commands.execute import execute, sources
from bundle.original import SENTENCES
from bundle.study.fingerprint import digest_all
from bundle.study.fingerprint import sources as code_files
from bundle.study.layout import NOTEBOOKS, STAGES, Notebook, check_writable
from lib import mnist
from lib.files import alone, read_sealed, sealed, write_atomically

AT_ONCE = 2  # notebooks
Stage = tuple[str, list[str], Callable[..., Iterable[Path]]]  # name, made from what, what makes its files


def main(profile_path: Path, *, stamps: Path | None = None) -> None:
    """Bring everything that a profile asks for up to date, and say what was done and how long it took.

    `stamps` is the folder that remembers from what each stage was made and what it cost, by default one for
    each profile. Notebooks that do not wait for one another are executed side by side.
    """
    profile = load_profile(profile_path)
    for folder in (profile["output"], profile["notebooks"], profile["pdf"].parent):
        way_out = f"copy {profile_path}, change its `output`, `notebooks` and `pdf`, and give the copy's name"
        check_writable(folder, way_out)
    stamps = stamps or Path(profile["output"], "build", "stamps", profile_path.stem)
    with alone(stamps / ".lock", f"making {profile['pdf']}"):
        started, began, worked = time.perf_counter(), time.time(), processor_seconds()
        todo = stages(profile)
        data, *notebooks = itertools.islice(todo, 1 + len(asked_for(profile)))
        update(*data, stamps)
        update_notebooks(notebooks, stamps)
        for stage in todo:
            update(*stage, stamps)
    new = (path for path in stamps.glob("*.json") if path.stat().st_mtime >= began)
    seconds = {path.stem: read_sealed(path)["seconds"] for path in new}
    if seconds:
        times = ", ".join(f"{stage} {duration:.0f} s" for stage, duration in seconds.items())
        total, work = time.perf_counter() - started, processor_seconds() - worked
        print(f"Time: {times}; {total:.0f} s in all, {work:.0f} s of processors.")
    else:
        print("Nothing has changed: no notebook was executed and nothing was trained.")
    print(f"The report is {profile['pdf']}; beside it, to read and to play with, index.html")


def update_notebooks(notebooks: Iterable[Stage], stamps: Path) -> None:
    """Bring notebooks up to date, those that do not wait for one another side by side.

    If one fails the others are interrupted, and its error is raised.
    """
    by_name = {name: (inputs, make) for name, inputs, make in notebooks}
    interrupted = threading.Event()
    lists = chains(stage for stage in STAGES if stage.name in by_name)

    def is_outdated(name: str) -> bool:
        inputs, _ = by_name[name]
        return outdated(stamp_of(name, stamps), inputs) is not None

    def update_chain(names: Iterable[str], lines: bool) -> None:
        for name in names:
            inputs, make = by_name[name]
            if not interrupted.is_set():
                update(name, inputs, partial(make, lines=lines, interrupted=interrupted), stamps)

    due = [chain for chain in lists if any(map(is_outdated, chain))]
    with ThreadPoolExecutor(AT_ONCE) as executor:  # lines: bars of two notebooks would overwrite each other
        futures = [executor.submit(update_chain, chain, lines=len(due) > 1) for chain in lists]
        try:
            for future in as_completed(futures):
                future.result()
        except BaseException:
            interrupted.set()
            raise


def chains(notebooks: Iterable[Notebook]) -> list[list[str]]:
    """Return names of notebooks in lists: what is in one waits for what is before it; the longest first."""
    lists: list[list[str]] = []
    for notebook in notebooks:
        before = [names for names in lists if notebook.needs in names]
        if before:
            before[0].append(notebook.name)
        else:
            lists.append([notebook.name])
    return sorted(lists, key=len, reverse=True)


def load_profile(path: Path) -> dict:
    """Read a profile: `output`, `notebooks`, `pdf` (paths), `parameters` of each notebook, and `studies`.

    Without `studies`, or where it is true, the studies are executed too.

    Raises:
        ValueError: the file is missing or damaged, or a key is missing or unknown.
    """
    if not path.exists():
        known = ", ".join(sorted(p.stem for p in path.parent.glob("*.yaml")))
        raise ValueError(f"{path} does not exist; the profiles are {known}")
    try:
        profile = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (yaml.YAMLError, ValueError, OSError) as error:
        what = " ".join(str(error).split())
        raise ValueError(f"{path} is damaged, no YAML ({type(error).__name__}: {what})") from None
    places, keys = ("output", "notebooks", "pdf"), set(profile if isinstance(profile, dict) else {})
    if keys - {"studies"} != {*places, "parameters"}:
        expected = sorted([*places, "parameters"])
        raise ValueError(
            f"{path} has the keys {sorted(map(str, keys))}; it must have {expected}, and may have 'studies'"
        )
    wrong = [key for key in places if not isinstance(profile[key], str)]
    if wrong:
        raise ValueError(f"{path}: {wrong[0]} is {profile[wrong[0]]!r}; it must be a path")
    if Path(profile["pdf"]).is_dir():
        raise ValueError(f"{path}: pdf is {profile['pdf']}, a folder; it must be the path of a file")
    parameters = profile["parameters"] or {}
    if not isinstance(parameters, dict) or any(
        not isinstance(values, dict) for values in parameters.values()
    ):
        raise ValueError(f"{path}: parameters is {parameters!r}; it must be `name: value` by notebook")
    unknown = set(parameters) - set(NOTEBOOKS)
    if unknown:
        known = ", ".join(NOTEBOOKS)
        raise ValueError(f"{path} has parameters for {sorted(unknown)}; the notebooks are {known}")
    return {key: Path(profile[key]) for key in places} | {
        "parameters": parameters,
        "studies": _studies(profile, path),
    }


def _studies(profile: dict, path: Path) -> bool:
    studies = profile.get("studies", True)
    if not isinstance(studies, bool):
        raise ValueError(f"{path}: studies is {studies!r}; it must be true or false")
    return studies


def asked_for(profile: dict) -> list[Notebook]:
    """Return the notebooks that a profile asks for: those of the report, and maybe the studies."""
    return [stage for stage in STAGES if profile["studies"] or not stage.is_study]


def stages(profile: dict) -> Iterator[Stage]:
    """Yield the data and the notebooks, and, once these are made, what they are bound into."""
    yield "data", [str(mnist.folder())], mnist.fetch
    files = code_files(without=("bundle/commands", "bundle/render/web", *SETTING))
    shared = digest_all([*files, SENTENCES])
    inputs = {}
    for notebook in asked_for(profile):
        name = notebook.name
        parameters = json.dumps(profile["parameters"].get(name, {}), sort_keys=True)
        inputs[name] = [
            shared,
            sources(Path(f"{name}.ipynb")),
            parameters,
            *filter(None, [os.getenv("STALE")]),
        ]
        if notebook.shows:
            inputs[name].append(digest_all(Path("results").glob(f"bench-{notebook.shows}.json")))
        if notebook.needs:
            inputs[name] += inputs[notebook.needs]
        target = profile["notebooks"] / f"{name}.ipynb"
        yield name, inputs[name], partial(run_notebook, notebook, target, profile)
    yield from bound(profile)


def update(stage: str, inputs: list[str], make: Callable[[], Iterable[Path]], stamps: Path) -> None:
    """Run `make` unless the stage was made from the same inputs and its outputs are still as it left them.

    `make` returns the files it wrote. The stamp has the seconds that it took.
    """
    stamp = stamp_of(stage, stamps)
    why = outdated(stamp, inputs)
    if why is None:
        print(f"{stage}: up to date", flush=True)
        return
    print(f"{stage}: making" + (f" ({why})" if why else ""), flush=True)
    started = time.perf_counter()
    outputs = {str(path): digest_all([path]) for path in make()}
    seconds = time.perf_counter() - started
    record = sealed({"inputs": inputs, "outputs": outputs, "seconds": seconds})
    write_atomically(stamp, json.dumps(record).encode())
    print(f"{stage}: done in {seconds:.0f} s", flush=True)


def stamp_of(stage: str, stamps: Path) -> Path:
    return stamps / f"{stage.replace('/', '-')}.json"


def processor_seconds() -> float:
    """Return how long processors have worked for this process and those it started that have ended."""
    times = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(time.ru_utime + time.ru_stime for time in times)


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


def run_notebook(notebook: Notebook, target: Path, profile: dict, **options) -> list[Path]:
    """Execute a notebook under the profile; return it and the pictures and models that it wrote.

    `options` are those of `execute`.
    """
    name, started, output = notebook.name, time.time(), profile["output"]
    parameters = profile["parameters"].get(name, {})
    if output != Path("."):
        parameters = parameters | {"output_dir": str(output)}
    execute(Path(f"{name}.ipynb"), target, parameters, echo=True, **options)
    numbers = re.findall(r'id=\\?"figure-(\w+)', target.read_text(encoding="utf-8"))
    patterns = [f"figures/figure-{number.zfill(2)}.*" for number in numbers]
    patterns += [f"{folder}/*" for folder in notebook.makes]
    files = sorted({path for pattern in patterns for path in output.glob(pattern) if path.is_file()})
    return [target, *(path for path in files if path.stat().st_mtime >= started - 1)]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m bundle.commands.report PROFILE.yaml")
    ended(lambda: main(Path(sys.argv[1])))
