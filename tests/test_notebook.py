import dataclasses
import re

import pytest
import tqdm
import tqdm.auto

from bundle.pages import notebook
from bundle.pages.parameters import check_parameters, parameters_of


def namespace(**values) -> dict:
    kinds = {"seq_lengths": list[int], "seed": int, "rate": float, "fresh": bool, "folder": str}
    good = {"seq_lengths": [3, 5], "seed": 0, "rate": 0.1, "fresh": False, "folder": "."}
    return {"__annotations__": kinds, "In": ["", "seed: int = 0"], **good, **values}


def test_good_parameters_pass_and_an_int_is_a_float():
    check_parameters(namespace())
    check_parameters(namespace(rate=1))


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("seed", "7", "int"),
        ("seed", 7.0, "int"),
        ("seed", True, "int"),
        ("rate", "fast", "float"),
        ("fresh", 1, "bool"),
        ("folder", None, "str"),
        ("seq_lengths", 3, "list"),
        ("seq_lengths", ["3"], "list"),
    ],
)
def test_a_value_of_another_type_is_named_with_all_parameters(name, value, kind):
    with pytest.raises(
        ValueError, match=rf"{name} is .*; it must be of type {kind}.*seed \(int\), rate \(float\)"
    ):
        check_parameters(namespace(**{name: value}))


def test_an_injected_name_that_is_no_parameter_is_refused_with_the_valid_names():
    cells = ["", "seed: int = 0", "# Parameters\nseed = 1\nseq_lenght = 5\n"]
    with pytest.raises(ValueError, match="seq_lenght is not a parameter.*seq_lengths.*seed.*fresh"):
        check_parameters(namespace(In=cells, seq_lenght=5))


def test_names_that_later_cells_assign_are_no_business_of_the_check():
    check_parameters(namespace(In=["", "seed: int = 0", "other = 3"], other=3))


def test_the_parameters_that_settings_have_fields_for_are_picked_out():
    @dataclasses.dataclass
    class Settings:
        seed: int
        rate: float
        samples: int = 5

    picked = parameters_of(Settings, namespace(seed=3, samples=8))
    assert picked == {"seed": 3, "rate": 0.1}  # samples is no parameter, but some other name of a cell


@pytest.fixture
def passed_on(monkeypatch) -> None:
    """A notebook that is executed by a command, which passes on what goes to stderr."""
    monkeypatch.setenv("TQDM_MININTERVAL", "1")


@pytest.mark.usefixtures("passed_on")
def test_progress_is_one_line_of_text_that_is_wiped_out_at_the_end(capfd):
    with notebook.progress("Counting") as move:
        for done in range(11):
            move(done, 10)
    said = capfd.readouterr()
    first, *_, last, end = said.err.split("\r")[1:]
    assert re.match(r"Counting:   0% .* about \?", first)
    assert (last.strip(), end, said.out) == ("", "", "")


@pytest.mark.usefixtures("passed_on")
def test_work_of_an_earlier_run_does_not_enter_the_estimate(monkeypatch):
    bars = []

    class Watched(tqdm.tqdm):
        def __init__(self, **settings):
            super().__init__(**settings)
            bars.append(self)

    monkeypatch.setattr(tqdm, "tqdm", Watched)
    with notebook.progress("Going on") as move:
        move(900, 1000)
        move(950, 1000)
        (bar,) = bars
        assert (bar.initial, bar.n, bar.total) == (900, 950, 1000)


def test_where_nobody_passes_text_on_the_bar_is_the_front_ends_own(monkeypatch):
    monkeypatch.delenv("TQDM_MININTERVAL", raising=False)
    made = []
    monkeypatch.setattr(tqdm.auto, "tqdm", lambda **settings: made.append(settings) or tqdm.tqdm(**settings))
    with notebook.progress("In a front end") as move:
        move(1, 2)
    assert [settings["desc"] for settings in made] == ["In a front end"]


def test_a_study_with_nothing_to_do_has_a_bar_as_well():
    with notebook.progress("Nothing") as move:
        move(0, 0)


@pytest.mark.parametrize(
    ("ran", "words"),
    [(3, "3 made now"), (1, "2 of 3 taken from .*; 1 made now"), (0, "3 of 3 taken from")],
)
def test_the_notebook_says_what_was_stored_and_what_is_new(ran, words):
    assert re.match(words, notebook.said(ran, 3, "results"))
