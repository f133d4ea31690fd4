"""How long work tells of its progress, everywhere: a function of what is done and of all there is to do."""

from collections.abc import Callable

Progress = Callable[[float, float], None]  # done, total


def silent(done: float, total: float) -> None:
    """Tell nobody."""
