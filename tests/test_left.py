"""What a report says of the time that it still takes, by a clock that the tests turn."""

import re
from pathlib import Path

import pytest

from bundle.commands import report
from bundle.commands.left import TimeLeft, about

NAMES = ["data", "part1", "task2", "task3", "report", "page"]
SECONDS = {"part1": {"Runs": 500}, "task2": {"Judge": 20, "GAN": 440}, "task3": {"Walks": 150}}
BESIDE = [[["data"]], [["task2", "task3"], ["part1"]], [["report", "page"]]]


class Clock:
    time = 0.0

    def __call__(self) -> float:
        return self.time


def bar(name: str, done: float) -> str:
    return f"{name}: {100 * done:3.0f}% ####      00:10, about 00:30 left\n"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def in_seconds(said: str) -> float:
    """What a line says of the time left, as seconds."""
    if "less than a minute" in said:
        return 30
    number, unit = re.search(r"about (\d+) (minute|hour)s? left in all", said).groups()
    return int(number) * {"minute": 60, "hour": 3600}[unit]


def test_a_line_says_which_stage_it_is_and_how_long_all_still_take(clock):
    left = TimeLeft(NAMES, BESIDE, SECONDS, clock)
    assert left.heard("data: making\n") == "data: making\n".replace(
        "\n", "; stage 1 of 6, about 11 minutes left in all\n"
    )
    left.heard("data: done in 3 s")
    assert "stage 3 of 6, about 11 minutes left in all" in left.heard(
        "task2: making (made from something else)", 0
    )
    assert "stage 2 of 6" in left.heard("part1: making", 1)
    said = left.heard(bar("Runs", 0.0), 1)
    assert said.startswith("Runs:   0% ####")
    assert "left; stage 2 of 6, about 11 minutes left in all" in said
    assert left.heard("waiting for process 7\n", 1) == "waiting for process 7\n"


@pytest.mark.parametrize("pace", [0.5, 1.0, 2.0, 3.0])
@pytest.mark.parametrize("crooked", [lambda t: t, lambda t: t**1.2, lambda t: t**0.85])
def test_after_a_tenth_of_a_stage_its_estimate_is_within_a_factor_of_two(clock, pace, crooked):
    """On slower and faster machines, and where a bar moves slowly or fast at first."""
    left, whole = TimeLeft(NAMES, [[NAMES]], SECONDS, clock), pace * 500 + 20
    left.heard("part1: making")
    clock.time = 10
    for percent in range(100):
        clock.time = max(10, whole * percent / 100)
        share = min(1, max(0, (clock.time - 10) / (whole - 20)))
        left.heard(bar("Runs", crooked(share)))
        if percent >= 10:
            estimate = clock.time + left.left_of("part1")
            assert whole / 2 <= estimate <= 2 * whole, (percent, estimate, whole)


@pytest.mark.parametrize("pace", [0.5, 1.0, 2.0])
def test_a_bar_that_stands_still_between_two_long_runs_says_nothing_of_the_pace(clock, pace):
    """Once 0 % for two minutes made an hour of eleven minutes."""
    left, whole = TimeLeft(NAMES, [[NAMES]], SECONDS, clock), pace * 500
    left.heard("part1: making")
    for percent in range(100):
        clock.time = whole * percent / 100
        left.heard(bar("Runs", percent // 20 / 5))
        if percent >= 10:
            estimate = clock.time + left.left_of("part1")
            assert whole / 2 <= estimate <= 2 * whole + 20, (percent, estimate, whole)


def test_with_two_parts_the_second_counts_from_the_start(clock):
    left = TimeLeft(NAMES, [[NAMES]], SECONDS, clock)
    left.heard("task2: making")
    clock.time = 10
    left.heard(bar("Judge", 0))
    clock.time = 28
    left.heard(bar("Judge", 0.9))
    assert 400 < left.left_of("task2") < 600
    clock.time = 30
    left.heard(bar("GAN", 0))
    clock.time = 250
    left.heard(bar("GAN", 0.5))
    assert left.left_of("task2") == pytest.approx(220 + 10, rel=0.1)
    assert in_seconds(left.heard(bar("GAN", 0.5))) == pytest.approx(230 + 520 + 170 + 25 + 10, rel=0.15)


def test_chains_side_by_side_take_as_long_as_the_longer(clock):
    left = TimeLeft(NAMES, BESIDE, SECONDS, clock, over={"data"})
    assert left.left() == pytest.approx(20 + 440 + 20 + 150 + 20 + 25)
    for line, chain in (("task2: making", 0), ("part1: making", 1), (bar("Runs", 0), 1), (bar("GAN", 0), 0)):
        left.heard(line, chain)
    clock.time = 400
    left.heard(bar("GAN", 0.99), 0)
    left.heard(bar("Runs", 0.1), 1)
    assert left.left() > 1500  # part 1 turned out the longer one


def test_stored_results_and_what_is_up_to_date_take_no_time(clock):
    left = TimeLeft(NAMES, [[NAMES]], SECONDS, clock, over={"data", "task2", "task3"})
    left.heard("part1: making")
    clock.time = 8
    assert "less than a minute" in left.heard(bar("Runs", 1.0))
    clock.time = 20
    left.heard("part1: done in 20 s")
    assert left.left() < 40


def test_a_run_that_goes_on_is_not_taken_for_a_fast_one(clock):
    left = TimeLeft(NAMES, [[NAMES]], SECONDS, clock)
    left.heard("part1: making")
    left.heard(bar("Runs", 0.8))
    clock.time = 50
    left.heard(bar("Runs", 0.9))
    assert left.left_of("part1") == pytest.approx(50, abs=25)


def test_a_profile_that_tells_no_seconds_counts_its_stages_alone(clock):
    left = TimeLeft(NAMES, [[NAMES]], {}, clock)
    assert left.heard("part1: making") == "part1: making; stage 2 of 6"
    left = TimeLeft(NAMES, [[NAMES]], {}, clock, over={"part1", "task2", "task3"})
    assert "less than a minute" in left.heard("report: making")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(20, "less than a minute"), (61, "about 1 minute"), (340, "about 6 minutes"), (9000, "about 2 hours")],
)
def test_a_time_is_said_as_exactly_as_an_estimate_may_be(seconds, words):
    assert about(seconds) == words


@pytest.mark.parametrize("path", sorted(Path("profiles").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_part_that_a_profile_times_is_one_of_its_notebook(path):
    for name, parts in report.load_profile(path)["seconds"].items():
        text = Path(f"{name}.ipynb").read_text()
        assert all(f'\\"{part}\\"' in text for part in parts)


@pytest.mark.parametrize("seconds", [3, {"part1": 3}, {"part1": {"Runs": "long"}}])
def test_seconds_of_another_form_are_refused(tmp_path, seconds):
    text = f"output: .\nnotebooks: .\npdf: x.pdf\nparameters: {{}}\nseconds: {seconds}\n"
    (tmp_path / "p.yaml").write_text(text)
    with pytest.raises(ValueError, match="seconds is .*; it must be `part: seconds` by notebook"):
        report.load_profile(tmp_path / "p.yaml")
