"""Executed notebooks, and commands in processes of their own that fail, are interrupted or killed."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell

from bundle.commands.ending import INTERRUPTED
from bundle.commands.execute import NotebookError, execute, notebook_digest
from bundle.commands.stages import Stage, update
from bundle.study.layout import REPORT
from bundle.study.records import Record
from bundle.study.store import Store
from lib import mnist
from tests.notebooks import notebook_of

SECONDS = 5
PARAMETERS = new_code_cell("output_dir: str = '.'  # where", metadata={"tags": ["parameters"]})
COUNTING = """import time
from bundle.notebook.page import progress
with progress("Counting") as move:
    for done in range(6):
        move(done, 5)
print("counted")"""
BUSY = """from pathlib import Path
from concurrent.futures import wait
from bundle.study.workers import workers
from tests.test_study import busy
with workers(limit=2) as executor:
    running = [executor.submit(busy, dict(seed=seed)) for seed in range(2)]
    Path("busy").touch()
    wait(running)"""
STORING = """import time
from pathlib import Path
try:
    Path("begins").touch()
    time.sleep(60)
except KeyboardInterrupt:
    Path("stores").touch()
    raise"""
DEAF = "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])\n"


def executed(folder: Path, cell: str, **options) -> nbformat.NotebookNode:
    nbformat.write(notebook_of(PARAMETERS, new_code_cell(cell)), folder / "n.ipynb")
    target = folder / "made.ipynb"
    with ThreadPoolExecutor(1) as executor:
        executor.submit(execute, folder / "n.ipynb", target, {"output_dir": "x"}, **options).result()
    return nbformat.read(target, as_version=4)


def test_outputs_of_a_notebook_do_not_count_as_its_source_but_every_cell_does(tmp_path):
    notebook = notebook_of(new_code_cell("1 + 1"))
    path = tmp_path / "n.ipynb"

    def digest() -> str:
        nbformat.write(notebook, path)
        return notebook_digest(path)

    before = digest()
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="2")]
    assert digest() == before
    notebook.cells[0].source = "1 + 2"
    assert digest() != before


def test_progress_comes_as_lines_with_a_name_and_none_stays_in_the_notebook(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    *_, cell = executed(tmp_path, COUNTING, log="studies/n").cells
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].startswith("studies/n: Counting:   0%")
    assert len(lines) == 1  # the next would come after twenty seconds
    assert [(output.name, output.text) for output in cell.outputs] == [("stdout", "counted\n")]
    assert [path.name for path in tmp_path.glob("*made*")] == ["made.ipynb"]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("total = 0\n1 / total", r"cell \[3\]: total = 0\n  ZeroDivisionError: division by zero\n"),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
            "its kernel\n  the kernel died; ",
        ),
    ],
)
def test_a_failure_says_where_and_why_and_the_notebook_so_far_is_kept(tmp_path, cell, reason):
    with pytest.raises(NotebookError, match=f"n.ipynb failed in {reason}"):
        executed(tmp_path, cell)
    assert not (tmp_path / "made.ipynb").exists()
    assert (tmp_path / ".made.part.ipynb").exists()


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A folder with all that the report command reads, and notebooks that do nothing."""
    for name in REPORT:
        write_notebook(tmp_path, "print('made')", name)
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "front.md").write_text("---\ntitle: T\n---\n")
    profile = {"output": "made", "notebooks": "made", "pdf": "made/report.pdf", "parameters": {}}
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(profile | {"studies": False}))
    return tmp_path


def write_notebook(checkout: Path, cell: str, name: str) -> None:
    cells = [new_markdown_cell(f"# {name}"), PARAMETERS, new_code_cell("1 + 1"), new_code_cell(cell)]
    nbformat.write(notebook_of(*cells), checkout / f"{name}.ipynb")


