"""Every kind of file that the bundle reads, damaged: it is named, not used, and nothing else is lost."""

import hashlib
import json
import warnings
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import nbformat
import pytest
import torch
import yaml
from nbformat.v4 import new_code_cell, new_markdown_cell

from bundle.commands import execute, report
from bundle.experiments.cache import cached_classifier
from bundle.render.pdf import bind
from bundle.study import records
from bundle.study.study import study
from lib import mnist
from lib.evaluation.classifier import Classifier
from lib.files import sealed, write_atomically
from lib.mnist import Mnist
from lib.progress import silent
from tests import test_gan_runs as gan
from tests import test_gan_training as training
from tests.notebooks import notebook_of
from tests.test_study import SETTINGS, square, squares

SOURCE = torch.Generator().manual_seed(0)
IMAGES = [torch.rand(n, 1, 28, 28, generator=SOURCE) * 2 - 1 for n in (300, 256)]
DATA = Mnist(IMAGES[0], torch.arange(300) % 10, IMAGES[1], torch.arange(256) % 10)


class Victim(NamedTuple):
    """A file, and what reads it: returns what it says, having made the thing again, or raises in one line."""

    file: Path
    use: Callable[[], str | None]
    again: tuple[str, ...] = ()  # names of files that are made again with it


def raw_file(folder: Path, monkeypatch) -> Victim:
    raw = mnist.folder(folder)
    for name in mnist.SHA256:
        write_atomically(raw / name, name.encode() * 100)
        monkeypatch.setitem(mnist.SHA256, name, hashlib.sha256(name.encode() * 100).hexdigest())
    return Victim(mnist.fetch(folder)[2], lambda: mnist.fetch(folder))


def runs(folder: Path, monkeypatch) -> Victim:
    def use() -> str:
        with ThreadPoolExecutor(1) as executor:
            found, made = study(square, SETTINGS, directory=folder, executor=executor)
        assert squares(found) == [0, 1, 4, 9, 16, 25]
        assert made
        return " ".join(made)

    use()
    return Victim(folder / "runs.jsonl", use)


def made_by(folder: Path, monkeypatch) -> Victim:
    _, use, _ = runs(folder, monkeypatch)
    return Victim(folder / "fingerprints.json", use)


def of_classifier(suffix: str) -> Callable:
    def prepared(folder: Path, monkeypatch) -> Victim:
        def use() -> str | None:
            model, _, why = cached_classifier(
                folder, gan.CLASSIFIER_SETTINGS, data=DATA, fresh=False, progress=silent
            )
            answers.append(model(DATA.test_images))
            assert torch.equal(answers[0], answers[-1])
            return why

        answers = []
        use()
        return Victim(folder / f"classifier.{suffix}", use, ("classifier.json", "classifier.safetensors"))

    return prepared


def of_gan(name: str) -> Callable:
    def prepared(folder: Path, monkeypatch) -> Victim:
        def use() -> str | None:
            torch.manual_seed(0)
            record, grids, why = gan.made(folder, Classifier(width=2).eval(), DATA)
            found.append((record.columns, {kind: grids[kind][6].tolist() for kind in grids}))
            assert found[0] == found[-1]
            return why

        found = []
        use()
        (file,) = folder.rglob(name)
        return Victim(
            file, use, ("generator.json", "generator.safetensors", *(p.name for p in folder.rglob("gan*")))
        )

    return prepared


def checkpoint(folder: Path, monkeypatch) -> Victim:
    path = folder / "gan.ckpt"
    training.interrupted(path, 9)
    whole = training.train(on_checkpoint=training.measure)

    def use() -> None:
        assert training.same_bytes(training.train(state_path=path, on_checkpoint=training.measure), whole)

    return Victim(path, use)


def staged(folder: Path) -> Callable[[], int]:
    def make() -> list[Path]:
        write_atomically(folder / "n.ipynb", nbformat.writes(notebook_of(new_code_cell("1"))).encode())
        return [folder / "n.ipynb"]

    def use() -> None:
        made = []
        report.update("stage", ["a"], lambda: made.append(1) or make(), folder / "stamps")
        assert made

    use()
    report.update("another", ["a"], lambda: [], folder / "stamps")
    return use


def stamp(folder: Path, monkeypatch) -> Victim:
    use = staged(folder)
    return Victim(folder / "stamps" / "stage.json", use, ("n.ipynb",))


def executed_notebook(folder: Path, monkeypatch) -> Victim:
    use = staged(folder)
    return Victim(folder / "n.ipynb", use, ("stage.json",))


