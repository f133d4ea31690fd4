"""What code a result comes from, and what an edit of it makes run again."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bundle.runs import code

ROOT = Path(__file__).parents[1]
PLAIN = "def f(x):\n    return x + 1\n"


@pytest.fixture
def digest(tmp_path):
    count = iter(range(100))

    def of(text: str) -> str:
        path = tmp_path / f"{next(count)}.py"
        path.write_text(text)
        return code.digest(path)

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


def test_differences_are_named_and_none_is_no_word():
    before = {"code": {"a.py": "1", "b.py": "2"}, "packages": {"torch": "2.15", "numpy": "2"}}
    now = {"code": {"a.py": "1", "c.py": "2"}, "packages": {"torch": "2.16", "numpy": "2"}}
    assert code.differences(before, before) == ""
    assert code.differences(before, now) == "b.py changed, c.py changed, torch 2.15 then, 2.16 now"


EDITS = """
import json, sys
from functools import partial
from pathlib import Path
from bundle.claims.part1 import decide_part1
from bundle.plots.part1 import draw_speed
from bundle.runs import code
from bundle.runs.gan import measured_gan
from bundle.runs.generators import run_generator
from bundle.runs.judging import run_classifier
from bundle.runs.stacked import run_stacked
from bundle.runs.told import run_told
from bundle.runs.palindromes import run_palindromes
from bundle.runs.walks import run_walks

KINDS = {"palindromes": run_palindromes, "judge": run_classifier, "gan": partial(measured_gan, models=""),
         "generator": partial(run_generator, models="", states=""),
         "stacked": run_stacked, "told": run_told, "walks": run_walks, "figure": draw_speed,
         "verdict": decide_part1}

def identities():
    for cached in (code.reached, code.digest, code._tree):
        cached.cache_clear()
    return {name: code.identity(function) for name, function in KINDS.items()}

plain, found = identities(), {}
for name in json.loads(sys.argv[1]):
    path = Path(name)
    text = path.read_text()
    path.write_text(text + ("\\nEDITED = 1\\n" if path.suffix == ".py" else "\\n/* edited */\\n"))
    now = identities()
    found[name] = [kind for kind in KINDS if code.differences(plain[kind], now[kind])]
    path.write_text(text)
assert identities() == plain
print(json.dumps(found))
"""
RUNS_AGAIN = {  # the file that is edited: what is made again
    "lib/recurrent/training.py": ["palindromes"],
    "lib/recurrent/through_time.py": ["palindromes"],
    "lib/recurrent/cells.c": ["palindromes"],
    "lib/palindromes.py": ["palindromes"],
    "lib/gan/losses.py": ["gan", "generator", "stacked", "told", "walks"],
    "lib/evaluation/ladder.py": ["gan", "generator", "told"],
    "lib/evaluation/damage.py": ["told"],
    "lib/latent/interpolation.py": ["walks"],
    "lib/evaluation/modes.py": ["stacked"],
    "bundle/runs/walks.py": ["walks"],
    "bundle/runs/judging.py": ["gan", "generator", "judge", "stacked", "told"],
    "bundle/runs/stacked.py": ["stacked"],
    "bundle/runs/variants.py": [],
    "bundle/runs/generators.py": ["generator"],
    "bundle/runs/provenance.py": [],
    "bundle/runs/study.py": [],
    "bundle/runs/ready.py": [],
    "bundle/claims/part1.py": ["figure", "verdict"],  # figures show its statistics
    "bundle/plots/part1.py": ["figure"],
    "bundle/pages/notebook.py": [],
    "bundle/pages/pdf.py": [],
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
    found = json.loads(run_in(copy, EDITS, json.dumps(list(RUNS_AGAIN))))
    assert {name: sorted(kinds) for name, kinds in found.items()} == RUNS_AGAIN


TRAIN = """
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from bundle.runs.palindromes import run_palindromes
from bundle.runs.study import study
one = {"cell": "RNN", "recipe": "corrected", "seq_length": 3, "steps": 5, "hidden_size": 4, "batch_size": 8,
       "learning_rate": 0.001, "schedule_every": 30, "schedule_factor": 0.96, "clip_norm": 10.0,
       "look_every": 1, "look_count": 9}
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
    before = code.digest(path), code.digest_all([path])
    code.digest.cache_clear()
    path.write_bytes(b"int one;\r\nint other;\r\n")
    assert (code.digest(path), code.digest_all([path])) == before
