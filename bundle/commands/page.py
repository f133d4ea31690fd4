"""From executed notebooks to the page, and nothing else: `make report` executes them.

python -m bundle.commands.page profiles/quick.yaml
"""

import sys
from pathlib import Path

from bundle.commands.binding import bound
from bundle.commands.ending import run_command
from bundle.commands.report import load_profile


def main(profile_path: Path) -> None:
    """Make the page of a profile and print its path; raise ValueError where a notebook is not executed."""
    *_, page = bound(load_profile(profile_path))
    print(next(iter(page.make())))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m bundle.commands.page PROFILE.yaml")
    run_command(lambda: main(Path(sys.argv[1])))