def profile(folder: Path, monkeypatch) -> Victim:
    said = yaml.safe_dump(
        {"output": ".", "notebooks": ".", "pdf": "x.pdf", "parameters": {}}, sort_keys=False
    )
    (folder / "p.yaml").write_text(said)
    return Victim(folder / "p.yaml", lambda: report.load_profile(folder / "p.yaml"))


def benchmark(folder: Path, monkeypatch) -> Victim:
    monkeypatch.setattr(records, "BENCHMARKS", folder)
    write_atomically(folder / "bench-x.json", json.dumps(sealed({"goals": [1.25, 2.5]}), indent=1).encode())
    assert records.benchmark("x", "goals") == [1.25, 2.5]
    return Victim(folder / "bench-x.json", lambda: records.benchmark("x", "goals"))


def bound_notebook(folder: Path, monkeypatch) -> Victim:
    nbformat.write(notebook_of(new_markdown_cell("# A title")), folder / "n.ipynb")
    (folder / "front.md").write_text("---\ntitle: T\n---\n")
    (folder / "x.pdf").write_text("the one before")
    return Victim(
        folder / "n.ipynb",
        lambda: bind([folder / "n.ipynb"], front=(folder / "front.md").read_text(), output=folder / "x.pdf"),
    )


def notebook_to_execute(folder: Path, monkeypatch) -> Victim:
    nbformat.write(notebook_of(new_code_cell("1 + 1")), folder / "n.ipynb")
    return Victim(folder / "n.ipynb", lambda: execute.sources(folder / "n.ipynb"))


KINDS = {
    "raw file of MNIST": raw_file,
    "runs": runs,
    "what made runs": made_by,
    "weights of the classifier": of_classifier("safetensors"),
    "settings beside the classifier": of_classifier("json"),
    "weights of the generator": of_gan("generator.safetensors"),
    "settings beside the generator": of_gan("generator.json"),
    "run of a GAN": of_gan("gan.jsonl"),
    "grids of a GAN": of_gan("gan-*.npz"),
    "checkpoint": checkpoint,
    "stamp": stamp,
    "profile": profile,
    "benchmark record": benchmark,
    "executed notebook": executed_notebook,
    "executed notebook to be bound": bound_notebook,
    "notebook to be executed": notebook_to_execute,
}
WRITTEN_BY_HAND = (profile, bound_notebook, notebook_to_execute)  # no digest tells one letter from another


def cut(file: Path, _) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def flipped(part: float) -> Callable:
    def flip(file: Path, kind: Callable) -> None:
        whole = file.read_bytes()
        for place in range(int(len(whole) * part), len(whole)):
            data = bytearray(whole)
            data[place] ^= 0x80 if kind in WRITTEN_BY_HAND else 1
            if not same_json(data, whole):
                break
        file.write_bytes(data)

    return flip


def same_json(one: bytes, other: bytes) -> bool:
    """Return whether both say the same in JSON: a number's seventeenth digit may change nothing."""
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return False


def test_a_last_digit_that_changes_no_number_is_no_damage(tmp_path):
    file = tmp_path / "record.json"
    file.write_text('{"a": 0.30000000000000004, "b": 1}')
    flipped(0.72)(file, runs)  # the last digit of a, 4, to 5: the same double
    assert file.read_text() == '{"a": 0.30000000000000004- "b": 1}'


def emptied(file: Path, _) -> None:
    file.write_bytes(b"")


def made_a_folder(file: Path, _) -> None:
    file.unlink()
    file.mkdir()
    (file / "inside").write_text("of a person")


DAMAGE = {"cut": cut, "flipped": flipped(0.5), "flipped late": flipped(0.9), "emptied": emptied}
DAMAGE |= {"replaced by a folder": made_a_folder}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_damaged_file_is_named_and_not_used_and_nothing_else_is_lost(
    tmp_path, monkeypatch, capsys, kind, damage
):
    file, use, again = kind(tmp_path, monkeypatch)
    damage(file, kind)
    others = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file() and file not in (p, *p.parents)}
    capsys.readouterr()
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        try:
            said = [use() or ""]
        except (ValueError, OSError) as error:
            said = [str(error)]
    said += [*(str(one.message) for one in warned), *capsys.readouterr().out.splitlines()]
    named = [line for line in said if str(file) in line]
    assert named, said
    assert not any("\n" in line for line in named)
    for path, content in others.items():
        assert path.read_bytes() == content or path.name in again, path
    if damage is made_a_folder:
        assert "of a person" in [p.read_text() for p in tmp_path.rglob("inside")]
