"""pyproject.toml, requirements.lock, environment.yml and binder/ name the same environment."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet

READ = {".py", ".c", ".lua", ".typ", ".html", ".css", ".js"}
LOCK = Path("requirements.lock").read_text()


def test_conda_installs_the_lock_on_a_python_that_the_project_supports():
    conda = yaml.safe_load(Path("environment.yml").read_text())["dependencies"]
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    assert {"pip": ["-r requirements.lock"]} in conda
    (python,) = [part.split("=")[1] for part in conda if str(part).startswith("python=")]
    assert python in SpecifierSet(project["requires-python"])


def test_binder_has_the_torch_of_the_lock_without_cuda_and_all_else_by_hash():
    conda = yaml.safe_load(Path("binder/environment.yml").read_text())["dependencies"]
    versions = dict(re.findall(r"^(torch|torchvision)==([\d.]+)", LOCK, re.MULTILINE))
    assert f"pytorch={versions['torch']}=cpu*" in conda
    assert f"torchvision={versions['torchvision']}" in conda
    rest = subprocess.run(["sh", "binder/without-cuda"], check=True, capture_output=True, text=True).stdout
    blocks = re.split(r"\n(?=[a-zA-Z0-9])", LOCK)
    left_out = {re.match(r"[a-z]+", block)[0] for block in blocks if block.strip() not in rest}
    assert left_out == {"torch", "torchvision", "triton", "cuda", "nvidia"}


def test_every_python_gets_the_packages_that_the_results_on_record_were_made_with():
    """Elsewhere all of Part 1 would be trained again when its notebook is run."""
    made_by = json.loads(Path("results/part1/fingerprints.json").read_text()).values()
    pins = re.findall(r"^(torch|numpy)==([\d.]+) ?\\$", LOCK, re.MULTILINE)  # without a condition
    assert all(dict(pins) == one["identity"]["packages"] for one in made_by)


def test_a_wheel_has_both_packages_with_the_files_that_they_read(tmp_path):
    """Once setuptools found several top-level packages and refused."""
    for name in ("lib", "bundle"):
        shutil.copytree(name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "LICENSE"):
        shutil.copy(name, tmp_path)
    build = [sys.executable, "-c", "from setuptools.build_meta import build_wheel; build_wheel('.')"]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    wanted = {path.as_posix() for top in ("lib", "bundle") for path in Path(top).rglob("*")}
    assert {name for name in wanted if Path(name).suffix in READ} <= names


def test_a_checkout_has_the_same_line_ends_everywhere_and_no_data():
    """Git for Windows gave `cells.c` others, and Part 1 was trained again. Once MNIST was committed."""
    listed = subprocess.run(["git", "ls-files", "--eol"], capture_output=True, text=True, check=True).stdout
    assert "ubyte" not in listed
    kinds = {line.split()[2] for line in listed.splitlines()}
    assert kinds == {"attr/text=auto", "attr/-text"}
    assert "attr/text=auto eol=lf" in listed
    assert "w/crlf" not in listed
