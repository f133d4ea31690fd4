"""Three floors, one direction: a package imports from floors below, and on its own floor only as allowed."""

import ast
from pathlib import Path

BOTTOM = {"lib", "bundle/study", "bundle/original"}
# on the floor in the middle: what each package may import beside what is at the bottom
MIDDLE = {
    "bundle/experiments": set(),
    "bundle/analysis": set(),
    "bundle/figures": {"bundle/analysis"},
    "bundle/notebook": {"bundle/experiments", "bundle/analysis", "bundle/figures"},
    "bundle/render": {"bundle/experiments", "bundle/analysis", "bundle/figures", "bundle/notebook"},
}
ALLOWED = {
    "lib": set(),
    "bundle/original": set(),
    "bundle/study": {"lib", "bundle/original"},
    **{package: BOTTOM | others for package, others in MIDDLE.items()},
    "bundle/commands": BOTTOM | {*MIDDLE},
    "bundle/jupyter": set(),
}
LIB = ["lib", "lib/recurrent", "lib/gan", "lib/evaluation", "lib/latent"]  # from below to above
MODULES = sorted(path for top in ("lib", "bundle") for path in Path(top).rglob("*.py"))
SCIENCE = {"torch", "torchvision"}


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


def ours(path: Path) -> set[Path]:
    """Return the files of this project that a module imports."""
    return {name.with_suffix(".py") for name in imported(path) if name.with_suffix(".py").exists()}


def test_every_module_belongs_to_a_package_with_a_floor():
    found = {package(path) for path in MODULES if path != Path("bundle/__init__.py")}
    assert found == {*ALLOWED}


def test_a_package_imports_from_floors_below_and_as_allowed_from_its_own():
    for path in MODULES:
        home = package(path)
        for module in ours(path):
            assert package(module) in ALLOWED.get(home, set()) | {home}, f"{path} imports {module}"


def test_a_module_of_lib_imports_only_from_folders_below_its_own():
    for path in [path for path in MODULES if path.parts[0] == "lib"]:
        height = LIB.index(path.parent.as_posix())
        for module in ours(path):
            assert LIB.index(module.parent.as_posix()) <= height, f"{path} imports {module}"


def reached(path: Path, seen: set[Path]) -> set[Path]:
    """Return every module that importing a module brings in, ours and others."""
    for module in imported(path) - seen:
        seen.add(module)
        if module.with_suffix(".py").exists():
            reached(module.with_suffix(".py"), seen)
    return seen


def test_modules_do_not_import_each_other_in_a_circle():
    for path in MODULES:
        assert path.with_suffix("") not in reached(path, set()), f"{path} imports itself by way of others"


def test_analysis_and_figures_need_no_torch():
    for path in MODULES:
        if package(path) in ("bundle/analysis", "bundle/figures", "bundle/original"):
            assert not {module.parts[0] for module in reached(path, set())} & SCIENCE, path
