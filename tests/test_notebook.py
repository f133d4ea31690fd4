import dataclasses

import pytest

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


def test_progress_goes_to_the_file_that_the_caller_names(tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("PROGRESS_FILE", str(tmp_path / "progress"))
    with notebook.progress("Counting") as bar:
        move = notebook.moving(bar)
        for done in range(1, 11):
            move(done, 10)
    assert bar.n == 10
    assert "Counting" in (tmp_path / "progress").read_text()
    assert capfd.readouterr().err == ""


def test_work_of_an_earlier_run_does_not_enter_the_estimate(tmp_path, monkeypatch):
    monkeypatch.setenv("PROGRESS_FILE", str(tmp_path / "progress"))
    with notebook.progress("Going on") as bar:
        notebook.moving(bar)(900, 1000)
    assert bar.initial == bar.n == 900


@pytest.mark.parametrize(
    ("ran", "words"),
    [(3, "3 made now"), (1, "2 of 3 taken from .*; 1 made now"), (0, "3 of 3 taken from")],
)
def test_the_notebook_says_what_was_stored_and_what_is_new(ran, words):
    import re

    assert re.match(words, notebook.said(ran, 3, "results"))
