"""What code a result comes from, and what an edit of it makes run again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bundle.experiments.digit_classifier import run_classifier
from bundle.experiments.gan import measured_gan
from bundle.experiments.palindromes import run_inside, run_palindromes
from bundle.experiments.stacked import run_stacked
from bundle.experiments.two_sample_tests import run_two_sample_test
from bundle.experiments.walks import run_walks
from bundle.study import fingerprint

ROOT = Path(__file__).parents[1]
PLAIN = "def f(x):\n    return x + 1\n"


@pytest.fixture
def digest(tmp_path):
    count = iter(range(100))

    def of(text: str) -> str:
        path = tmp_path / f"{next(count)}.py"
        path.write_text(text)
        return fingerprint.digest(path)

    return of


@pytest.mark.parametrize(
    "same",
    [
        "# said above\n" + PLAIN,
        '"""What it is."""\n' + PLAIN,
        'def f(x):\n    """Add one."""\n    return (x+1)  # one\n',
        "\n\n" + PLAIN + "\n",
    ],
)
def test_comments_docstrings_and_layout_decide_nothing(digest, same):
    assert digest(same) == digest(PLAIN)


@pytest.mark.parametrize(
    "other",
    [
        "def f(x):\n    return x + 2\n",
        "def f(x):\n    return x + 1.0\n",
        "def f(x):\n    return 1 + x\n",
        "def f(x, y=0):\n    return x + 1\n",
        "def f(x):\n    return 'x + 1'\n",
        "async def f(x):\n    return x + 1\n",
        PLAIN + PLAIN,
    ],
)
def test_everything_else_does(digest, other):
    assert digest(other) != digest(PLAIN)


BEFORE = {"code": {"a.py": "1", "b.py": "2"}, "imports": "x", "packages": {"torch": "2.15", "numpy": "2"}}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({}, ""),
        ({"code": {"a.py": "1", "b.py": "3"}}, "b.py changed"),
        ({"code": {"a.py": "1"}}, "b.py changed"),
        ({"code": {"a.py": "1", "c.py": "2"}}, ""),  # renamed
        ({"code": {"a.py": "1", "c.py": "3"}}, "b.py changed, c.py changed"),
        ({"imports": "y"}, "a name is imported from another module"),
        ({"packages": {"torch": "2.16", "numpy": "2"}}, "torch 2.15 then, 2.16 now"),
    ],
)
def test_differences_are_named_and_none_is_no_word(change, words):
    now = BEFORE | change
    assert fingerprint.differences(BEFORE, now) == words
    assert (fingerprint.fingerprint(BEFORE) != fingerprint.fingerprint(now)) == bool(words)


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


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ('one_of("x", x, "ab")', 'at_least("x", x, 0)', True),
        ("    counts(x=x)\n", "", True),
        ("counts(x=x)", "len(x)", False),
        ("files.digest", "files.sealed", True),
        ("load(", "len(", False),
        ("files.digest(x)", "files.digest(x + 1)", False),
        ("return load", "return 2 * load", False),
    ],
)
def test_calls_of_what_does_not_decide_do_not_count(digest, old, new, same):
    assert CHECKED.count(old) == 1
    assert (digest(CHECKED.replace(old, new)) == digest(CHECKED)) == same


def test_line_ends_decide_nothing(tmp_path):
    for name, text in {"cells.c": "int x;\nint y;\n", "a.py": 'x = """a\nb"""\n'}.items():
        unix, windows = tmp_path / f"unix-{name}", tmp_path / f"windows-{name}"
        unix.write_bytes(text.encode())
        windows.write_bytes(text.replace("\n", "\r\n").encode())
        assert fingerprint.digest(unix) == fingerprint.digest(windows)


@pytest.mark.parametrize("name", fingerprint.NOT_DECIDING)
def test_what_does_not_decide_imports_the_standard_library_and_each_other_alone(name):
    imported = {full.split(".")[0] for full, _ in fingerprint.imports(ROOT / name)}
    assert imported <= {*sys.stdlib_module_names, *fingerprint.TOPS}
    assert {
        path.relative_to(ROOT).as_posix()
        for path in fingerprint.reached(ROOT / name)
        if fingerprint.decides(path)
    } == set()


@pytest.mark.parametrize("path", sorted(ROOT.glob("lib/**/__init__.py")), ids=lambda path: path.parent.name)
def test_packages_of_lib_import_nothing(path):
    assert path.read_bytes() == b""


def test_only_how_networks_are_asked_is_shared_by_part_1_and_the_others():
    first = {*fingerprint.code_of(run_palindromes), *fingerprint.code_of(run_inside)}
    others = {*fingerprint.code_of(measured_gan, run_classifier, run_stacked, run_two_sample_test, run_walks)}
    assert first & others == {"lib/networks.py"}


IDENTITIES = """
import json, re, sys
from functools import partial
from pathlib import Path
from bundle.analysis.part1 import decide_part1
from bundle.figures.part1 import draw_survival
from bundle.study import fingerprint
from bundle.experiments.gan import measured_gan
from bundle.experiments.digit_classifier import run_classifier
from bundle.experiments.stacked import run_stacked
from bundle.experiments.two_sample_tests import run_two_sample_test
from bundle.experiments.palindromes import run_palindromes
from bundle.experiments.walks import run_walks

