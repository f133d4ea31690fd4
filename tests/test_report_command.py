from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
import pytest
import yaml

from bundle.commands import execute, report
from bundle.original import GAN_CHECKPOINTS, scaled_batch


@pytest.fixture
def stage(tmp_path):
    """Run a stage that writes one file, and count how often it is made."""
    made = []

    def make() -> list[Path]:
        made.append(1)
        (tmp_path / "output").write_text("made")
        return [tmp_path / "output"]

    def update(inputs: list[str]) -> int:
        report.update("stage", inputs, make, tmp_path / "stamps", {})
        return len(made)

    return update


def test_a_stage_is_made_once_and_again_when_its_inputs_change(stage):
    assert [stage(["a"]), stage(["a"]), stage(["b"]), stage(["b"])] == [1, 1, 2, 2]


def test_a_stage_whose_output_was_deleted_or_altered_is_made_again(stage, tmp_path):
    stage(["a"])
    (tmp_path / "output").unlink()
    assert stage(["a"]) == 2
    (tmp_path / "output").write_text("altered")
    assert stage(["a"]) == 3
    assert stage(["a"]) == 3


def test_a_stage_that_failed_is_made_again(tmp_path):
    def fail():
        raise OSError("no room")

    with pytest.raises(OSError, match="no room"):
        report.update("stage", ["a"], fail, tmp_path, {})
    times = {}
    report.update("stage", ["a"], lambda: [], tmp_path, times)
    assert "stage" in times


def test_outputs_of_a_notebook_do_not_count_as_its_source_but_every_cell_does(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    path = tmp_path / "n.ipynb"

    def digest() -> str:
        nbformat.write(notebook, path)
        return execute.sources(path)

    before = digest()
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="2")]
    assert digest() == before
    notebook.cells[0].source = "1 + 2"
    assert digest() != before


@pytest.mark.parametrize("path", sorted(Path("profiles").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_profile_names_only_parameters_that_its_notebooks_have(path):
    profile = report.load_profile(path)
    for name, parameters in profile["parameters"].items():
        (cell,) = [
            cell
            for cell in nbformat.read(f"{name}.ipynb", as_version=4).cells
            if "parameters" in cell.metadata.get("tags", [])
        ]
        assert set(parameters) <= {line.split(":")[0] for line in cell.source.splitlines()}


def test_seed_scale_is_the_originals_scale():
    profile = report.load_profile(Path("profiles/seed-scale.yaml"))
    assert profile["parameters"]["part1"]["num_seeds"] >= 10
    assert profile["parameters"]["task2"]["batches"] == 187_400

    assert len(set(GAN_CHECKPOINTS)) == 26
    assert [scaled_batch(batch, 187_400) for batch in GAN_CHECKPOINTS] == list(GAN_CHECKPOINTS)


def test_a_profile_that_is_not_there_is_answered_with_those_that_are():
    with pytest.raises(
        ValueError, match="quickly.yaml does not exist; the profiles are .*quick, seed-scale, smoke"
    ):
        report.load_profile(Path("profiles/quickly.yaml"))


@pytest.mark.parametrize(
    ("change", "message"),
    [({"speed": 3}, "speed"), ({"parameters": {"task4": {}}}, "task4.*part1, task2, task3")],
)
def test_a_profile_with_unknown_keys_is_refused(tmp_path, change, message):
    profile = {"output": ".", "notebooks": ".", "pdf": "x.pdf", "parameters": {}} | change
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(profile))
    with pytest.raises(ValueError, match=message):
        report.load_profile(tmp_path / "p.yaml")


def print_in_a_notebook(number: int, folder: Path) -> None:
    cell = nbformat.v4.new_code_cell(f"print({number})")
    notebook = nbformat.v4.new_notebook(cells=[cell])
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    nbformat.write(notebook, folder / f"in{number}.ipynb")
    execute.execute(folder / f"in{number}.ipynb", folder / f"out{number}.ipynb", {}, echo=False)


def test_kernels_that_run_at_the_same_time_do_not_share_sockets(tmp_path):
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(print_in_a_notebook, (1, 2), (tmp_path, tmp_path)))
    for number in (1, 2):
        executed = nbformat.read(tmp_path / f"out{number}.ipynb", as_version=4)
        assert executed.cells[-1].outputs[0].text == f"{number}\n"
    assert not list(Path().glob("kernel-*"))
