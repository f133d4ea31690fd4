"""How a command ends: an error or an interrupt is told in words, and no process is left behind."""

import contextlib
import os
import signal
import sys
import traceback
from collections.abc import Callable
from typing import NoReturn

import psutil

from bundle.commands.execute import NotebookError
from bundle.study.study import StudyError

PATIENCE = 3  # seconds in which notebooks that are interrupted may store what they have
IN_WORDS = (ValueError, OSError, StudyError, NotebookError)  # errors whose message says all
INTERRUPTED = "interrupted; what is finished is stored, and the same command goes on"


def run_command(main: Callable[[], object]) -> None:
    """Run a command to its end; its exit status is 1 after an error, and 130 after Ctrl-C or SIGTERM."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # whatever the locale: what is said has more than ASCII
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: leave(INTERRUPTED, status=130))
    try:
        main()
    except Exception as error:
        if not isinstance(error, IN_WORDS):
            traceback.print_exc()
        leave(f"error: {error}", status=1)


def leave(message: str, *, status: int) -> NoReturn:
    """Interrupt the notebooks that run, soon end all processes that were started, and this one."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    family = psutil.Process().children(recursive=True)
    kernels = [process for process in family if is_kernel(process)]
    for kernel in kernels:
        kernel.send_signal(signal.SIGINT)
    psutil.wait_procs(kernels, timeout=PATIENCE)
    for process in {*family, *psutil.Process().children(recursive=True)}:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    sys.stdout.flush()
    print(message, file=sys.stderr, flush=True)
    os._exit(status)


def is_kernel(process: psutil.Process) -> bool:
    try:
        return "ipykernel_launcher" in process.cmdline()
    except psutil.Error:  # it has ended
        return False
