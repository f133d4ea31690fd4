"""Execute a notebook with papermill, pass on its progress, and leave it clean."""

import hashlib
import json
import logging
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat
import papermill
from jupyter_client.manager import AsyncKernelManager
from traitlets.config import Config

from bundle.notebook.tidy import clean
from bundle.render.reading import read_notebook
from bundle.study.artefacts import write_if_changed

logging.getLogger("papermill").setLevel(logging.CRITICAL)  # its errors are raised as well


class NotebookError(RuntimeError):
    """A cell failed, or its kernel died; the message says where, why and how to go on."""


def notebook_digest(notebook: Path) -> str:
    """Return one hash of a notebook's cells and their tags, whatever their outputs are."""
    cells = read_notebook(notebook).cells
    text = json.dumps([[cell.cell_type, cell.source, cell.metadata.get("tags", [])] for cell in cells])
    return hashlib.sha256(text.encode()).hexdigest()


def execute(notebook: Path, target: Path, parameters: dict) -> None:
    """Execute a notebook under these parameters and write it to `target`, whole or not at all.

    Its progress goes to stderr, in lines that begin with its name. To be called in a thread: in the main one
    nbclient takes the signals.

    Raises:
        NotebookError: a cell failed or its kernel died; the notebook so far is kept beside `target`.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.stem}.part.ipynb")
    with tempfile.TemporaryDirectory(prefix="kernel-") as sockets:  # many at once would race for ports
        kernel = {"transport": "ipc", "connection_file": f"{sockets}/kernel.json", "shutdown_wait_time": 2}
        config = Config(LoggedKernel=kernel, NotebookClient={"kernel_manager_class": LoggedKernel})
        lines = Lines(notebook.with_suffix("").as_posix())
        options = {"progress_bar": False, "stderr_file": lines, "config": config}
        try:
            # whole paths: papermill keeps one working directory for all that it executes in a process
            paths = notebook.absolute(), partial.absolute()
            papermill.execute_notebook(*paths, parameters, **options)
        except papermill.PapermillExecutionError as error:
            first_line = error.source.partition("\n")[0]
            cell = f"cell [{error.exec_count}]: {first_line}"
            raise _failure(notebook, partial, cell, f"{error.ename}: {error.evalue}") from None
        except RuntimeError as error:  # of nbclient
            why = f"the kernel died; it was killed, or memory ran out ({error})"
            raise _failure(notebook, partial, "its kernel", why) from None
    executed = clean(nbformat.read(partial, as_version=4))
    write_if_changed(target, f"{nbformat.writes(executed)}\n".encode())
    partial.unlink()


def _failure(notebook: Path, partial: Path, where: str, why: str) -> NotebookError:
    return NotebookError(
        f"{notebook} failed in {where}\n"
        f"  {why}\n"
        f"  the notebook so far is kept as {partial}\n"
        f"  finished runs are stored, and the same command goes on from them"
    )


class LoggedKernel(AsyncKernelManager):
    """A kernel that draws its bars as text, three times a minute; what itself complains of is not shown."""

    async def start_kernel(self, **options) -> None:
        environment = os.environ | {"TQDM_MININTERVAL": "20"}
        await super().start_kernel(**options, env=environment, stderr=subprocess.DEVNULL)


class Lines:
    """Stderr as a log wants it: each state of a progress bar on a line of its own, after a name."""

    def __init__(self, name: str):
        self.name = name

    def write(self, text: str) -> None:
        for state in text.splitlines():
            if state.strip():
                sys.stderr.write(f"{self.name}: {state.rstrip()}\n")

    def flush(self) -> None:
        sys.stderr.flush()
