"""Files damaged, one for each mechanism: each is named and not used, and nothing else is lost."""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from bundle.commands.execute import notebook_digest
from bundle.experiments.cache import cached_classifier
from lib.progress import silent
from tests import test_gan_training as training
from tests.test_gan_runs import CLASSIFIER_SETTINGS, DATA
from tests.test_study import squares, studied


class Victim(NamedTuple):
    """A file, and what reads it: returns what it says, having made the thing again, or raises in one line."""

    file: Path
    use: Callable[[], str | None]
    again: tuple[str, ...] = ()  # names of files that are made again with it


def runs(folder: Path, monkeypatch) -> Victim:
    """Each line has its digest, as the fingerprints and the benchmarks' JSON do."""

    def use() -> str:
        found, made = studied(folder)
        assert squares(found["runs"]) == [0, 1, 4, 9, 16, 25]
        assert made
        return " ".join(made)

    use()
    return Victim(folder / "runs.jsonl", use)


def weights(folder: Path, monkeypatch) -> Victim:
    """The digest stands in the JSON file beside it."""

    def use() -> str | None:
        given = {"data": DATA, "fresh": False, "progress": silent}
        model, _, why = cached_classifier(folder, CLASSIFIER_SETTINGS, **given)
        answers.append(model(DATA.test_images))
        assert torch.equal(answers[0], answers[-1])
        return why

    answers = []
    use()
    return Victim(folder / "classifier.safetensors", use, ("classifier.json",))


def checkpoint(folder: Path, monkeypatch) -> Victim:
    """The state of a training is a zip, with checksums of its own; the run starts afresh."""
    path = folder / "gan.ckpt"
    training.interrupted(path, 9)
    whole = training.train(on_checkpoint=training.measure)

    def use() -> None:
        assert training.same_bytes(training.train(state_path=path, on_checkpoint=training.measure), whole)

    return Victim(path, use)


def flip_a_bit(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("kind", [runs, weights, checkpoint])
def test_a_damaged_file_is_named_and_not_used_and_nothing_else_is_lost(tmp_path, monkeypatch, capsys, kind):
    file, use, again = kind(tmp_path, monkeypatch)
    flip_a_bit(file)
    others = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path != file}
    capsys.readouterr()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            said = [use() or ""]
        except (ValueError, OSError) as error:
            said = [str(error)]
    said += [*(str(warning.message) for warning in warned), *capsys.readouterr().out.splitlines()]
    assert any(str(file) in line for line in said), said
    for path, content in others.items():
        assert path.read_bytes() == content or path.name in again, path


def test_a_damaged_notebook_is_named(tmp_path):
    (tmp_path / "n.ipynb").write_text('{"cells": [')
    with pytest.raises(ValueError, match="n.ipynb is damaged, no notebook"):
        notebook_digest(tmp_path / "n.ipynb")
