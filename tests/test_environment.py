"""pyproject.toml, requirements.lock and environment.yml name the same environment."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet

PROJECT = tomllib.loads(Path("pyproject.toml").read_text())
LOCK = Path("requirements.lock").read_text()
BLOCKS = re.split(r"\n(?=[a-zA-Z0-9])", LOCK)
CONDA = yaml.safe_load(Path("environment.yml").read_text())


def test_every_direct_dependency_is_pinned():
    pinned = {re.match(r"[\w.-]+", block)[0].lower().replace("_", "-") for block in BLOCKS if "==" in block}
    direct = PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]
    assert {name.lower().replace("_", "-") for name in direct} <= pinned


def test_every_pin_has_a_hash_and_no_address():
    assert all("==" in block and "--hash=sha256:" in block for block in BLOCKS)
    assert "://" not in LOCK
    assert "index-url" not in LOCK


def test_conda_installs_the_lock_on_a_python_that_the_project_supports():
    pip = next(part["pip"] for part in CONDA["dependencies"] if isinstance(part, dict))
    python = next(part for part in CONDA["dependencies"] if str(part).startswith("python="))
    assert pip == ["-r requirements.lock"]
    assert python.split("=")[1] in SpecifierSet(PROJECT["project"]["requires-python"])
    assert CONDA["name"] == PROJECT["project"]["name"]


def test_the_makefile_and_ci_install_the_lock():
    assert "--require-hashes" in Path("Makefile").read_text()
    assert "make test" in Path(".ci/run").read_text()


def test_continuous_integration_covers_every_supported_python():
    workflow = yaml.safe_load(Path(".github/workflows/test.yml").read_text())
    versions = workflow["jobs"]["test"]["strategy"]["matrix"]["python"]
    supported = SpecifierSet(PROJECT["project"]["requires-python"])
    assert versions == [f"3.{minor}" for minor in range(8, 20) if f"3.{minor}" in supported]