def started(checkout: Path) -> subprocess.Popen:
    """Start the report command there; all its processes are marked by the folder."""
    places = {"PYTHONPATH": str(Path.cwd()), "MNIST_ROOT": str(mnist.folder().parents[1].resolve())}
    return subprocess.Popen(
        [sys.executable, "-m", "bundle.commands.report", "p.yaml"],
        cwd=checkout,
        env=os.environ | places | {"MARK": str(checkout)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def slow_until(path: Path) -> str:
    """Return a cell that ends when there is this file."""
    return f"while not pathlib.Path({str(path)!r}).exists(): time.sleep(0.05)"


def wait_for(*paths: Path) -> None:
    end = time.monotonic() + 60
    while not all(path.exists() for path in paths):
        assert time.monotonic() < end
        time.sleep(0.05)


def left(checkout: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if is_marked(process, str(checkout))]


def is_marked(process: psutil.Process, mark: str) -> bool:
    try:
        return process.environ().get("MARK") == mark
    except psutil.Error:
        return False


def check_that_all_end(checkout: Path) -> None:
    """All that was started there must end, soon after now."""
    began = time.monotonic()
    while alive := left(checkout):
        assert time.monotonic() - began < SECONDS, alive
        time.sleep(0.1)


def test_an_interrupt_ends_two_notebooks_and_their_workers_and_what_they_have_is_stored(checkout):
    write_notebook(checkout, STORING, "part1")
    write_notebook(checkout, DEAF + BUSY, "task2")
    process = started(checkout)
    wait_for(checkout / "begins", checkout / "busy")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    check_that_all_end(checkout)
    assert process.communicate()[1] == f"{INTERRUPTED}\n"
    assert process.returncode == 130
    assert (checkout / "stores").exists()


def test_a_killed_report_leaves_no_process_and_goes_on(checkout):
    write_notebook(checkout, BUSY, "task2")
    killed = started(checkout)
    wait_for(checkout / "busy", checkout / "made" / "part1.ipynb")
    killed.kill()
    check_that_all_end(checkout)
    killed.communicate()
    write_notebook(checkout, "print('made')", "task2")
    stdout, _ = started(checkout).communicate()
    assert "part1: up to date" in stdout
    assert "The report is made/report.pdf" in stdout


def save_a_record(folder: Path) -> Path:
    Store(folder / "runs.jsonl").append(Record({"seed": 1}))
    return folder / "runs.jsonl"


def save_a_stamp(folder: Path) -> Path:
    inputs = [str(time.monotonic_ns())]
    update(Stage(name="stage", inputs=lambda: inputs, make=list), folder)
    return folder / "stage.json"


@pytest.mark.parametrize("save", [save_a_record, save_a_stamp])
def test_a_full_disk_is_told_with_the_path_and_what_was_there_stays(tmp_path, monkeypatch, save):
    def full(*_):
        raise OSError(28, "No space left on device")

    path = save(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"^\[Errno 28\] No space left on device: '.*'$") as error:
        save(tmp_path)
    assert error.value.filename == str(path)
    assert path.read_bytes() == before
    assert not list(tmp_path.rglob("*.part"))


def test_two_executions_that_end_in_turn_do_not_send_a_later_one_elsewhere(tmp_path, monkeypatch):
    """Papermill remembers the working directory of whoever began, and gives it back in the wrong order."""
    for place in ("before", "after"):
        folder = tmp_path / place
        folder.mkdir()
        monkeypatch.chdir(folder)
        first = folder / "made" / "one.ipynb"
        cells = {"one": slow_until(folder / "two begins"), "two": slow_until(first)}
        with ThreadPoolExecutor() as executor:
            both = []
            for name, cell in cells.items():
                begins = folder / f"{name} begins"
                source = f"import pathlib, time\npathlib.Path({str(begins)!r}).touch()\n{cell}"
                nbformat.write(notebook_of(new_code_cell(source)), f"{name}.ipynb")
                paths = Path(f"{name}.ipynb"), Path("made", f"{name}.ipynb")
                both.append(executor.submit(execute, *paths, {}))
                wait_for(begins)
        assert [future.result() for future in both] == [None, None]