KINDS = {"palindromes": run_palindromes, "judge": run_classifier, "gan": partial(measured_gan, models=""),
         "stacked": run_stacked, "two-sample-test": run_two_sample_test, "walks": run_walks,
         "figure": draw_survival, "verdict": decide_part1}

def identities():
    for name in ("reached", "digest", "decides", "imports", "_tree"):
        getattr(fingerprint, name).cache_clear()
    return {name: fingerprint.identity(function) for name, function in KINDS.items()}

plain, found = identities(), {}
"""
EDITS = """
for name in json.loads(sys.argv[1]):
    path = Path(name)
    text = path.read_text()
    path.write_text(text + ("\\nEDITED = 1\\n" if path.suffix == ".py" else "\\n/* edited */\\n"))
    now = identities()
    found[name] = [kind for kind in KINDS if fingerprint.differences(plain[kind], now[kind])]
    path.write_text(text)
assert identities() == plain
print(json.dumps(found))
"""
RUNS_AGAIN = {  # the file that is edited: what is made again
    "lib/checks.py": [],
    "lib/files.py": [],
    "lib/npm.py": [],
    "lib/progress.py": [],
    "bundle/study/outcome.py": [],
    "lib/networks.py": ["gan", "judge", "palindromes", "stacked", "two-sample-test", "walks"],
    "lib/weights.py": ["gan", "judge", "stacked", "two-sample-test", "walks"],
    "lib/mnist.py": ["gan", "judge", "stacked", "two-sample-test", "walks"],
    "lib/gan/settings.py": ["gan", "stacked"],
    "lib/gan/trainer.py": ["gan", "stacked"],
    "lib/recurrent/training.py": ["palindromes"],
    "lib/recurrent/through_time.py": ["palindromes"],
    "lib/recurrent/cells.c": ["palindromes"],
    "lib/palindromes.py": ["palindromes"],
    "lib/gan/losses.py": ["gan", "stacked"],
    "lib/evaluation/two_sample_tests.py": ["gan", "two-sample-test"],
    "lib/evaluation/damage.py": ["two-sample-test"],
    "lib/latent/interpolation.py": ["walks"],
    "lib/evaluation/modes.py": ["stacked"],
    "bundle/experiments/walks.py": ["walks"],
    "bundle/experiments/digit_classifier.py": ["gan", "judge", "stacked"],
    "bundle/experiments/stacked.py": ["stacked"],
    "bundle/experiments/comparisons.py": [],
    "bundle/experiments/generators.py": ["two-sample-test", "walks"],
    "bundle/study/provenance.py": [],
    "bundle/study/study.py": [],
    "bundle/experiments/cache.py": [],
    "bundle/analysis/part1.py": ["verdict"],
    "bundle/analysis/curves.py": ["figure", "verdict"],
    "bundle/figures/part1.py": ["figure"],
    "bundle/notebook/page.py": [],
    "bundle/render/pdf.py": [],
    "bundle/commands/report.py": [],
}


@pytest.fixture(scope="module")
def copy(tmp_path_factory) -> Path:
    """The code in a folder of its own, to be edited."""
    folder = tmp_path_factory.mktemp("copy")
    for name in ("lib", "bundle"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


def run_in(copy: Path, script: str, *arguments: str) -> str:
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, '')\n{script}", *arguments]
    ran = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_an_edit_makes_run_again_what_reaches_the_edited_file_and_nothing_else(copy):
    found = json.loads(run_in(copy, IDENTITIES + EDITS, json.dumps(list(RUNS_AGAIN))))
    assert {name: sorted(kinds) for name, kinds in found.items()} == RUNS_AGAIN


EVERYWHERE = r"""
before = {path: path.read_bytes() for path in fingerprint.sources()}
moved = Path("lib", "adversarial", "of_the_game.py")
moved.parent.mkdir()

