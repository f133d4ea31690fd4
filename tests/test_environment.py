"""pyproject.toml, requirements.lock and environment.yml name the same environment."""

import re
import subprocess
import tomllib
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet

from bundle.study.store import load

LOCK = Path("requirements.lock").read_text()


def test_conda_installs_the_lock_on_a_python_that_the_project_supports():
    conda = yaml.safe_load(Path("environment.yml").read_text())["dependencies"]
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert {"pip": ["-r requirements.lock"]} in conda
    (python,) = [part.split("=")[1] for part in conda if str(part).startswith("python=")]
    assert python in SpecifierSet(project["requires-python"])


def test_every_python_gets_the_packages_that_the_results_on_record_were_made_with():
    """Elsewhere all of Part 1 would be trained again when its notebook is run."""
    stored = load(*Path("results/part1").glob("*.jsonl"))
    pins = re.findall(r"^(torch|numpy)==([\d.]+) ?\\$", LOCK, re.MULTILINE)  # without a condition
    assert all(dict(pins) == record.identity["packages"] for record in stored)


def test_a_checkout_has_the_same_line_ends_everywhere_and_no_data():
    """Git for Windows gave `cells.c` others, and Part 1 was trained again. Once MNIST was committed."""
    listed = subprocess.run(["git", "ls-files", "--eol"], capture_output=True, text=True, check=True).stdout
    assert "ubyte" not in listed
    kinds = {line.split()[2] for line in listed.splitlines()}
    assert kinds == {"attr/text=auto", "attr/-text"}
    assert "attr/text=auto eol=lf" in listed
    assert "w/crlf" not in listed
