import os

os.environ["OMP_NUM_THREADS"] = "1"  # the tests themselves run side by side; this must come before torch

from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from bundle.commands import report
from lib import mnist
from lib.recurrent import compiled
from tests import lab


def pytest_configure(config) -> None:
    """Fetch MNIST once, before the workers of pytest-xdist start and would all fetch it."""
    if not hasattr(config, "workerinput"):
        mnist.fetch()


FIRST = ("test_notebooks.py", "test_browser.py")  # the longest files: neither is left for the end, alone


def pytest_collection_modifyitems(items) -> None:
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


@pytest.fixture(params=["compiled", "torch operations"])
def both_ways(request, monkeypatch) -> None:
    """Run a test of the cells twice: compiled, where that can be had, and without a compiler."""

    if request.param == "torch operations":
        monkeypatch.setattr(compiled, "library", lambda: None)
    elif compiled.library() is None:
        pytest.skip("needs a C compiler")


@pytest.fixture(scope="session")
def mnist_raw() -> Path:
    """The folder of the four real files."""
    return mnist.folder()


@pytest.fixture(scope="session")
def smoke(mnist_raw, tmp_path_factory) -> dict:
    """Every notebook run by papermill under profiles/smoke.yaml, and the PDF, in a folder of their own."""
    folder = tmp_path_factory.mktemp("smoke")
    text = Path("profiles/smoke.yaml").read_text().replace("build/smoke", str(folder))
    (folder / "smoke.yaml").write_text(text)
    report.main(folder / "smoke.yaml")
    return report.load_profile(folder / "smoke.yaml") | {"path": folder / "smoke.yaml"}


@pytest.fixture(scope="module")
def browser():
    """Chromium, without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=list(lab.QUIET))
        yield chromium
        chromium.close()
