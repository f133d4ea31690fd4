"""Execute a notebook with papermill, pass on its progress, and leave it clean."""

import hashlib
import json
import os
import sys
import tempfile
import threading
from pathlib import Path
from typing import TextIO

import nbformat

from lib.files import write_atomically

WIDGET = "application/vnd.jupyter.widget-view+json"


def sources(notebook: Path) -> str:
    """Return one hash of a notebook's cells and their tags, whatever their outputs are."""
    cells = nbformat.read(notebook, as_version=4).cells
    text = json.dumps([[cell.cell_type, cell.source, cell.metadata.get("tags", [])] for cell in cells])
    return hashlib.sha256(text.encode()).hexdigest()


def execute(notebook: Path, target: Path, parameters: dict, *, echo: bool) -> None:
    """Execute a notebook under these parameters and write it to `target`, whole or not at all.

    `echo` passes its progress on to stderr.

    Raises:
        papermill.PapermillExecutionError: a cell failed; the notebook so far is kept beside `target`.
    """
    import papermill
    from traitlets.config import Config

    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.stem}.part.ipynb")
    with (
        Echo(target.with_name(f".{target.stem}.progress"), sys.stderr if echo else None),
        tempfile.TemporaryDirectory(prefix="kernel-") as sockets,
    ):
        # sockets in a folder of their own: many kernels at once would race for the same ports
        kernel = {"transport": "ipc", "ip": f"{sockets}/s"}
        papermill.execute_notebook(
            str(notebook),
            str(partial),
            parameters,
            progress_bar=False,
            cwd=".",
            config=Config(KernelManager=kernel),
        )
    executed = clean(nbformat.read(partial, as_version=4))
    write_atomically(target, (nbformat.writes(executed) + "\n").encode())
    partial.unlink()


def clean(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """Take out what differs from run to run: times, paths, random ids, explorers, the kernel's version."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = {"tags": tags} if tags else {}
        if cell.cell_type == "code":  # an explorer is nothing without its kernel, and has a random id
            cell.outputs = [o for o in cell.outputs if WIDGET not in o.get("data", {})]
        if "injected-parameters" in (tags or []):
            cell.id = "injected-parameters"
    return notebook


class Echo:
    """While a notebook runs, pass on to a stream the progress that it writes to $PROGRESS_FILE."""

    def __init__(self, path: Path, stream: TextIO | None):
        self.path, self.stream, self.over = path, stream, threading.Event()

    def __enter__(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")
        os.environ["PROGRESS_FILE"] = str(self.path.resolve())
        watched = self.stream is not None and self.stream.isatty()
        os.environ["PROGRESS_SECONDS"] = "1" if watched else "20"
        self.thread = threading.Thread(target=self._follow)
        self.thread.start()

    def __exit__(self, *_) -> None:
        self.over.set()
        self.thread.join()
        del os.environ["PROGRESS_FILE"], os.environ["PROGRESS_SECONDS"]
        self.path.unlink()

    def _follow(self) -> None:
        with open(self.path, "rb") as file:
            while True:
                over = self.over.wait(0.5)
                text = file.read().decode()
                if self.stream and text:
                    print(text, end="", file=self.stream, flush=True)
                if over:
                    return
