from pathlib import Path

import pytest

from lib import bundle


@pytest.fixture(scope="session")
def mnist_raw() -> Path:
    """The folder of the four real files, fetched if they are missing."""
    return bundle.fetch(bundle.mnist_folder())[0].parent


@pytest.fixture(scope="session")
def smoke(mnist_raw, tmp_path_factory) -> dict:
    """Every notebook run by papermill under profiles/smoke.yaml, and the PDF, in a folder of their own."""
    folder = tmp_path_factory.mktemp("smoke")
    text = Path("profiles/smoke.yaml").read_text().replace("build/smoke", str(folder))
    (folder / "smoke.yaml").write_text(text)
    bundle.main(folder / "smoke.yaml", stamps=folder / "stamps")
    return bundle.load_profile(folder / "smoke.yaml") | {"path": folder / "smoke.yaml"}
