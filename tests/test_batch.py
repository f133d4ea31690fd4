import csv
import json

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from bundle.commands import batch
from bundle.study.study import StudyError
from tests.notebooks import notebook_of

WORK = """import json, pathlib
assert number != 3, 'three is bad'
folder = pathlib.Path(output_dir, 'results')
folder.mkdir(parents=True)
(folder / 'small.json').write_text(json.dumps({'square': number ** 2}))"""


@pytest.fixture
def small(tmp_path):
    """A notebook that squares a number and fails at three."""
    cell = new_code_cell("number: int = 1  # to be squared\noutput_dir: str = '.'  # for the summary")
    cell.metadata["tags"] = ["parameters"]
    nbformat.write(notebook_of(cell, new_code_cell(WORK)), tmp_path / "small.ipynb")
    return tmp_path / "small.ipynb"


def table(folder) -> list[dict]:
    with open(folder / "small" / "results.csv") as file:
        return list(csv.DictReader(file))


def test_every_combination_is_executed_once_and_tabulated_and_one_that_fails_is_named(
    small, tmp_path, capsys
):
    command = [str(small), "--output", str(tmp_path / "out"), "--processes", "2"]
    batch.main([*command, "--grid", "number=1:3"])
    assert table(tmp_path / "out") == [{"number": "1", "square": "1"}, {"number": "2", "square": "4"}]
    executed = sorted((tmp_path / "out").rglob("small.ipynb"))
    assert len(executed) == 2
    assert "number = 1" in json.dumps(nbformat.read(executed[0], as_version=4).cells)

    before = [path.stat().st_mtime_ns for path in executed]
    with pytest.raises(StudyError, match="(?s)1 of 2 runs failed.*'number': 3.*three is bad"):
        batch.main([*command, "--grid", "number=2,3"])
    assert table(tmp_path / "out") == [{"number": "2", "square": "4"}, {"number": "3", "square": ""}]
    assert before == [path.stat().st_mtime_ns for path in executed]


def test_grids_are_crossed_and_may_hold_ranges_lists_and_words():
    combinations = batch.crossed(["seed=0:2", "seq_lengths=[5],[10]", "topology=shuffle"])
    assert combinations == [
        {"seed": seed, "seq_lengths": lengths, "topology": "shuffle"}
        for seed in (0, 1)
        for lengths in ([5], [10])
    ]


@pytest.mark.parametrize("grid", ["seed", "seed=", "2x=3", "seed=[1"])
def test_a_grid_that_makes_no_sense_is_shown_with_the_form(grid):
    with pytest.raises(ValueError, match="must be NAME=VALUES"):
        batch.crossed([grid])


def test_a_notebook_that_is_not_there_is_named():
    with pytest.raises(FileNotFoundError, match="part9.ipynb"):
        batch.main(["part9.ipynb", "--grid", "seed=0:2"])
