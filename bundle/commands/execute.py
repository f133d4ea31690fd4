"""Execute a notebook with papermill, pass on its progress, and leave it clean."""

import hashlib
import json
import os
import re
import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
import psutil

from lib.files import alone, write_atomically

WIDGET = "application/vnd.jupyter.widget-view+json"


def sources(notebook: Path) -> str:
    """Return one hash of a notebook's cells and their tags, whatever their outputs are."""
    cells = nbformat.read(notebook, as_version=4).cells
    text = json.dumps([[cell.cell_type, cell.source, cell.metadata.get("tags", [])] for cell in cells])
    return hashlib.sha256(text.encode()).hexdigest()


def execute(notebook: Path, target: Path, parameters: dict, *, echo: bool) -> None:
    """Execute a notebook under these parameters and write it to `target`, whole or not at all.

    It has its `output_dir` to itself: another execution into the same one waits until it is done.
    `echo` passes its progress on to stderr.

    Raises:
        papermill.PapermillExecutionError: a cell failed; the notebook so far is kept beside `target`.
    """
    import papermill
    from traitlets.config import Config

    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.stem}.part.ipynb")
    watched = sys.stderr.isatty()
    os.environ["TQDM_MININTERVAL"] = "1" if watched else "20"  # seconds; tells its bars to be text, too
    with alone(Path(parameters.get("output_dir", "."), ".lock"), f"making {target}"), _sockets() as sockets:
        papermill.execute_notebook(
            str(notebook),
            str(partial),
            parameters,
            progress_bar=False,
            cwd=".",
            stderr_file=(sys.stderr if watched else Lines()) if echo else None,
            config=Config(KernelManager={"transport": "ipc", "ip": f"{sockets}/s"}),
        )
        executed = clean(nbformat.read(partial, as_version=4))
        write_atomically(target, (nbformat.writes(executed) + "\n").encode())
        partial.unlink()


class Lines:
    """Stderr as a log wants it: each state of a progress bar on a line of its own."""

    def write(self, text: str) -> None:
        sys.stderr.writelines(f"{line.rstrip()}\n" for line in re.split(r"[\r\n]", text) if line.strip())

    def flush(self) -> None:
        sys.stderr.flush()


def _sockets() -> tempfile.TemporaryDirectory:
    """Return a folder for one kernel's sockets (many at once would race for the same ports).

    Those that killed processes left behind are removed.
    """
    for left in Path(tempfile.gettempdir()).glob("bundle-kernel-[0-9]*-*"):
        if not psutil.pid_exists(int(left.name.split("-")[2])):
            shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=f"bundle-kernel-{os.getpid()}-")


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take out what differs from run to run: times, paths, ids, explorers, progress, the kernel's version."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type == "code":  # an explorer is nothing without its kernel, and has a random id
            kept = [output for output in cell.outputs if output.get("name") != "stderr"]
            cell.outputs = [output for output in kept if WIDGET not in output.get("data", {})]
        if "injected-parameters" in (tags or []):
            cell.id = "injected-parameters"
    return notebook
