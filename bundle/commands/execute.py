"""Execute a notebook with papermill, pass on its progress, and leave it clean."""

import concurrent.futures
import contextlib
import hashlib
import json
import logging
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import nbformat
import psutil
from jupyter_client.manager import AsyncKernelManager

from bundle.artefacts import keep_outputs_of, notebook_bytes, write_if_changed
from bundle.pages.reading import read_notebook
from bundle.pages.tidy import clean
from lib.files import alone

INTERRUPT_EVERY = 2  # seconds, until a kernel heeds it


class NotebookError(RuntimeError):
    """A cell failed, or its kernel died; the message says in lines where, why and how to go on."""


def sources(notebook: Path) -> str:
    """Return one hash of a notebook's cells and their tags, whatever their outputs are."""
    cells = read_notebook(notebook).cells
    text = json.dumps([[cell.cell_type, cell.source, cell.metadata.get("tags", [])] for cell in cells])
    return hashlib.sha256(text.encode()).hexdigest()


def execute(
    notebook: Path, target: Path, parameters: dict, *, echo: bool, heard: Callable[[str], str] = str
) -> None:
    """Execute a notebook under these parameters and write it to `target`, whole or not at all.

    Another execution of it into the same `output_dir` waits until it is done.
    `echo` passes its progress on to stderr; in a log, where each state is a line, by way of `heard`.

    Raises:
        NotebookError: a cell failed or its kernel died; the notebook so far is kept beside `target`.
        ValueError: the notebook is damaged.
        OSError: something could not be written.
    """
    from traitlets.config import Config

    read_notebook(notebook)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.stem}.part.ipynb")
    watched = sys.stderr.isatty()
    pace = "1" if watched else "20"  # seconds
    lock = Path(parameters.get("output_dir", "."), "build", f"{notebook.stem}.lock")
    with alone(lock, f"making {target}"), _sockets() as sockets, _text_bars(pace):
        kernel = {"transport": "ipc", "ip": f"{sockets}/s", "shutdown_wait_time": 2}
        config = Config(KernelManager=kernel, NotebookClient={"kernel_manager_class": QuietKernel})
        stderr = (sys.stderr if watched else Lines(heard)) if echo else None
        _run(notebook, partial, parameters, progress_bar=False, cwd=".", stderr_file=stderr, config=config)
        executed = keep_outputs_of(target, clean(nbformat.read(partial, as_version=4)))
        write_if_changed(target, notebook_bytes(executed))
        partial.unlink()


@contextlib.contextmanager
def _text_bars(pace: str) -> Iterator[None]:
    """Have kernels that start now draw their progress as text, every so many seconds."""
    before = os.environ.get("TQDM_MININTERVAL")
    os.environ["TQDM_MININTERVAL"] = pace
    try:
        yield
    finally:
        os.environ.pop("TQDM_MININTERVAL")
        os.environ |= {"TQDM_MININTERVAL": before} if before else {}


class QuietKernel(AsyncKernelManager):
    """A kernel whose own complaints, as it is interrupted, do not reach the terminal; those of cells do."""

    async def start_kernel(self, **options) -> None:
        await super().start_kernel(**options, stderr=subprocess.DEVNULL)


def _run(notebook: Path, partial: Path, parameters: dict, **options) -> None:
    """Execute in a thread of its own, where nbclient cannot take the signals from whoever calls.

    An interrupt goes on to the kernel: training writes its state.
    """
    import papermill

    logging.getLogger("papermill").addFilter(_is_no_error)
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        future = executor.submit(
            papermill.execute_notebook, str(notebook), str(partial), parameters, **options
        )
        try:
            future.result()
        except KeyboardInterrupt:
            while not future.done():
                number = signal.SIGINT if _last_begun(partial) else signal.SIGKILL  # it still starts
                for kernel in psutil.Process().children():
                    kernel.send_signal(number)
                concurrent.futures.wait([future], INTERRUPT_EVERY)
            raise
        except OSError as error:
            if error.errno and not error.filename:  # a full disk
                raise OSError(error.errno, error.strerror, str(partial)) from None
            raise
        except (papermill.PapermillExecutionError, RuntimeError) as error:
            _explain(error, notebook, partial)


def _is_no_error(said: logging.LogRecord) -> bool:
    return said.levelno < logging.ERROR  # errors are raised as well


def _explain(error: Exception, notebook: Path, partial: Path) -> NoReturn:
    number, source = _last_begun(partial) or (0, "")
    where = f"{notebook}, cell {number} failed: {source}" if number else f"{notebook} failed before any cell"
    if name := getattr(error, "ename", ""):
        why = f"{name}: {(error.evalue.strip() or name).splitlines()[-1].strip()}"
    else:  # of nbclient
        why = f"the kernel died; it was killed, or memory ran out ({error})"
    kept = f"the notebook so far is kept as {partial}"
    on = "finished runs are stored, and the same command goes on from them"
    raise NotebookError(f"{where}\n  {why}\n  {kept}\n  {on}") from None


def _last_begun(partial: Path) -> tuple[int, str] | None:
    """Return the last cell that was begun: its number in the source notebook and its first line."""
    try:
        cells = nbformat.read(partial, as_version=4).cells
    except (OSError, ValueError):
        return None
    number, found = 0, None
    for cell in cells:
        added = {"injected-parameters", "papermill-error-cell-tag"} & set(cell.metadata.get("tags", []))
        number += not added
        if cell.metadata.get("papermill", {}).get("start_time"):
            found = number, cell.source.partition("\n")[0]
    return found


class Lines:
    """Stderr as a log wants it: each state of a progress bar on a line of its own, as `heard` returns it."""

    def __init__(self, heard: Callable[[str], str] = str):
        self.heard = heard

    def write(self, text: str) -> None:
        lines = [line.rstrip() for line in re.split(r"[\r\n]", text) if line.strip()]
        sys.stderr.writelines(self.heard(line) + "\n" for line in lines)

    def flush(self) -> None:
        sys.stderr.flush()


def _sockets() -> tempfile.TemporaryDirectory:
    """Return a folder for one kernel's sockets (many at once would race for the same ports).

    Those that killed processes left behind are removed.
    """
    for left in Path(tempfile.gettempdir()).glob("bundle-kernel-[0-9]*-*"):
        if not psutil.pid_exists(pid := int(left.name.split("-")[2])):
            remove_sockets(pid)
    return tempfile.TemporaryDirectory(prefix=f"bundle-kernel-{os.getpid()}-")


def remove_sockets(pid: int) -> None:
    """Remove the folders for sockets of a process that has ended or is about to."""
    for folder in Path(tempfile.gettempdir()).glob(f"bundle-kernel-{pid}-*"):
        shutil.rmtree(folder, ignore_errors=True)
