import os

os.environ["OMP_NUM_THREADS"] = "1"  # the tests themselves run side by side; this must come before torch
os.environ["STUDY_PROCESSES"] = "1"  # so do the runs of their notebooks, and each process imports torch

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from lib import mnist  # all else is imported late: pytest-xdist's main process needs no torch

# the longest files: none is left for the end, alone
FIRST = ("test_notebooks.py", "test_browser.py", "test_page_browser.py")


def pytest_configure(config) -> None:
    """Fetch MNIST once, before the workers of pytest-xdist start and would all fetch it."""
    if not hasattr(config, "workerinput"):
        mnist.fetch()


def pytest_collection_modifyitems(items) -> None:
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


@pytest.fixture(params=["compiled", "plain loop"])
def both_ways(request, monkeypatch) -> None:
    """Run a test of the cells twice: compiled, where that can be had, and without a compiler."""
    from lib.recurrent import compiled

    if request.param == "plain loop":
        monkeypatch.setattr(compiled, "library", lambda: None)
    elif compiled.library() is None:
        pytest.skip("needs a C compiler")


def first_digits(root: Path) -> None:
    """Make a data folder with the first digits of MNIST under the name KMNIST, beside all that is there."""
    raw = mnist.folder(root, "KMNIST")
    raw.mkdir(parents=True)
    for file in mnist.SHA256:
        content = (mnist.folder() / file).read_bytes()
        count = 2000 if file.startswith("train") else 500
        header, size = (16, 28 * 28) if "images" in file else (8, 1)
        first = content[:4] + struct.pack(">i", count) + content[8 : header + count * size]
        (raw / file).write_bytes(first)
    for path in mnist.folder().parents[1].iterdir():
        if path.name != "KMNIST":
            (root / path.name).symlink_to(path.resolve())


@pytest.fixture(scope="module")
def smoke(tmp_path_factory) -> Iterator[dict]:
    """Every notebook run by papermill under profiles/smoke.yaml, and the PDF, in a folder of their own.

    Task 2 is given few digits: to measure on all of MNIST takes longer than all else.
    """
    from bundle.commands import report

    folder = tmp_path_factory.mktemp("smoke")
    first_digits(folder / "data")
    profile = yaml.safe_load(Path("profiles/smoke.yaml").read_text().replace("build/smoke", str(folder)))
    profile["parameters"]["task2"]["dataset"] = "KMNIST"
    (folder / "smoke.yaml").write_text(yaml.safe_dump(profile))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_ROOT", str(folder / "data"))
        report.main(folder / "smoke.yaml")
        yield report.load_profile(folder / "smoke.yaml") | {"path": folder / "smoke.yaml"}


@pytest.fixture(scope="module")
def browser():
    """Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    from tests import lab

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=list(lab.QUIET))
        yield chromium
        chromium.close()
