"""Files that are missing, and text that is read alike wherever it is."""

import ast
from pathlib import Path

import pytest

from bundle.study import store
from lib.files import read_sealed

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path for top in ("lib", "bundle") for path in (ROOT / top).rglob("*.py"))


def test_a_missing_file_is_called_missing_and_not_damaged(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"/gone\.json is missing$"):
        read_sealed(tmp_path / "gone.json")
    with pytest.raises(FileNotFoundError, match=r"/gone\.jsonl does not have such a run"):
        store.load(tmp_path / "gone.jsonl")
    assert store.find({"seed": 1}, store.Store(tmp_path / "gone.jsonl"), identity={}) == (None, "")


def text_calls(tree: ast.Module) -> list[ast.Call]:
    """Return the calls that read or write text: of files, and of what processes say."""
    found = []
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        name = getattr(call.func, "attr", getattr(call.func, "id", ""))
        is_picture = getattr(getattr(call.func, "value", None), "id", "") == "Image"
        given = [getattr(value, "value", None) for value in (*call.args, *(k.value for k in call.keywords))]
        is_binary = any(isinstance(value, str) and "b" in value and len(value) <= 3 for value in given)
        is_file = name in ("open", "fdopen", "read_text", "write_text") and not (is_picture or is_binary)
        is_process = any(k.arg == "text" and getattr(k.value, "value", None) is True for k in call.keywords)
        if is_file or is_process:
            found.append(call)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_text_is_read_and_written_as_utf_8(path):
    calls = text_calls(ast.parse(path.read_bytes()))
    without = [call.lineno for call in calls if "encoding" not in {k.arg for k in call.keywords}]
    assert without == []
