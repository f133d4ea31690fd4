"""Parts of a command side by side, each in a process of its own that ends with this one."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from typing import TextIO

BEHIND = 5  # by so much is each process nicer than the one before: the first is what the others wait for
PACE = 0.2  # seconds


def run_beside(commands: Sequence[Sequence[str]], heard: Callable[[str, int], str]) -> None:
    """Run commands side by side until all have ended, the first foremost; they print where this process does.

    `heard` is given each line and the place of its command, and returns what is printed of it. Each command
    reads its end from stdin: see `end_with_parent`. If one fails the others are ended, and SystemExit has its
    status.
    """
    processes = [
        subprocess.Popen(
            ["nice", "-n", str(BEHIND * place), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,  # no terminal: lines, not bars, which would overwrite each other
            encoding="utf-8",
            start_new_session=True,  # an interrupt at the terminal is for us to pass on
        )
        for place, command in enumerate(commands)
    ]
    ending = threading.Event()  # from then on this process alone speaks
    speaking = threading.Lock()
    streams = [
        (place, stream, out)
        for place, process in enumerate(processes)
        for stream, out in ((process.stdout, sys.stdout), (process.stderr, sys.stderr))
    ]

    def pass_on(place: int, stream: TextIO, out: TextIO) -> None:
        for line in stream:
            with speaking:
                if not ending.is_set():
                    print(heard(line, place), end="", file=out, flush=True)

    readers = [threading.Thread(target=pass_on, args=one, daemon=True) for one in streams]
    for reader in readers:
        reader.start()
    try:
        running = list(processes)
        while running:
            for process in running:
                try:
                    process.wait(PACE)
                except subprocess.TimeoutExpired:
                    continue
                if process.returncode:
                    sys.exit(process.returncode)
            running = [process for process in running if process.returncode is None]
    except BaseException:
        ending.set()
        raise
    finally:
        for process in processes:
            process.stdin.close()
        for process in processes:
            process.wait()
        for reader in readers:
            reader.join()


def end_with_parent() -> None:
    """Interrupt this process when its parent closes its stdin, and kill it when its parent was killed."""
    parent = os.getppid()

    def watch() -> None:
        sys.stdin.read()
        os.kill(os.getpid(), signal.SIGINT if os.getppid() == parent else signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()
