"""Data flow one way: each module of lib imports only from layers below its own."""

import ast
from pathlib import Path

import pytest

LAYERS = [
    {"checks", "palindromes", "mnist", "records", "state", "compiled"},
    {"lstm", "rnn", "gan", "classifier", "cluster", "execution"},
    {"latent", "metrics", "training", "adversarial"},
    {"experiments", "digits", "stacked", "walks", "study"},
    {"figures", "ledger", "gan_claims", "walk_claims"},
    {"notebook", "controls"},
    {"explore"},
    {"report_cells"},
    {"report"},
    {"bundle", "batch"},
]
LAYER = {name: height for height, names in enumerate(LAYERS) for name in names}
PAIRS = [
    ("rnn", "lstm"),
    ("cluster", "records"),
    ("execution", "records"),
    ("walk_claims", "ledger"),
]  # the first may import the second, of its own layer
MODULES = sorted(path for path in Path("lib").glob("*.py") if path.stem != "__init__")


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_a_module_imports_only_from_below(path):
    assert path.stem in LAYER, f"{path} has no layer: name it in LAYERS"
    ours = {name.split(".")[1] for name in imported(path) if name.startswith("lib.")}
    above = {name for name in ours & set(LAYER) if LAYER[name] > LAYER[path.stem]}
    same = {name for name in ours & set(LAYER) if LAYER[name] == LAYER[path.stem]}
    assert not above
    assert not same or (path.stem, *same) in PAIRS, same


@pytest.mark.parametrize(
    "name",
    ["figures", "ledger", "gan_claims", "walk_claims", "records", "bundle", "report", "notebook", "batch"],
)
def test_drawing_judging_and_binding_need_no_torch(name):
    assert not any(
        module.split(".")[0] in ("torch", "torchvision") for module in imported(Path("lib", f"{name}.py"))
    )
