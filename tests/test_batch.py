import csv
import json

import nbformat
import pytest

from bundle.commands import batch
from bundle.study import fingerprint
from bundle.study.records import Record
from bundle.study.store import Store
from bundle.study.study import StudyError


@pytest.fixture
def small(tmp_path):
    """A notebook that squares a number and fails at three."""
    cell = nbformat.v4.new_code_cell(
        "number: int = 1  # to be squared\noutput_dir: str = '.'  # for the summary"
    )
    cell.metadata["tags"] = ["parameters"]
    work = nbformat.v4.new_code_cell(
        "import json, pathlib\n"
        "assert number != 3, 'three is bad'\n"
        "folder = pathlib.Path(output_dir, 'results')\n"
        "folder.mkdir(parents=True)\n"
        "(folder / 'small.json').write_text(json.dumps({'square': number ** 2}))"
    )
    notebook = nbformat.v4.new_notebook(cells=[cell, work])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, tmp_path / "small.ipynb")
    return tmp_path / "small.ipynb"


def table(folder) -> list[dict]:
    with open(folder / "small" / "results.csv") as file:
        return list(csv.DictReader(file))


def test_every_combination_is_executed_once_and_tabulated(small, tmp_path, capsys):
    command = [str(small), "--grid", "number=1:3", "--output", str(tmp_path / "out"), "--processes", "2"]
    batch.main(command)
    assert table(tmp_path / "out") == [{"number": "1", "square": "1"}, {"number": "2", "square": "4"}]
    executed = sorted((tmp_path / "out").rglob("small.ipynb"))
    assert len(executed) == 2
    assert "number = 1" in json.dumps(nbformat.read(executed[0], as_version=4).cells)

    before = [path.stat().st_mtime_ns for path in executed]
    batch.main(command)
    assert "0 executed now, 2 were done before" in capsys.readouterr().out
    assert before == [path.stat().st_mtime_ns for path in executed]


def test_a_combination_that_fails_is_named_and_the_others_are_in_the_table(small, tmp_path):
    command = [str(small), "--grid", "number=2,3", "--output", str(tmp_path / "out"), "--processes", "2"]
    with pytest.raises(StudyError, match="(?s)1 of 2 runs failed.*'number': 3.*three is bad"):
        batch.main(command)
    assert table(tmp_path / "out") == [{"number": "2", "square": "4"}, {"number": "3", "square": ""}]


def test_words_with_markup_in_them_come_back_from_the_table_as_they_were(tmp_path):
    words = ['a"b,c', "line\nbreak", "| <b> `x` $y$ [z](w)", "#panic()", "=1+1"]
    settings = [dict(zip(batch.OURS, "nscf", strict=True)) | {"word": word} for word in words]
    for one in settings:
        made = Record(one, summary={"said": one["word"]}, identity=fingerprint.identity(batch.run))
        Store(tmp_path / "done.jsonl").append(made)
    (tmp_path / "small").mkdir()
    tabulated = batch.tabulated(settings, Store(tmp_path / "done.jsonl"))
    (tmp_path / "small" / "results.csv").write_text(tabulated, newline="")
    assert [row["word"] for row in table(tmp_path)] == [row["said"] for row in table(tmp_path)] == words


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
    with pytest.raises(ValueError, match="part9.ipynb does not exist"):
        batch.main(["part9.ipynb", "--grid", "seed=0:2"])
