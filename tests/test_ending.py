"""Commands in processes of their own that fail, are interrupted, are killed, or cannot write."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat
import psutil
import pytest
import yaml
from matplotlib.figure import Figure
from nbformat.v4 import new_code_cell, new_markdown_cell

from bundle.commands import batch, report
from bundle.commands.execute import NotebookError, execute
from bundle.figures.saving import save_figure
from bundle.study.records import Record
from bundle.study.store import Store
from lib import mnist
from tests.notebooks import notebook_of, page_of
from tests.test_study import is_marked

SECONDS = 5
PARAMETERS = new_code_cell("output_dir: str = '.'  # where", metadata={"tags": ["parameters"]})
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
    Path("{name} begins").touch()
    time.sleep(60)
except KeyboardInterrupt:
    Path("{name} stores").touch()
    raise"""
FULL = """import os
from pathlib import Path
from bundle.study.records import Record
from bundle.study.store import Store
def full(_):
    raise OSError(28, "No space left on device")
os.fsync = full
Store(Path("results/part1/runs.jsonl")).append(Record({"seed": 1}))"""


@pytest.fixture
def checkout(tmp_path) -> Path:
    """A folder with all that the report command reads, and notebooks that do nothing."""
    for name in report.NOTEBOOKS:
        cells = [new_markdown_cell(f"# {name}"), PARAMETERS, new_code_cell("print('made')")]
        nbformat.write(notebook_of(*cells), tmp_path / f"{name}.ipynb")
    (tmp_path / "report").mkdir()
    (tmp_path / "report" / "front.md").write_text("---\ntitle: T\n---\n")
    profile = {"output": "made", "notebooks": "made", "pdf": "made/report.pdf", "parameters": {}}
    (tmp_path / "p.yaml").write_text(yaml.safe_dump(profile))
    return tmp_path


def write_notebook(checkout: Path, cell: str, name: str = "part1") -> None:
    cells = [new_markdown_cell(f"# {name}"), PARAMETERS, new_code_cell("1 + 1"), new_code_cell(cell)]
    nbformat.write(notebook_of(*cells), checkout / f"{name}.ipynb")


def started(checkout: Path, *command: str) -> subprocess.Popen:
    """Start a command there; all its processes are marked by the folder."""
    places = {"PYTHONPATH": str(Path.cwd()), "MNIST_ROOT": str(mnist.folder().parents[1].resolve())}
    return subprocess.Popen(
        [sys.executable, "-m", *(command or ("bundle.commands.report", "p.yaml"))],
        cwd=checkout,
        env=os.environ | places | {"MARK": str(checkout)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def left(checkout: Path) -> list[psutil.Process]:
    return [process for process in psutil.process_iter() if is_marked(process, str(checkout))]


def left_in_temporary_folder(process: subprocess.Popen) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"bundle-kernel-{process.pid}-*"))


def wait_for(path: Path) -> None:
    end = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < end
        time.sleep(0.05)


def said_at_the_end(process: subprocess.Popen, number: int, checkout: Path) -> str:
    """Send a signal as a terminal does, to the group; all that was started must end. Return stderr."""
    interrupted = time.monotonic()
    os.killpg(process.pid, number)
    said = process.communicate(timeout=30)[1]
    while (alive := left(checkout)) or time.monotonic() - interrupted > SECONDS:
        assert time.monotonic() - interrupted < SECONDS, alive
        time.sleep(0.1)
    assert process.returncode == 130
    return said


FAILURES = {
    "total = 0\n1 / total": ("total = 0", "ZeroDivisionError: division by zero"),
    "raise ValueError('first\\nsecond')": ("raise ValueError('first\\nsecond')", "ValueError: second"),
    FULL: ("import os", r"OSError: [Errno 28] No space left on device: 'results/part1/"),
    "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)": (
        "import os, signal",
        "the kernel died; it was killed, or memory ran out (Kernel died)",
    ),
}


