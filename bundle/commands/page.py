"""From executed notebooks to the page, and nothing else: `make report` executes them.

python -m bundle.commands.page profiles/quick.yaml
"""

import sys
from pathlib import Path

from bundle.commands.binding import bound
from bundle.commands.ending import ended
from bundle.commands.report import load_profile


def main(profile_path: Path) -> None:
    """Make the page of a profile and print its path; raise ValueError where a notebook is not executed."""
    (make,) = (make for stage, _, make in bound(load_profile(profile_path)) if stage == "page")
    print(next(iter(make())))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m bundle.commands.page PROFILE.yaml")
    ended(lambda: main(Path(sys.argv[1])))
