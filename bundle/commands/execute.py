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
import threading
import time
from pathlib import Path
from typing import NoReturn

import nbformat
import psutil
from jupyter_client.manager import AsyncKernelManager
from traitlets import Unicode
from traitlets.config import Config

from bundle.notebook.tidy import clean
from bundle.render.reading import read_notebook
from bundle.study.artefacts import keep_outputs_of, notebook_bytes, write_if_changed
from lib.files import alone

LOOK_EVERY = 0.1  # seconds, whether it is interrupted
INTERRUPT_EVERY = 1.5  # seconds, until a kernel heeds it
PATIENCE = 3  # seconds in which what is interrupted may store what it has, before it is killed


class NotebookError(RuntimeError):
    """A cell failed, or its kernel died; the message says in lines where, why and how to go on."""


def sources(notebook: Path) -> str:
    """Return one hash of a notebook's cells and their tags, whatever their outputs are."""
    cells = read_notebook(notebook).cells
    text = json.dumps([[cell.cell_type, cell.source, cell.metadata.get("tags", [])] for cell in cells])
    return hashlib.sha256(text.encode()).hexdigest()


def execute(
    notebook: Path,
    target: Path,
    parameters: dict,
    *,
    echo: bool,
    lines: bool = False,
    interrupted: threading.Event | None = None,
) -> None:
    """Execute a notebook under these parameters and write it to `target`, whole or not at all.

    Another execution of it into the same `output_dir` waits until it is done.
    `echo` passes its progress on to stderr: as bars on a terminal; in a log, or if `lines`, each state is a
    line that begins with the notebook's name. Once `interrupted` is set it ends as by Ctrl-C, which only the
    main thread hears.

    Raises:
        NotebookError: a cell failed or its kernel died; the notebook so far is kept beside `target`.
        ValueError: the notebook is damaged.
        OSError: something could not be written.
        KeyboardInterrupt: it was interrupted.
    """
    read_notebook(notebook)
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.stem}.part.ipynb")
    as_bars = sys.stderr.isatty() and not lines
    lock = Path(parameters.get("output_dir", "."), "build", f"{notebook.stem}.lock")
    with alone(lock, f"making {target}"), _sockets() as sockets:
        kernel = {
            "transport": "ipc",
            "ip": f"{sockets}/s",
            "connection_file": f"{sockets}/kernel.json",
            "shutdown_wait_time": 2,
            "seconds_between_bars": "1" if as_bars else "20",
        }
        config = Config(QuietKernel=kernel, NotebookClient={"kernel_manager_class": QuietKernel})
        stderr = (sys.stderr if as_bars else Lines(notebook.stem)) if echo else None
        options = {"progress_bar": False, "cwd": ".", "stderr_file": stderr, "config": config}
        _run(notebook, partial, parameters, sockets, interrupted or threading.Event(), **options)
        executed = keep_outputs_of(target, clean(nbformat.read(partial, as_version=4)))
        write_if_changed(target, notebook_bytes(executed))
        partial.unlink()


class QuietKernel(AsyncKernelManager):
    """A kernel that draws its progress as text.

    Its own complaints, as it is interrupted, do not reach the terminal; those of cells do.
    """

    seconds_between_bars = Unicode().tag(config=True)

    async def start_kernel(self, **options) -> None:
        environment = os.environ | {"TQDM_MININTERVAL": self.seconds_between_bars}
        await super().start_kernel(**options, env=environment, stderr=subprocess.DEVNULL)


