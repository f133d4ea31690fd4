"""Which code a result comes from: the files that a function's module reaches by import, each with a digest.

What cannot change a result is left out, so that it may be edited and results stay:

- Comments, docstrings and layout: a digest is of the syntax tree. Of a file that a module names and has
  beside it (`cells.c`) it is of the text, whatever its line ends.
- The modules in NOT_DECIDING: they are no part of a fingerprint. Where they are used, a statement that only
  calls them, as a check of an argument does, does not count, and elsewhere their names are all alike.
- Where a file stands: fingerprints are compared by their digests, and names of files are for messages. So a
  module's digest leaves out its imports from this project; who takes which names from whom is a digest of its
  own, "imports". A module used by its name (`mnist.load`) counts with that name.
"""

import ast
import functools
import hashlib
import inspect
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOPS = ("lib", "bundle")
PACKAGES = ("torch", "numpy")  # those that compute
# They check, fetch, keep and tell, and compute nothing. They import the standard library and each other
# alone, since imports are not followed from here: what else they reached would be missing.
NOT_DECIDING = (
    "lib/checks.py",  # which arguments are allowed
    "lib/files.py",  # files that are whole, locks
    "lib/npm.py",  # fetching
    "lib/progress.py",
    "bundle/study/outcome.py",  # what a run returns
)
NO_PART = ("kind", "type_comment", "type_ignores")  # fields of a syntax tree that decide nothing


def code_of(*functions: Callable) -> dict[str, str]:
    """Return the digest of every file that decides what functions return, by its path from the root.

    An import counts wherever it stands, inside a function too. Files without a statement do not count.
    """
    return {path.relative_to(ROOT).as_posix(): digest(path) for path in _files_behind(functions)}


def identity(*functions: Callable) -> dict:
    """Return what decides the results of functions beside their arguments: code, and versions of packages."""
    functions = [getattr(function, "func", function) for function in functions]  # of a partial, what it calls
    imports = _short("\n".join(_who_takes_what(_files_behind(functions))))
    packages = {name: version(name) for name in PACKAGES}
    return {"code": code_of(*functions), "imports": imports, "packages": packages}


def fingerprint(identity: dict) -> str:
    """Return twelve hexadecimal digits that stand for an identity, wherever its files are."""
    digests = sorted(set(identity.get("code", {}).values()))
    packages = sorted(identity.get("packages", {}).items())
    return _short(repr((digests, identity.get("imports"), packages)))


def differences(before: dict, now: dict) -> str:
    """Return in words how two identities differ, "" where they do not."""
    if not before:
        return "the code that made it is not named"
    code_before, code_now = before.get("code", {}), now["code"]
    old_paths = [path for path, value in code_before.items() if value not in code_now.values()]
    new_paths = [path for path, value in code_now.items() if value not in code_before.values()]
    words = [f"{path} changed" for path in sorted({*old_paths, *new_paths})]
    if not words and before.get("imports") != now.get("imports"):
        words = ["a name is imported from another module"]
    versions_before, versions_now = before.get("packages", {}), now["packages"]
    for name in sorted(versions_before.keys() | versions_now.keys()):
        version_before, version_now = versions_before.get(name), versions_now.get(name)
        if version_before != version_now:
            words.append(f"{name} {version_before} then, {version_now} now")
    return ", ".join(words)


def _files_behind(functions: Iterable[Callable]) -> list[Path]:
    """Return the files that decide what functions return."""
    waiting = [Path(inspect.getsourcefile(inspect.unwrap(function))).resolve() for function in functions]
    files: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in files and decides(path):
            files.add(path)
            waiting += reached(path)
    return sorted(files)


@functools.cache
def decides(path: Path) -> bool:
    """Return whether a file is neither left out nor without a statement."""
    is_empty = path.suffix == ".py" and all(map(_is_text, _tree(path).body))
    return not (is_empty or is_left_out(path))


def is_left_out(path: Path) -> bool:
    return path in {ROOT / name for name in NOT_DECIDING}


@functools.cache
def reached(path: Path) -> list[Path]:
    """Return this project's files that a module imports, or names and has beside it."""
    if path.suffix != ".py":
        return []
    files = {file for name, _ in imports(path) for file in _files_of(name)}
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Constant) and _is_file_name(node.value):
            neighbour = path.parent / node.value
            if neighbour.is_file():
                files.add(neighbour)
    return sorted(files - {path})


@functools.cache
def imports(path: Path) -> list[tuple[str, str]]:
    """Return all that a module imports, each by its name in full and the name it is used by."""
    names = []
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            package = f"{node.module}." if isinstance(node, ast.ImportFrom) else ""
            names += [(package + alias.name, alias.asname or alias.name) for alias in node.names]
    return names


def _files_of(name: str) -> list[Path]:
    """Return the files that an import of this project runs: those of the packages around it, its module."""
    parts, files = name.split("."), []
    for count in range(1, len(parts) + 1) if parts[0] in TOPS else ():
        base = ROOT.joinpath(*parts[:count])
        files += [file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file()]
    return files


def _who_takes_what(paths: Iterable[Path]) -> list[str]:
    """Return which names modules take from which of this project's that decide, by the digests of both."""
    lines = set()
    for path in paths:
        for name, used_as in imports(path) if path.suffix == ".py" else ():
            module = _module_of(name)
            if module and decides(module):
                lines.add(f"{digest(path)} {name.rpartition('.')[2]} {used_as} {digest(module)}")
    return sorted(lines)


def _module_of(name: str) -> Path | None:
    return next(reversed(_files_of(name)), None)


def _is_file_name(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and value.count(".") == 1 and "/" not in value


@functools.cache
def digest(path: Path) -> str:
    """Return twelve hexadecimal digits that stand for what a file does."""
    if path.suffix != ".py":
        return hashlib.sha256(content(path)).hexdigest()[:12]
    modules = {used_as: _module_of(name) for name, used_as in imports(path)}
    left_out = {used_as for used_as, module in modules.items() if module and is_left_out(module)}
    tree = ast.parse(path.read_bytes())  # one of its own, to be changed
    return _short(" ".join(_tree_words(_Deciding(left_out).visit(tree))))


class _Deciding(ast.NodeTransformer):
    """Take out of a module what decides nothing; `left_out` are the names that it has from NOT_DECIDING."""

    def __init__(self, left_out: set[str]):
        self.left_out = left_out

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        is_check = isinstance(node.value, ast.Call) and self._is_left_out(node.value.func)
        return None if is_check or _is_text(node) else self.generic_visit(node)

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


def content(path: Path) -> bytes:
    """Return what a file holds, a text with the same line ends whatever the checkout gave it."""
    data = path.read_bytes()
    return data if b"\0" in data else data.replace(b"\r\n", b"\n")


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


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


def _is_text(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def sources(*, without: Iterable[str] = ()) -> list[Path]:
    """Return the files of both packages in a fixed order, but for those in `without`, from the root."""
    files = [path for top in TOPS for path in (ROOT / top).rglob("*") if path.suffix in (".py", ".c", ".h")]
    for place in without:
        files = [path for path in files if not path.is_relative_to(ROOT / place)]
    return sorted(files)


def digest_all(paths: Iterable[Path]) -> str:
    """Return one hash of the names and contents of these files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + hashlib.sha256(content(path)).digest())
    return total.hexdigest()