def edited(old, new):
    for path, text in before.items():
        path.write_bytes(re.sub(old, new, text))

def compared():
    now = identities()
    found.append({kind: how for kind in KINDS if (how := fingerprint.differences(plain[kind], now[kind]))})

found = []
edited(rb"\brequire\b", rb"demand")  # 1. a check is renamed
compared()
edited(rb"\n", rb"\r\n")  # 2. line ends
compared()
edited(rb"lib\.gan\.losses", rb"lib.adversarial.of_the_game")  # 3. a module is moved and renamed
Path("lib", "gan", "losses.py").rename(moved)
compared()
moved.unlink()
moved.parent.rmdir()
edited(rb"\Z", rb"")
# 4. a name comes from elsewhere, in reach all the same
lstm = fingerprint.ROOT / "lib" / "recurrent" / "lstm.py"
lstm.write_bytes(before[lstm].replace(b"recurrent.over_time import", b"recurrent.rnn import"))
compared()
edited(rb"\Z", rb"")
assert identities() == plain
print(json.dumps(found))
"""


def test_new_names_places_and_line_ends_make_nothing_run_again_and_another_import_does(copy):
    *same, other = json.loads(run_in(copy, IDENTITIES + EVERYWHERE))
    assert same == [{}, {}, {}]
    assert other == {"palindromes": "a name is imported from another module"}


TRAIN = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from bundle.experiments.palindromes import run_palindromes
from bundle.study.study import study
one = {"cell": "RNN", "recipe": "corrected", "seq_length": 3, "steps": 5, "hidden_size": 4, "batch_size": 8,
       "learning_rate": 0.001, "schedule_every": 30, "schedule_factor": 0.96, "clip_norm": 10.0,
       "eval_every": 1, "eval_count": 9}
with ThreadPoolExecutor(1) as executor:
    found = study(run_palindromes, [one | {"seed": n} for n in range(3)], directory=Path("results"),
                  executor=executor)
print(dict(found.made), [record.columns["loss"] for record in found.records], sep="|")
"""


def test_records_of_a_training_loop_that_has_changed_since_are_made_again(copy):
    """The optimiser's step is taken out: once the earlier code's records were taken, 66 of 66."""
    first, losses = run_in(copy, TRAIN).split("|")
    again, same = run_in(copy, TRAIN).split("|")
    assert (first, again, same) == ("{'': 3}", "{}", losses)
    loop = copy / "lib" / "recurrent" / "training.py"
    text = loop.read_text()
    assert text.count("optimizer.step()") == 1
    loop.write_text(text.replace("optimizer.step()", "pass"))
    made, others = run_in(copy, TRAIN).split("|")
    assert made == "{'lib/recurrent/training.py changed': 3}"
    assert others != losses
    loop.write_text("# a comment\n" + loop.read_text())
    assert run_in(copy, TRAIN).split("|") == ["{}", others]


def test_line_ends_do_not_count(tmp_path):
    """A clone made by Git for Windows once trained Part 1 again: `cells.c changed`."""
    path = tmp_path / "cells.c"
    path.write_bytes(b"int one;\nint other;\n")
    before = fingerprint.digest(path), fingerprint.digest_all([path])
    fingerprint.digest.cache_clear()
    path.write_bytes(b"int one;\r\nint other;\r\n")
    assert (fingerprint.digest(path), fingerprint.digest_all([path])) == before