@pytest.mark.parametrize("cell", FAILURES, ids=["fails", "fails in lines", "full disk", "kernel killed"])
def test_a_report_that_fails_says_where_and_why_and_how_it_goes_on(checkout, cell):
    write_notebook(checkout, cell)
    process = started(checkout)
    said = process.communicate()[1].rstrip("\n").split("\n")
    assert process.returncode == 1
    line, why = FAILURES[cell]
    assert said[0] == f"error: part1.ipynb, cell 4 failed: {line}"
    assert said[1].startswith(f"  {why}")
    assert said[2] == "  the notebook so far is kept as made/.part1.part.ipynb"
    assert said[3] == "  finished runs are stored, and the same command goes on from them"
    assert len(said) == 4
    assert (checkout / "made" / ".part1.part.ipynb").exists()
    assert not list(checkout.rglob("*.json.part"))
    assert not left_in_temporary_folder(process)


@pytest.mark.parametrize(("number", "heeds"), [(signal.SIGTERM, True), (signal.SIGINT, False)])
def test_an_interrupted_report_ends_with_all_its_processes_and_one_line(checkout, number, heeds):
    cell = BUSY if heeds else f"import signal\nsignal.pthread_sigmask(0, [2, 15])\n{BUSY}"
    write_notebook(checkout, cell)
    process = started(checkout)
    wait_for(checkout / "busy")
    said = said_at_the_end(process, number, checkout)
    assert said == "interrupted; what is finished is stored, and the same command goes on\n"
    assert not left_in_temporary_folder(process)


def test_of_two_notebooks_at_once_both_are_interrupted_and_store_what_they_have(checkout):
    for name in ("part1", "task2"):
        write_notebook(checkout, STORING.format(name=name), name)
    process = started(checkout)
    for name in ("part1", "task2"):
        wait_for(checkout / f"{name} begins")
    said = said_at_the_end(process, signal.SIGINT, checkout)
    assert said == "interrupted; what is finished is stored, and the same command goes on\n"
    assert (checkout / "part1 stores").exists()
    assert (checkout / "task2 stores").exists()
    assert not left_in_temporary_folder(process)


@pytest.mark.parametrize("heeds", [True, False])
def test_of_two_notebooks_at_once_the_one_that_fails_interrupts_the_other(checkout, heeds):
    deaf = "" if heeds else "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    write_notebook(checkout, deaf + STORING.format(name="task2"), "task2")
    write_notebook(checkout, "import time\ntime.sleep(3)\n1 / 0")
    process = started(checkout)
    wait_for(checkout / "task2 begins")
    stdout, stderr = process.communicate(timeout=20)
    assert process.returncode == 1
    assert stderr.startswith("error: part1.ipynb, cell 4 failed: import time\n  ZeroDivisionError")
    assert (checkout / "task2 stores").exists() == heeds
    assert "task3" not in stdout
    assert not left(checkout)
    assert not left_in_temporary_folder(process)


@pytest.mark.parametrize("seconds", [0.2, 0.8, 1.6])
def test_an_interrupt_is_answered_in_one_line_at_any_moment_of_the_start(checkout, seconds):
    write_notebook(checkout, BUSY)
    process = started(checkout)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)  # as a terminal does
    said = process.communicate(timeout=SECONDS)[1]
    assert process.returncode == 130
    assert re.fullmatch("interrupted.*\n", said)
    assert not left(checkout)


def test_an_interrupted_batch_ends_with_all_its_processes_and_one_line(checkout):
    write_notebook(checkout, "from pathlib import Path\nimport time\nPath('busy').touch()\ntime.sleep(60)")
    process = started(checkout, "bundle.commands.batch", "part1.ipynb", "--grid", "a=1", "--processes", "1")
    wait_for(checkout / "busy")
    *bar, last = said_at_the_end(process, signal.SIGINT, checkout).strip().split("\n")
    assert last == "interrupted; what is finished is stored, and the same command goes on"
    assert all("combinations of part1:" in line for line in bar if line.strip())


def test_an_interrupted_verification_ends_with_all_its_processes_and_one_line(checkout):
    write_notebook(checkout, BUSY)
    (checkout / "profiles").mkdir()
    (checkout / "p.yaml").rename(checkout / "profiles" / "committed.yaml")
    shutil.copytree("models", checkout / "models")
    subprocess.run("git init -q . && git add -A", shell=True, cwd=checkout, check=True)
    process = started(checkout, "bundle.commands.verify", "--minutes", "0")
    wait_for(checkout / "build" / "verify" / "profiles" / "committed.yaml")
    said = said_at_the_end(process, signal.SIGINT, checkout)
    assert said == "interrupted; what is finished is stored, and the same command goes on\n"


