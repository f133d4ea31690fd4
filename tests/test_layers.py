"""Data flows one way, from the science to the report: each folder imports only from folders below it."""

import ast
from pathlib import Path

import pytest

FOLDERS = [  # from below to above
    "lib",
    "lib/recurrent",
    "lib/gan",
    "lib/evaluation",
    "lib/latent",
    "bundle",
    "bundle/runs",
    "bundle/claims",
    "bundle/plots",
    "bundle/pages",
    "bundle/web",
    "bundle/commands",
    "bundle/jupyter",
]
MODULES = sorted(path for top in ("lib", "bundle") for path in Path(top).rglob("*.py"))
SCIENCE = {"torch", "torchvision"}


def imported(path: Path) -> set[Path]:
    """Return the modules that a module names in its imports, as paths without their suffix."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {Path(*name.split(".")) for name in names}


@pytest.mark.parametrize("path", MODULES, ids=str)
def test_a_module_imports_only_from_folders_below_its_own(path):
    height = FOLDERS.index(str(path.parent))
    for module in imported(path):
        if module.with_suffix(".py").exists():
            assert FOLDERS.index(str(module.parent)) <= height, f"{path} imports {module}"


def reached(path: Path, seen: set[Path]) -> set[Path]:
    """Return every module that importing a module brings in, ours and others."""
    for module in imported(path) - seen:
        seen.add(module)
        if module.with_suffix(".py").exists():
            reached(module.with_suffix(".py"), seen)
    return seen


FREE = [p for p in MODULES if str(p.parent) in ("bundle/claims", "bundle/plots") or p.stem == "original"]


@pytest.mark.parametrize("path", FREE, ids=str)
def test_judging_and_drawing_need_no_torch(path):
    assert not {module.parts[0] for module in reached(path, set())} & SCIENCE
