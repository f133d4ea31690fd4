import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell

from bundle.commands.execute import execute, sources
from tests.notebooks import notebook_of


def test_outputs_of_a_notebook_do_not_count_as_its_source_but_every_cell_does(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1 + 1")])
    path = tmp_path / "n.ipynb"

    def digest() -> str:
        nbformat.write(notebook, path)
        return sources(path)

    before = digest()
    notebook.cells[0].outputs = [nbformat.v4.new_output("stream", text="2")]
    assert digest() == before
    notebook.cells[0].source = "1 + 2"
    assert digest() != before


SLOW = """import pathlib, time
log = open(pathlib.Path(output_dir, "log"), "a", buffering=1)
print("begins", file=log)
time.sleep(2)
print("ends", file=log)"""

COUNTING = """import time
from bundle.notebook.page import progress
with progress("Counting") as move:
    for done in range(6):
        move(done, 5)
        time.sleep(0.5)
print("counted")"""


def started(
    folder: Path, cell: str, name: str, output: str, lines: bool = False, **options
) -> subprocess.Popen:
    """Execute a cell in another process, as the notebook NAME.ipynb, with its output into a folder."""
    nbformat.write(notebook_of(new_code_cell(cell)), folder / f"{name}.ipynb")
    (folder / output).mkdir(exist_ok=True)
    program = (
        "from pathlib import Path; from bundle.commands.execute import execute;"
        f"execute(Path('{name}.ipynb'), Path('made/{name}.ipynb'), dict(output_dir='{output}'), "
        f"echo=True, lines={lines})"
    )
    options = {"env": os.environ | {"PYTHONPATH": str(Path.cwd())}, "text": True} | options
    return subprocess.Popen([sys.executable, "-c", program], cwd=folder, stdout=subprocess.PIPE, **options)


def slow_until(path: Path) -> str:
    """Return the cell SLOW, which then ends when there is this file."""
    return SLOW.replace("time.sleep(2)", f"while not pathlib.Path({str(path)!r}).exists(): time.sleep(0.05)")


def wait_for_kernel(log: Path) -> None:
    """Wait until the cell SLOW writes into its log that it has begun."""
    end = time.monotonic() + 60
    while not log.exists() or "begins" not in log.read_text():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_executions_of_one_notebook_into_one_folder_go_one_after_the_other_and_say_whom_they_wait_for(
    tmp_path,
):
    go_on = tmp_path / "out" / "go on"
    cell = slow_until(go_on)
    first = started(tmp_path, cell, "one", "out")
    wait_for_kernel(tmp_path / "out" / "log")
    second = started(tmp_path, cell, "one", "out")
    assert second.stdout.readline() == f"waiting for process {first.pid}, which is making made/one.ipynb\n"
    go_on.touch()
    assert [process.communicate()[0] for process in (first, second)] == ["", ""]
    assert first.returncode == second.returncode == 0
    assert (tmp_path / "out" / "log").read_text().split() == ["begins", "ends"] * 2
    assert [path.name for path in (tmp_path / "made").iterdir()] == ["one.ipynb"]


def test_executions_into_two_folders_do_not_wait_nor_share_sockets(tmp_path):
    both = [started(tmp_path, SLOW, name, name) for name in ("one", "two")]
    assert [process.communicate()[0] for process in both] == ["", ""]
    for name in ("one", "two"):
        assert (tmp_path / name / "log").read_text().split() == ["begins", "ends"]


def test_a_killed_execution_holds_up_nobody_and_what_it_left_is_removed(tmp_path):
    killed = started(tmp_path, SLOW.replace("2", "60"), "one", "out")
    wait_for_kernel(tmp_path / "out" / "log")
    kernels = psutil.Process(killed.pid).children(recursive=True)
    killed.send_signal(signal.SIGKILL)
    killed.wait()
    assert left_by(killed)
    assert not psutil.wait_procs(kernels, timeout=5)[1]
    assert started(tmp_path, "1 + 1", "two", "out").communicate()[0] == ""
    assert (tmp_path / "made" / "two.ipynb").exists()
    assert not left_by(killed)


def left_by(process: subprocess.Popen) -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"bundle-kernel-{process.pid}-*"))


def test_in_a_log_progress_comes_as_lines_and_none_stays_in_the_notebook(tmp_path):
    process = started(tmp_path, COUNTING, "count", "out", stderr=subprocess.PIPE)
    lines = [line for line in process.communicate()[1].split("\n") if "Counting" in line]
    assert re.match(r"count: Counting:   0% .* left$", lines[0])
    assert len(lines) == 1  # the next would come after twenty seconds
    (output,) = nbformat.read(tmp_path / "made" / "count.ipynb", as_version=4).cells[-1].outputs
    assert (output.name, output.text) == ("stdout", "counted\n")


