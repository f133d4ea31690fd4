"""What code a result comes from, and what an edit of it makes run again."""

import sys

import pytest

from bundle.commands import verify
from bundle.experiments.digit_classifier import run_classifier
from bundle.experiments.palindromes import run_palindromes
from bundle.study import fingerprint

PLAIN = "def f(x):\n    return x + 1\n"


@pytest.fixture
def digest(tmp_path):
    def digest_of(text: str) -> str:
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.py"  # a new one: digests are cached by path
        path.write_bytes(text.encode())
        return fingerprint.digest(path)

    return digest_of


def test_comments_docstrings_and_layout_decide_nothing_and_everything_else_does(digest):
    moved = "from lib.gan.losses import g\n" + PLAIN
    assert digest(moved) == digest(moved.replace("gan.losses", "adversarial"))
    same = '"""What it is."""\n\ndef f(x):\n    """Add one."""\n    return (x+1)  # one\n'
    for text in (same, same.replace("\n", "\r\n")):
        assert digest(text) == digest(PLAIN)
    edits = {"1": "2", "+ 1": "+ 1.0", "x + 1": "1 + x", "(x)": "(x, y=0)", "def": "async def"}
    for before, after in edits.items():
        assert digest(PLAIN.replace(before, after)) != digest(PLAIN)


def test_a_renamed_file_is_no_difference_and_another_file_import_or_package_is():
    before = {"code": {"a.py": "1", "b.py": "2"}, "imports": "x", "packages": {"torch": "2.15", "numpy": "2"}}
    differences = {
        "": {"code": {"a.py": "1", "c.py": "2"}},
        "b.py changed": {"code": {"a.py": "1", "b.py": "3"}},
        "a name is imported from another module": {"imports": "y"},
        "torch 2.15 then, 2.16 now": {"packages": {"torch": "2.16", "numpy": "2"}},
    }
    for words, change in differences.items():
        assert fingerprint.differences(before, before | change) == words
    other_build = {"packages": {"torch": "2.15.post302", "numpy": "2"}}  # of the same release
    assert fingerprint.differences(before, before | other_build) == ""


CHECKED = """
from lib import files
from lib.checks import at_least, one_of, sizes as counts
from lib.mnist import load
def f(x):
    one_of("x", x, "ab")
    counts(x=x)
    files.set_aside(x)
    return load(files.digest(x))
"""


def test_calls_of_what_does_not_decide_do_not_count(digest):
    same = {
        'one_of("x", x, "ab")': 'at_least("x", x, 0)',
        "    counts(x=x)\n": "",
        "files.digest": "files.sealed",
    }
    for old, new in same.items():
        assert CHECKED.count(old) == 1
        assert digest(CHECKED.replace(old, new)) == digest(CHECKED)
    assert digest(CHECKED.replace("digest(x)", "digest(x + 1)")) != digest(CHECKED)


def test_what_does_not_decide_imports_the_standard_library_and_each_other_alone():
    for name in fingerprint.NOT_DECIDING:
        imported = {full.split(".")[0] for full, _ in fingerprint.imports(fingerprint.ROOT / name)}
        assert imported <= {*sys.stdlib_module_names, *fingerprint.TOPS}
        assert all(map(fingerprint.is_left_out, fingerprint.reached(fingerprint.ROOT / name)))


def test_packages_of_what_decides_are_empty():
    for package in (
        *fingerprint.ROOT.glob("lib/**/__init__.py"),
        *fingerprint.ROOT.glob("bundle/experiments/__init__.py"),
    ):
        assert package.read_bytes() == b"", package


KINDS = verify.RUNS | {"judge": run_classifier}
RUNS_AGAIN = {  # the file that is edited: what is made again
    "lib/checks.py": [],
    "lib/networks.py": ["gan", "inside", "judge", "palindromes", "stacked", "two-sample-test", "walks"],
    "lib/mnist.py": ["gan", "judge", "stacked", "two-sample-test", "walks"],
    "lib/recurrent/training.py": ["inside", "palindromes"],
    "lib/recurrent/cells.c": ["inside", "palindromes"],
    "lib/gan/losses.py": ["gan", "stacked"],
    "lib/evaluation/two_sample_tests.py": ["gan", "two-sample-test"],
    "lib/evaluation/damage.py": ["two-sample-test"],
    "lib/latent/interpolation.py": ["walks"],
    "bundle/experiments/walks.py": ["walks"],
    "bundle/experiments/digit_classifier.py": ["gan", "judge", "stacked"],
    "bundle/analysis/part1.py": [],
    "bundle/notebook/page.py": [],
}


def test_an_edit_makes_run_again_what_reaches_the_edited_file_and_nothing_else():
    code = {kind: fingerprint.identity(run)["code"] for kind, run in KINDS.items()}
    for edited, kinds in RUNS_AGAIN.items():
        assert sorted(kind for kind in KINDS if edited in code[kind]) == kinds, edited


def test_a_name_that_comes_from_elsewhere_is_a_difference_too(monkeypatch):
    before, imports = fingerprint.identity(run_palindromes), fingerprint.imports
    another = ("lib.recurrent.rnn.OverTime", "OverTime")
    monkeypatch.setattr(fingerprint, "imports", lambda path: [*imports(path), another])
    now = fingerprint.identity(run_palindromes)
    assert fingerprint.differences(before, now) == "a name is imported from another module"
