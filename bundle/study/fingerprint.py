"""Which code a result comes from: the files that a function's module reaches by import, each with a digest.

What cannot change a result is left out, so that it may be edited and results stay:

- Comments, docstrings and layout: a digest is of the syntax tree. Of a file that a module names and has
  beside it (`cells.c`) it is of the text, whatever its line ends.
- The modules in NOT_DECIDING: they are no part of a fingerprint. Where they are used, a statement that only
  calls them, as a check of an argument does, does not count, and elsewhere their names are all alike.
- Where a file stands: fingerprints are compared by their digests, and names of files are for messages. So a
  module's digest leaves out its imports from this project; who takes which names from whom is a digest of its
  own, "imports". A module used by its name (`mnist.load`) counts with that name.
- `__init__.py`: those of what decides are empty.
"""

import ast
import functools
import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from packaging.version import Version

ROOT = Path(__file__).parents[2]
TOPS = ("lib", "bundle")
PACKAGES = ("torch", "numpy")  # those that compute
# They check, fetch, keep and tell, and compute nothing. They import the standard library and each other
# alone, since imports are not followed from here: what else they reached would be missing.
NOT_DECIDING = (
    "lib/checks.py",  # which arguments are allowed
    "lib/files.py",  # files that are whole
    "lib/npm.py",  # fetching
    "lib/progress.py",
    "bundle/study/outcome.py",  # what a run returns
)
NO_PART = ("kind", "type_comment", "type_ignores")  # fields of a syntax tree that decide nothing


def identity(function: Callable) -> dict:
    """Return what decides a function's results beside its arguments: code, and versions of packages.

    An import counts wherever it stands, inside a function too.
    """
    function = getattr(function, "func", function)  # of a partial, what it calls
    files = _files_behind(Path(inspect.getsourcefile(inspect.unwrap(function))).resolve())
    return {
        "code": {path.relative_to(ROOT).as_posix(): digest(path) for path in files},
        "imports": _short("\n".join(_who_takes_what(files))),
        "packages": {name: version(name) for name in PACKAGES},
    }


def differences(before: dict, now: dict) -> str:
    """Return in words how two identities differ, "" where they do not."""
    code_before, code_now = before.get("code", {}), now["code"]
    changed = {path for path, value in code_before.items() if value not in code_now.values()}
    changed |= {path for path, value in code_now.items() if value not in code_before.values()}
    words = [f"{path} changed" for path in sorted(changed)]
    if not words and before.get("imports") != now["imports"]:
        words = ["a name is imported from another module"]
    for name, version_now in now["packages"].items():
        version_before = before.get("packages", {}).get(name, "0")
        if Version(version_before).release != Version(version_now).release:
            words.append(f"{name} {version_before} then, {version_now} now")
    return ", ".join(words)


def _files_behind(path: Path) -> list[Path]:
    """Return a file and those that it reaches, but for those that decide nothing."""
    waiting, files = [path], set()
    while waiting:
        path = waiting.pop()
        if path not in files and not is_left_out(path):
            files.add(path)
            waiting += reached(path)
    return sorted(files)


def is_left_out(path: Path) -> bool:
    return path in {ROOT / name for name in NOT_DECIDING}


@functools.cache
def _nodes(path: Path) -> list[ast.AST]:
    """Return the nodes of a module's syntax tree; of another file none."""
    return list(ast.walk(ast.parse(path.read_bytes()))) if path.suffix == ".py" else []


def reached(path: Path) -> list[Path]:
    """Return this project's files that a module imports, or names and has beside it."""
    files = {_module(name) for name, _ in imports(path)} - {None}
    beside = {neighbour.name: neighbour for neighbour in path.parent.iterdir() if neighbour.is_file()}
    for node in _nodes(path):
        if isinstance(node, ast.Constant) and node.value in beside:
            files.add(beside[node.value])
    return sorted(files)


def imports(path: Path) -> list[tuple[str, str]]:
    """Return all that a module imports, each by its name in full and the name it is used by."""
    names = []
    for node in _nodes(path):
        if isinstance(node, ast.Import | ast.ImportFrom):
            package = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names += [(package + alias.name, alias.asname or alias.name) for alias in node.names]
    return names


def _module(name: str) -> Path | None:
    """Return this project's file that has what is imported by a name, if there is one."""
    parts = name.split(".")
    if parts[0] in TOPS:
        for count in range(len(parts), 0, -1):
            path = ROOT.joinpath(*parts[:count]).with_suffix(".py")
            if path.is_file():
                return path
    return None


def _who_takes_what(paths: Iterable[Path]) -> list[str]:
    """Return which names modules take from which of this project's that decide, by the digests of both."""
    lines = set()
    for path in paths:
        for name, used_as in imports(path):
            module = _module(name)
            if module and not is_left_out(module):
                lines.add(f"{digest(path)} {name.rpartition('.')[2]} {used_as} {digest(module)}")
    return sorted(lines)


@functools.cache
def digest(path: Path) -> str:
    """Return twelve hexadecimal digits that stand for what a file does."""
    if path.suffix != ".py":
        return hashlib.sha256(content(path)).hexdigest()[:12]
    modules = {used_as: _module(name) for name, used_as in imports(path)}
    left_out = {used_as for used_as, module in modules.items() if module and is_left_out(module)}
    tree = _Deciding(left_out).visit(ast.parse(path.read_bytes()))
    return _short(" ".join(_tree_words(tree)))


class _Deciding(ast.NodeTransformer):
    """Take out of a module what decides nothing; `left_out` are the names that it has from NOT_DECIDING."""

    def __init__(self, left_out: set[str]):
        self.left_out = left_out

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_text = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        is_check = isinstance(node.value, ast.Call) and self._is_left_out(node.value.func)
        return None if is_text or is_check else self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> ast.AST | None:
        return None if node.names[0].name.split(".")[0] in TOPS else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST | None:
        return None if node.module and node.module.split(".")[0] in TOPS else node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("left out", node.ctx) if self._is_left_out(node) else node

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Name("left out", node.ctx) if self._is_left_out(node) else self.generic_visit(node)

    def _is_left_out(self, node: ast.AST) -> bool:
        """Return whether a node is such a name, or has one before its dots: `files.sealed`."""
        while isinstance(node, ast.Attribute):
            node = node.value
        return isinstance(node, ast.Name) and node.id in self.left_out


def _tree_words(node: object) -> Iterator[str]:
    """Yield a syntax tree as words, alike in every Python: no places or empty fields."""
    if isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if value is not None and value != [] and name not in NO_PART:
                yield from (name, "(", *_tree_words(value), ")")
    elif isinstance(node, list):
        for part in node:
            yield from (*_tree_words(part), ",")
    else:
        yield repr(node)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def content(path: Path) -> bytes:
    """Return what a file holds, with the same line ends whatever the checkout gave it."""
    return path.read_bytes().replace(b"\r\n", b"\n")


def code_files(*, without: Iterable[str] = ()) -> list[Path]:
    """Return the files of both packages in a fixed order, but for those in `without`, from the root."""
    files = [path for top in TOPS for path in (ROOT / top).rglob("*") if path.suffix in (".py", ".c")]
    for place in without:
        files = [path for path in files if not path.is_relative_to(ROOT / place)]
    return sorted(files)


def digest_all(paths: Iterable[Path]) -> str:
    """Return one hash of the names and contents of these files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + hashlib.sha256(content(path)).digest())
    return total.hexdigest()
