import csv

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


def test_every_combination_is_executed_and_tabulated_and_one_that_fails_is_named(small, tmp_path):
    command = [str(small), "--output", str(tmp_path / "out"), "--grid", "number=2:4"]
    with pytest.raises(StudyError, match="(?s)1 of 2 runs failed.*'number': 3.*three is bad"):
        batch.main(command)
    with open(tmp_path / "out" / "small" / "results.csv") as file:
        assert [*csv.DictReader(file)] == [{"number": "2", "square": "4"}, {"number": "3", "square": ""}]
    (executed,) = (tmp_path / "out").rglob("small.ipynb")
    assert "number = 2" in executed.read_text()


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
