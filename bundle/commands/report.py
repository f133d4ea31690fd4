"""From a profile to the report: fetch MNIST, execute the notebooks, bind PDF and page; nothing is done twice.

python -m bundle.commands.report profiles/quick.yaml
"""

import json
import sys
from functools import partial
from pathlib import Path

import yaml

from bundle.commands.binding import bound
from bundle.commands.ending import run_command
from bundle.commands.execute import execute, notebook_digest
from bundle.commands.stages import Stage, make_all
from bundle.original import SENTENCES
from bundle.render.reading import labels_in
from bundle.study.fingerprint import code_files, digest_all
from bundle.study.layout import NOTEBOOKS, STAGES, Notebook, Output
from bundle.study.lock import alone
from lib import mnist

KEYS = {"output", "notebooks", "pdf", "parameters", "studies"}


def main(profile_path: Path) -> None:
    """Bring everything that a profile asks for up to date, and say what was done and how long it took."""
    profile = load_profile(profile_path)
    build = profile["output"] / "build"
    with alone(build / "report.lock", f"making {profile['pdf']}"):
        make_all(stages(profile), build / "stamps" / profile_path.stem)
    print(f"The report is {profile['pdf']}; beside it, to read and to play with, index.html")


def load_profile(path: Path) -> dict:
    """Read a profile: `output`, `notebooks`, `pdf` (paths), `parameters` of each notebook, and `studies`.

    Without `studies`, or where it is true, the studies are executed too.

    Raises:
        ValueError: the file is missing or damaged, or a key is missing or unknown.
    """
    if not path.exists():
        known = ", ".join(sorted(profile.stem for profile in path.parent.glob("*.yaml")))
        raise ValueError(f"{path} does not exist; the profiles are {known}")
    try:
        profile = {"studies": True, **yaml.safe_load(path.read_text(encoding="utf-8"))}
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise ValueError(f"{path} is no profile: {error}") from None
    if set(profile) != KEYS:
        raise ValueError(f"{path} has the keys {sorted(profile)}; it must have {sorted(KEYS)}")
    profile["parameters"] = profile["parameters"] or {}
    unknown = set(profile["parameters"]) - set(NOTEBOOKS)
    if unknown:
        raise ValueError(f"{path} has parameters for {sorted(unknown)}; notebooks are {', '.join(NOTEBOOKS)}")
    for key in ("output", "notebooks", "pdf"):
        profile[key] = Path(str(profile[key]))
    return profile


def stages(profile: dict) -> list[Stage]:
    """Return the stages of a profile: the data, the notebooks, and what they are bound into."""
    data = Stage(name="data", inputs=lambda: [str(mnist.folder())], make=mnist.fetch)
    notebooks = []
    for notebook in STAGES:
        if profile["studies"] or not notebook.is_study:
            stage = Stage(
                name=notebook.name,
                needs=[notebook.needs or "data"],
                inputs=partial(inputs_of, notebook, profile),
                make=partial(run_notebook, notebook, profile),
            )
            notebooks.append(stage)
    return [data, *notebooks, bound(profile)]


def inputs_of(notebook: Notebook, profile: dict) -> list[str]:
    """Return digests of all that decides what a notebook shows, with those of the notebook that it needs."""
    parameters = profile["parameters"].get(notebook.name, {})
    code = [*code_files(without=["bundle/commands", "bundle/render"]), SENTENCES]
    inputs = [
        digest_all(code),
        notebook_digest(Path(f"{notebook.name}.ipynb")),
        json.dumps(parameters, sort_keys=True),
    ]
    before = [inputs_of(other, profile) for other in STAGES if other.name == notebook.needs]
    return sum(before, inputs)


def run_notebook(notebook: Notebook, profile: dict) -> list[Path]:
    """Execute a notebook under the profile; return it and the pictures and models that it wrote."""
    name, output = notebook.name, profile["output"]
    target = profile["notebooks"] / f"{name}.ipynb"
    parameters = profile["parameters"].get(name, {})
    if output != Path("."):
        parameters = {**parameters, "output_dir": str(output)}
    execute(Path(f"{name}.ipynb"), target, parameters)
    paths = {path for folder in notebook.makes for path in output.glob(f"{folder}/*")}
    for label in labels_in(target):
        picture = Output(output).picture(label)
        paths |= {picture, picture.with_suffix(".json")}
    return [target, *sorted(path for path in paths if path.is_file())]


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m bundle.commands.report PROFILE.yaml")
    run_command(lambda: main(Path(sys.argv[1])))
