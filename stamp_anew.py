"""Give every stored result the fingerprint of the code that stands here; for this change alone, then removed.

python stamp_anew.py [--sample] [--root FOLDER]

With --sample, three runs of each kind are first trained again, and must come out the same; of those that take
longer than LONG, the first batches. Nothing is stamped where one does not.
"""

import argparse
import json
import os
import random
import sys
from dataclasses import replace
from pathlib import Path

from bundle.commands import verify
from bundle.experiments.digit_classifier import run_classifier
from bundle.experiments.gan import GanRun, run_gan
from bundle.experiments.generators import GeneratorRun
from bundle.study import fingerprint, records
from bundle.study.layout import Output
from bundle.study.provenance import processor
from bundle.study.records import Record
from bundle.study.study import on_one_thread
from bundle.study.workers import workers
from lib import mnist
from lib.files import read_sealed, sealed, write_atomically
from lib.gan.trainer import GanTrainer

RUNS = 3  # of each kind
LONG = 500  # seconds
BATCHES = 200  # of a long run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sample", action="store_true", help="train three runs of each kind again first")
    parser.add_argument("--root", type=Path, default=Path(), help="the folder of results and models")
    options = parser.parse_args()
    os.chdir(options.root)
    stored = {path: records.load(path) for path in sorted(Path("results").glob("*/**/*.json"))}
    if unknown := {verify.kind_of(record) for record in stored.values()} - set(verify.runs()):
        sys.exit(f"there are records of other kinds: {unknown}; nothing is stamped")
    if options.sample and sample(list(stored.values())):
        sys.exit("not all came out the same; nothing is stamped")
    here = {kind: fingerprint.identity(run) for kind, run in verify.runs().items()}
    for path, record in stored.items():
        stamp_record(path, record, here[verify.kind_of(record)])
    stamp_model("classifier", fingerprint.identity(run_classifier))
    stamp_model("generator", fingerprint.identity(run_gan))
    print(f"{len(stored)} records and two models are stamped anew.")


def stamp_record(path: Path, record: Record, identity: dict) -> None:
    """Write a record with another identity under its own name; all other lines stay as they are."""
    if records.path_of(record.settings, path.parent) != path:
        sys.exit(f"{path} is not the name of its settings")
    before = path.read_text(encoding="utf-8").splitlines()
    record.identity = identity
    records.save(record, path.parent)
    after = path.read_text(encoding="utf-8").splitlines()
    changed = {old.split(":")[0] for old, new in zip(before, after, strict=True) if old != new}
    assert changed <= {'"identity"', '"contents"'}, (path, changed)


def stamp_model(name: str, identity: dict) -> None:
    path = Output(Path()).models / f"{name}.json"
    said = read_sealed(path) | {"identity": identity}
    write_atomically(path, (json.dumps(sealed(said), indent=2) + "\n").encode())


def sample(stored: list[Record]) -> int:
    """Train a few runs of each kind again; return how many came out otherwise."""
    bad = 0
    for kind, run in verify.runs().items():
        mine = [record for record in stored if verify.kind_of(record) == kind and made_as_here(record)]
        short = [record for record in mine if record.provenance["seconds"] <= LONG]
        long = [record for record in mine if record not in short and kind in ("gan", "generator")]
        chosen = random.Random(0).sample(short, min(RUNS, len(short)))
        begun = random.Random(0).sample(long, min(RUNS, len(long)))
        with workers() as executor:
            whole = [executor.submit(on_one_thread, run, record.settings, {}) for record in chosen]
            first = [executor.submit(first_batches, record) for record in begun]
            said = [compared(record, one.result()) for record, one in zip(chosen, whole, strict=True)]
            said += [one.result() for one in first]
        problems = list(filter(None, said))
        print(
            f"{kind}: {len(chosen)} runs and {len(begun)} beginnings, {len(problems)} otherwise", flush=True
        )
        for problem in problems:
            print(f"    {problem}", flush=True)
        bad += len(problems)
    return bad


def made_as_here(record: Record) -> bool:
    """Return whether a record must come out the same here: by its processor, in Part 1 also by its cells."""
    there, here = record.provenance["processor"], processor()
    if verify.kind_of(record) in ("palindromes", "inside"):
        return there == here
    return there.split(",")[0] == here.split(",")[0]


def compared(record: Record, made: Record) -> str:
    """Return how two records differ, by the rule for the same kind of processor."""
    return verify.compared(replace(record, provenance=made.provenance), made)


def first_batches(record: Record) -> str:
    """Train a GAN for its first batches; return how its losses on record differ, or ""."""
    import torch

    torch.set_num_threads(1)
    kind = GeneratorRun if verify.kind_of(record) == "generator" else GanRun
    run, window = kind.read(record.settings), record.columns["batch"][1]
    count = max(1, BATCHES // window)  # of means on record
    trainer = GanTrainer(mnist.load(name=run.dataset).train_images, run.training)
    for _ in range(count * window):
        trainer.step()
    for name, curve in zip(("generator_loss", "discriminator_loss"), trainer.curves.cpu(), strict=True):
        parts = curve[: count * window].split(window)
        means = [round(part.double().mean().item(), 6) for part in parts]
        before = record.columns[name][:count]
        if means != before:
            slug = records.path_of(record.settings, Path()).name
            return f"{slug}: first {count * window} batches: {name} {means}, on record {before}"
    return ""


if __name__ == "__main__":
    main()
