import os

os.environ["OMP_NUM_THREADS"] = "1"  # the tests themselves run side by side; this must come before torch

from pathlib import Path

import pytest

from lib import mnist  # all else is imported late: pytest-xdist's main process needs no torch

FIRST = ("test_notebooks.py", "test_browser.py")  # the longest files: neither is left for the end, alone


def pytest_configure(config) -> None:
    """Fetch MNIST once, before the workers of pytest-xdist start and would all fetch it."""
    if not hasattr(config, "workerinput"):
        mnist.fetch()


def pytest_collection_modifyitems(items) -> None:
    items.sort(key=lambda item: FIRST.index(item.path.name) if item.path.name in FIRST else len(FIRST))


@pytest.fixture(params=["compiled", "torch operations"])
def both_ways(request, monkeypatch) -> None:
    """Run a test of the cells twice: compiled, where that can be had, and without a compiler."""
    from lib.recurrent import compiled

    if request.param == "torch operations":
        monkeypatch.setattr(compiled, "library", lambda: None)
    elif compiled.library() is None:
        pytest.skip("needs a C compiler")


@pytest.fixture(scope="session")
def smoke(tmp_path_factory) -> dict:
    """Every notebook run by papermill under profiles/smoke.yaml, and the PDF, in a folder of their own."""
    from bundle.commands import report

    folder = tmp_path_factory.mktemp("smoke")
    text = Path("profiles/smoke.yaml").read_text().replace("build/smoke", str(folder))
    (folder / "smoke.yaml").write_text(text)
    report.main(folder / "smoke.yaml")
    return report.load_profile(folder / "smoke.yaml") | {"path": folder / "smoke.yaml"}


@pytest.fixture(scope="module")
def browser():
    """Chromium, without a window."""
    from playwright.sync_api import sync_playwright

    from tests import lab

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=lab.CHROMIUM, args=list(lab.QUIET))
        yield chromium
        chromium.close()