def _run(
    notebook: Path,
    partial: Path,
    parameters: dict,
    sockets: str,
    interrupted: threading.Event,
    **options,
) -> None:
    """Execute in a thread of its own, where nbclient cannot take the signals from whoever calls.

    An interrupt goes on to the kernel, the one with these sockets: training writes its state.
    """
    import papermill

    logging.getLogger("papermill").addFilter(_is_no_error)
    # whole paths: papermill keeps one working directory for all that it executes in a process
    paths = [str(path.absolute()) for path in (notebook, partial)]
    with concurrent.futures.ThreadPoolExecutor(1) as executor:
        future = executor.submit(papermill.execute_notebook, *paths, parameters, **options)
        try:
            while concurrent.futures.wait([future], LOOK_EVERY).not_done:
                if interrupted.is_set():
                    raise KeyboardInterrupt
            future.result()
        except KeyboardInterrupt:
            began = time.monotonic()
            while not future.done():
                may_store = _last_begun(partial) and time.monotonic() - began < PATIENCE
                _signal_kernel(sockets, signal.SIGINT if may_store else signal.SIGKILL)
                concurrent.futures.wait([future], INTERRUPT_EVERY)
            raise
        except OSError as error:
            if error.errno and not error.filename:  # a full disk
                raise OSError(error.errno, error.strerror, str(partial)) from None
            raise
        except (papermill.PapermillExecutionError, RuntimeError) as error:
            _explain(error, notebook, partial)


def _signal_kernel(sockets: str, number: int) -> None:
    """Send a signal to the kernel that was started with a connection file in this folder, if it runs."""
    for process in psutil.Process().children():
        with contextlib.suppress(psutil.Error):
            if any(sockets in argument for argument in process.cmdline()):
                process.send_signal(number)


def _is_no_error(record: logging.LogRecord) -> bool:
    return record.levelno < logging.ERROR  # errors are raised as well


def _explain(error: Exception, notebook: Path, partial: Path) -> NoReturn:
    number, source = _last_begun(partial) or (0, "")
    where = f"{notebook}, cell {number} failed: {source}" if number else f"{notebook} failed before any cell"
    name = getattr(error, "ename", "")
    if name:
        why = f"{name}: {(error.evalue.strip() or name).splitlines()[-1].strip()}"
    else:  # of nbclient
        why = f"the kernel died; it was killed, or memory ran out ({error})"
    copy = f"the notebook so far is kept as {partial}"
    way_out = "finished runs are stored, and the same command goes on from them"
    raise NotebookError(f"{where}\n  {why}\n  {copy}\n  {way_out}") from None


def _last_begun(partial: Path) -> tuple[int, str] | None:
    """Return the last cell that was begun: its number in the source notebook and its first line."""
    try:
        cells = nbformat.read(partial, as_version=4).cells
    except (OSError, ValueError):
        return None
    number, cell_begun = 0, None
    for cell in cells:
        added = {"injected-parameters", "papermill-error-cell-tag"} & set(cell.metadata.get("tags", []))
        number += not added
        if cell.metadata.get("papermill", {}).get("start_time"):
            cell_begun = number, cell.source.partition("\n")[0]
    return cell_begun


class Lines:
    """Stderr as a log wants it: each state of a progress bar on a line of its own, after a name."""

    def __init__(self, name: str):
        self.name = name

    def write(self, text: str) -> None:
        for state in re.split(r"[\r\n]", text):
            if state.strip():
                sys.stderr.write(f"{self.name}: {state.rstrip()}\n")

    def flush(self) -> None:
        sys.stderr.flush()


def _sockets() -> tempfile.TemporaryDirectory:
    """Return a folder for one kernel's sockets (many at once would race for the same ports).

    Those that killed processes left behind are removed.
    """
    for folder in Path(tempfile.gettempdir()).glob("bundle-kernel-[0-9]*-*"):
        pid = int(folder.name.split("-")[2])
        if not psutil.pid_exists(pid):
            remove_sockets(pid)
    return tempfile.TemporaryDirectory(prefix=f"bundle-kernel-{os.getpid()}-")


def remove_sockets(pid: int) -> None:
    """Remove the folders for sockets of a process that has ended or is about to."""
    for folder in Path(tempfile.gettempdir()).glob(f"bundle-kernel-{pid}-*"):
        shutil.rmtree(folder, ignore_errors=True)
