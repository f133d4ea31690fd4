"""Executed notebooks, and commands in processes of their own that fail, are interrupted or killed."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell

from bundle.commands.ending import INTERRUPTED
from bundle.commands.execute import NotebookError, execute, notebook_digest
from bundle.study.layout import REPORT
from bundle.study.records import Record
from bundle.study.store import Store
from lib import mnist
from lib.files import write_atomically
from tests.lab import until
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
from tests.bundle.study.test_study import busy
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


def executed(folder: Path, cell: str) -> nbformat.NotebookNode:
    nbformat.write(notebook_of(PARAMETERS, new_code_cell(cell)), folder / "n.ipynb")
    target = folder / "made.ipynb"
    with ThreadPoolExecutor(1) as executor:
        executor.submit(execute, folder / "n.ipynb", target, {"output_dir": "x"}).result()
    return nbformat.read(target, as_version=4)


def test_outputs_of_a_notebook_do_not_count_as_its_source_but_every_cell_does(tmp_path):
    notebooks = [notebook_of(new_code_cell(source)) for source in ("1 + 1", "1 + 1", "1 + 2")]
    notebooks[1].cells[0].outputs = [nbformat.v4.new_output("stream", text="2")]
    digests = []
    for notebook in notebooks:
        nbformat.write(notebook, tmp_path / "n.ipynb")
        digests.append(notebook_digest(tmp_path / "n.ipynb"))
    assert digests[0] == digests[1] != digests[2]


def test_progress_comes_as_lines_with_a_name_and_none_stays_in_the_notebook(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    *_, cell = executed(tmp_path, COUNTING).cells
    lines = capfd.readouterr().err.splitlines()
    assert lines[0].startswith(f"{tmp_path}/n: Counting:   0%")
    assert len(lines) == 1  # the next would come after twenty seconds
    assert [(output.name, output.text) for output in cell.outputs] == [("stdout", "counted\n")]
    assert [path.name for path in tmp_path.glob("*made*")] == ["made.ipynb"]


DIVIDING = "total = 0\n1 / total"
DYING = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"
FAILURES = {
    DIVIDING: r"cell \[3\]: total = 0\n  ZeroDiv.* by zero\n",
    DYING: "its kernel\n  the kernel died; ",
}


@pytest.mark.parametrize("cell", FAILURES)
def test_a_failure_says_where_and_why_and_the_notebook_so_far_is_kept(tmp_path, cell):
    with pytest.raises(NotebookError, match=f"n.ipynb failed in {FAILURES[cell]}"):
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
    cells = [new_markdown_cell(f"# {name}"), PARAMETERS, new_code_cell(cell)]
    nbformat.write(notebook_of(*cells), checkout / f"{name}.ipynb")


def started(checkout: Path) -> subprocess.Popen:
    """Start the report command there."""
    places = {"PYTHONPATH": str(Path.cwd()), "MNIST_ROOT": str(mnist.folder().parents[1].resolve())}
    return subprocess.Popen(
        [sys.executable, "-m", "bundle.commands.report", "p.yaml"],
        cwd=checkout,
        env=os.environ | places,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(*paths: Path) -> None:
    until(lambda: all(path.exists() for path in paths), seconds=60)


def check_that_all_end(family: list[psutil.Process]) -> None:
    """All that a command had started must end, soon after now."""
    assert len(family) >= 3  # at least a kernel and its two workers
    until(lambda: not any(is_alive(process) for process in family), seconds=SECONDS)


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_an_interrupt_ends_two_notebooks_and_their_workers_and_what_they_have_is_stored(checkout):
    write_notebook(checkout, STORING, "part1")
    write_notebook(checkout, DEAF + BUSY, "task2")
    process = started(checkout)
    wait_for(checkout / "begins", checkout / "busy")
    family = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    check_that_all_end(family)
    assert process.communicate()[1] == f"{INTERRUPTED}\n"
    assert process.returncode == 130
    assert (checkout / "stores").exists()


def test_a_killed_report_leaves_no_process_and_goes_on(checkout):
    write_notebook(checkout, BUSY, "task2")
    killed = started(checkout)
    wait_for(checkout / "busy", checkout / "made" / "part1.ipynb")
    family = psutil.Process(killed.pid).children(recursive=True)
    killed.kill()
    check_that_all_end(family)
    killed.communicate()
    write_notebook(checkout, "print('made')", "task2")
    stdout, _ = started(checkout).communicate()
    assert "part1: up to date" in stdout
    assert "The report is made/report.pdf" in stdout


def save_a_record(path: Path) -> None:
    Store(path).append(Record({"seed": 1}))


def save_atomically(path: Path) -> None:
    write_atomically(path, b"new")


@pytest.mark.parametrize("save", [save_a_record, save_atomically])
def test_a_full_disk_is_told_with_the_path_and_what_was_there_stays(tmp_path, monkeypatch, save):
    def full(*_):
        raise OSError(28, "No space left on device")

    path = tmp_path / "runs.jsonl"
    save_a_record(path)
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"^\[Errno 28\] No space left on device: '.*'$") as error:
        save(path)
    assert error.value.filename == str(path)
    assert path.read_bytes() == before
    assert not list(tmp_path.rglob("*.part"))


def test_papermill_is_given_whole_paths(tmp_path, monkeypatch):
    """It keeps one working directory for all that it executes, and once sent a later notebook elsewhere."""
    given = []

    def fail(*arguments, **_):
        given.extend(arguments[:2])
        raise RuntimeError

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("papermill.execute_notebook", fail)
    with pytest.raises(NotebookError):
        execute(Path("n.ipynb"), Path("made", "n.ipynb"), {})
    assert [path.is_absolute() for path in given] == [True, True]
