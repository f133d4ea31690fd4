"""How a command ends: an error or an interrupt is told in words, never by a traceback."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import NoReturn

import psutil

from bundle.commands.execute import PATIENCE, NotebookError, remove_sockets
from bundle.study.study import StudyError


def ended(main: Callable[[], object]) -> NoReturn:
    """Run a command to its exit status: 0, 1 after an error, 130 after SIGINT or SIGTERM.

    Interrupted, it and all processes that it started end within five seconds, whatever they do; interrupted
    again, at once.
    """
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8")  # whatever the locale: what is said has more than ASCII
    family: list[psutil.Process] = []
    late = threading.Timer(PATIENCE, _leave, [family])
    late.daemon = True

    def interrupt(*_) -> NoReturn:
        if late.ident:  # the second time
            _leave(family)
        family.extend(psutil.Process().children(recursive=True))
        late.start()
        raise KeyboardInterrupt

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        main()
    except (ValueError, OSError, StudyError, NotebookError) as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        late.cancel()
        _leave(family)
    sys.exit()


def _leave(family: list[psutil.Process]) -> NoReturn:
    """Kill the family, remove its sockets, and end at once with status 130."""
    for process in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    for pid in (os.getpid(), *(process.pid for process in family)):
        remove_sockets(pid)
    sys.stdout.flush()
    print("interrupted; what is finished is stored, and the same command goes on", file=sys.stderr)
    os._exit(130)
