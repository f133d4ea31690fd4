"""Where a report keeps its files, below one folder of output."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path

NOTEBOOKS = ("part1", "task2", "task3")  # in the order of the report


def check_writable(folder: Path, way_out: str) -> None:
    """Raise PermissionError with the way out where no file can be written below a folder."""
    path = folder.absolute()
    there = next(one for one in (path, *path.parents) if one.exists())
    if not os.access(there, os.W_OK):
        raise PermissionError(errno.EROFS, f"cannot be written to; {way_out}", str(folder))


@dataclass(frozen=True)
class Output:
    """The folders of a report: "." is the checkout's own, where the committed results are."""

    root: Path

    @property
    def figures(self) -> Path:
        return Path(self.root, "figures")

    @property
    def models(self) -> Path:
        return Path(self.root, "models")

    def results(self, part: str) -> Path:
        """Return the folder of a part's records; its summary is this folder's name with .json."""
        return Path(self.root, "results", part)

    def images(self, task: str) -> Path:
        return Path(self.root, f"{task}_images")