def test_a_report_killed_at_random_moments_leaves_no_process_and_goes_on(checkout):
    write_notebook(checkout, BUSY)
    killed = []
    for _ in range(2):
        (checkout / "busy").unlink(missing_ok=True)
        killed.append(started(checkout))
        time.sleep(1 + 5 * random.random())
        killed[-1].kill()
        ended = time.monotonic()
        while alive := left(checkout):
            assert time.monotonic() - ended < SECONDS, alive
            time.sleep(0.1)
        killed[-1].communicate()
    write_notebook(checkout, "print('made')")
    last = started(checkout)
    assert "The report is made/report.pdf" in last.communicate()[0]
    assert not [folder for process in (*killed, last) for folder in left_in_temporary_folder(process)]


def full(*_):
    raise OSError(28, "No space left on device")


def save_a_record(folder: Path) -> Path:
    Store(folder / "runs.jsonl").append(Record({"seed": 1}))
    return folder / "runs.jsonl"


def save_a_figure(folder: Path) -> Path:
    figure = Figure(figsize=(1, 1 + len(list(folder.iterdir()))))  # another one each time, else it is kept
    save_figure(figure, folder / "figure.png", provenance={})
    return folder / "figure.png"


def save_a_notebook(folder: Path) -> Path:
    another = new_code_cell(f"print({time.monotonic_ns()})")  # each time, else the notebook is kept
    nbformat.write(notebook_of(PARAMETERS, another), folder / "n.ipynb")
    execute(folder / "n.ipynb", folder / "made.ipynb", {"output_dir": str(folder)}, echo=False)
    return folder / "made.ipynb"


def save_a_stamp(folder: Path) -> Path:
    report.update("stage", [time.monotonic_ns()], lambda: [], folder)
    return folder / "stage.json"


@pytest.mark.parametrize("save", [save_a_record, save_a_figure, save_a_notebook, save_a_stamp])
def test_a_full_disk_is_told_in_one_line_with_the_path_and_what_was_there_stays(tmp_path, monkeypatch, save):
    path = save(tmp_path)
    before = path.read_bytes()
    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match=r"^\[Errno 28\] No space left on device: '.*'$") as error:
        save(tmp_path)
    assert error.value.filename == str(path)
    assert path.read_bytes() == before
    assert not list(tmp_path.rglob("*.part"))


def test_a_disk_that_is_full_for_the_notebook_so_far_is_told_with_its_path(tmp_path, monkeypatch):
    monkeypatch.setattr("papermill.iorw.LocalHandler.write", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*\.made\.part\.ipynb'"):
        save_a_notebook(tmp_path)


READERS = {
    "copy p.yaml, change its `output`, `notebooks` and `pdf`": lambda: report.main(Path("p.yaml")),
    "name another folder with --output": lambda: batch.main(["part1.ipynb", "--grid", "seed=1"]),
    "give the parameter output_dir another folder": lambda: page_of("part1", "."),
}


@pytest.mark.parametrize("way_out", READERS)
def test_a_checkout_that_cannot_be_written_to_is_told_with_the_way_out(checkout, monkeypatch, way_out):
    monkeypatch.chdir(checkout)
    monkeypatch.setattr("os.access", lambda path, mode: mode != os.W_OK)
    before = sorted(checkout.rglob("*"))
    with pytest.raises(PermissionError, match=re.escape(f"cannot be written to; {way_out}")) as error:
        READERS[way_out]()
    assert "\n" not in str(error.value)
    assert sorted(checkout.rglob("*")) == before


def test_what_failed_says_the_cell_of_the_source_whatever_was_injected(tmp_path):
    nbformat.write(notebook_of(PARAMETERS, new_code_cell("1 / 0")), tmp_path / "n.ipynb")
    with pytest.raises(NotebookError, match="n.ipynb, cell 2 failed: 1 / 0\n"):
        execute(tmp_path / "n.ipynb", tmp_path / "m.ipynb", {"output_dir": str(tmp_path)}, echo=False)
