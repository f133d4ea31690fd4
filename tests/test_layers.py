"""Three floors, one direction: a package imports from floors below, and on its own floor only as allowed.

No sentence of the report stands in the code: they are in the notebooks, templates and report/*.yaml.
"""

import ast
from pathlib import Path

BOTTOM = {"lib", "bundle/study", "bundle/original"}
MIDDLE = {"bundle/experiments", "bundle/analysis", "bundle/figures", "bundle/notebook", "bundle/render"}
ALLOWED = {
    "lib": set(),
    "bundle/original": set(),
    "bundle/jupyter": set(),
    "bundle/study": {"lib", "bundle/original"},
    "bundle/experiments": BOTTOM,
    "bundle/analysis": BOTTOM,
    "bundle/figures": BOTTOM | {"bundle/analysis"},
    "bundle/notebook": BOTTOM | {"bundle/experiments", "bundle/analysis", "bundle/figures"},
    "bundle/render": BOTTOM | MIDDLE,
    "bundle/commands": BOTTOM | MIDDLE,
}
LIB = ["lib", "lib/recurrent", "lib/gan", "lib/evaluation", "lib/latent"]  # from below to above
MODULES = sorted(path for top in ("lib", "bundle") for path in Path(top).rglob("*.py"))
SCIENCE = {"torch", "torchvision"}
WITHOUT_TORCH = ("bundle/analysis", "bundle/figures", "bundle/original")
MOST_WORDS = 8  # of a string of analysis and figures


def package(path: Path) -> str:
    """Return the package that a module belongs to: "lib", or the first two parts of its path."""
    parts = path.with_suffix("").parts
    return parts[0] if parts[0] == "lib" else "/".join(parts[:2])


def imported(path: Path) -> set[Path]:
    """Return the modules that a module names in its imports, inside functions too, without their suffix."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module}
    return {Path(*name.split(".")) for name in names}


IMPORTED = {path.with_suffix(""): imported(path) for path in MODULES}


def reached(module: Path) -> set[Path]:
    """Return every module that importing a module brings in, ours and others."""
    seen, ahead = set(), {module}
    while ahead:
        found = set.union(*(IMPORTED.get(name, set()) for name in ahead))
        ahead = found - seen
        seen |= found
    return seen


def test_a_package_imports_from_floors_below_and_as_allowed_from_its_own():
    assert {package(path) for path in MODULES} == {*ALLOWED, "bundle/__init__"}
    for module, names in IMPORTED.items():
        for name in names & IMPORTED.keys():
            home, other = package(module), package(name)
            assert other in ALLOWED.get(home, set()) | {home}, f"{module} imports {name}"
            if home == other == "lib":
                floors = [LIB.index(path.parent.as_posix()) for path in (name, module)]
                assert floors == sorted(floors), f"{module} imports {name}"


def test_modules_do_not_import_each_other_in_a_circle():
    assert [module for module in IMPORTED if module in reached(module)] == []


def test_analysis_and_figures_need_no_torch():
    for module in IMPORTED:
        if package(module) in WITHOUT_TORCH:
            assert not {name.parts[0] for name in reached(module)} & SCIENCE, module


def words(node: ast.AST) -> int:
    """Count the words of a string and of all that is joined to it; of f-strings and of sums of strings."""
    if isinstance(node, ast.Constant):
        return len(node.value.split()) if isinstance(node.value, str) else 0
    if isinstance(node, ast.JoinedStr):
        return sum(map(words, node.values))
    return words(node.left) + words(node.right) if isinstance(node, ast.BinOp) else 0


def left_out(tree: ast.AST) -> set[ast.AST]:
    """Return the docstrings, and all that an exception is raised with."""
    nodes = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            nodes.update(ast.walk(node))
        elif isinstance(node, ast.Expr):
            nodes.add(node.value)
    return nodes


def test_no_string_of_analysis_and_figures_is_a_sentence():
    for path in MODULES:
        if package(path) in ("bundle/analysis", "bundle/figures"):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            shown = set(ast.walk(tree)) - left_out(tree)
            assert [node.lineno for node in shown if words(node) > MOST_WORDS] == [], path