def test_on_a_terminal_progress_moves_every_second_and_is_wiped_out(tmp_path):
    ours, theirs = pty.openpty()
    process = started(tmp_path, COUNTING, "count", "out", stderr=theirs)
    process.communicate()
    said = os.read(ours, 100_000).decode()
    shown = re.findall(r"\rCounting: +(\d+)%", said)
    assert shown[0] == "0"
    assert 2 <= len(shown) <= 4
    assert said.endswith("\r")
    assert not said.rsplit("\r", 2)[1].strip()
    for end in (ours, theirs):
        os.close(end)


def test_on_a_terminal_that_two_notebooks_share_progress_comes_as_lines(tmp_path):
    ours, theirs = pty.openpty()
    process = started(tmp_path, COUNTING, "count", "out", lines=True, stderr=theirs)
    process.communicate()
    said = os.read(ours, 100_000).decode()
    assert re.search(r"\ncount: Counting:   0% .* left\r\n", said)
    assert not re.search(r"\r(?!\n)", said)
    for end in (ours, theirs):
        os.close(end)


def test_an_interrupt_reaches_the_kernel_of_its_execution_and_no_other(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    waiting = "while not Path('go on').exists():\n    time.sleep(0.05)"
    cells = {"first": "import time\ntime.sleep(60)", "second": f"{COUNTING}\nimport time\n{waiting}"}
    events = {name: threading.Event() for name in cells}

    def run(name: str) -> None:
        options = {"echo": True, "lines": True, "interrupted": events[name]}
        execute(Path(f"{name}.ipynb"), Path("made", f"{name}.ipynb"), {"output_dir": name}, **options)

    for name, cell in cells.items():
        begins = f"from pathlib import Path\nPath('{name} begins').touch()\n"
        nbformat.write(notebook_of(new_code_cell(begins + cell)), f"{name}.ipynb")
    with ThreadPoolExecutor() as executor:
        first, second = (executor.submit(run, name) for name in cells)
        while not all(Path(f"{name} begins").exists() for name in cells):
            time.sleep(0.05)
        events["first"].set()
        with pytest.raises(KeyboardInterrupt):
            first.result(timeout=40)
        assert second.running()
        Path("go on").touch()
        second.result()
    assert [path.name for path in Path("made").glob("*.ipynb")] == [".first.part.ipynb", "second.ipynb"]
    assert capsys.readouterr().err.startswith("second: Counting:   0%")


def test_two_executions_that_end_in_turn_do_not_send_a_later_one_elsewhere(tmp_path, monkeypatch):
    """Papermill remembers the working directory of whoever began, and gives it back in the wrong order."""
    for place in ("before", "after"):
        folder = tmp_path / place
        folder.mkdir()
        monkeypatch.chdir(folder)
        for name, cell in {"one": slow_until(folder / "two" / "log"), "two": SLOW}.items():
            nbformat.write(notebook_of(new_code_cell(cell)), f"{name}.ipynb")
            Path(name).mkdir()
        with ThreadPoolExecutor() as executor:
            both = []
            for name in ("one", "two"):
                paths = Path(f"{name}.ipynb"), Path("made", f"{name}.ipynb")
                both.append(executor.submit(execute, *paths, {"output_dir": name}, echo=False))
                wait_for_kernel(Path(name, "log"))
        assert [future.result() for future in both] == [None, None]
        shutil.rmtree("made")


def test_an_execution_leaves_the_environment_as_it_was(tmp_path, monkeypatch):
    """Once a kernel that was started later, by JupyterLab, drew its bars as text too."""
    monkeypatch.delenv("TQDM_MININTERVAL", raising=False)
    notebook = tmp_path / "n.ipynb"
    nbformat.write(notebook_of(new_code_cell("import os\nprint(os.environ['TQDM_MININTERVAL'])")), notebook)
    execute(notebook, tmp_path / "out.ipynb", {"output_dir": str(tmp_path)}, echo=False)
    assert "20" in (tmp_path / "out.ipynb").read_text()
    assert "TQDM_MININTERVAL" not in os.environ


def test_a_cell_that_fails_is_shown_and_the_target_is_not_written(tmp_path):
    nbformat.write(notebook_of(new_code_cell("1 / 0")), tmp_path / "n.ipynb")
    with pytest.raises(Exception, match="ZeroDivisionError"):
        execute(tmp_path / "n.ipynb", tmp_path / "m.ipynb", {"output_dir": str(tmp_path)}, echo=False)
    assert not (tmp_path / "m.ipynb").exists()
    assert (tmp_path / ".m.part.ipynb").exists()
