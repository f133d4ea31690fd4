"""What the Makefile calls."""

import os
import signal
import sys


def _stop(*_) -> None:
    os.write(2, b"interrupted before it began\n")
    os._exit(130)


if sys.argv[0] == "-m":  # `python -m bundle.commands...` is still importing; see `ending`
    for _number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(_number, _stop)
