"""Which code a result comes from: the files that a function's module reaches by import, each with a digest.

A digest is of the syntax tree without docstrings, so that comments, docstrings and layout may change and
results stay; of a file that a module names and has beside it (`cells.c`) it is of the text. Line ends do
not count.
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
LEFT_OUT = ("kind", "type_comment", "type_ignores")  # fields of a syntax tree that decide nothing


def code_of(*functions: Callable) -> dict[str, str]:
    """Return the digest of every file that the functions' modules reach by import, by its path from the root.

    An import counts wherever it stands, inside a function too.
    """
    waiting = [Path(inspect.getsourcefile(inspect.unwrap(function))).resolve() for function in functions]
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += reached(path) if path.suffix == ".py" else []
    return {path.relative_to(ROOT).as_posix(): digest(path) for path in sorted(found)}


def identity(*functions: Callable) -> dict[str, dict[str, str]]:
    """Return what decides the results of functions beside their arguments: code, and versions of packages."""
    functions = [getattr(one, "func", one) for one in functions]  # of a partial, what it calls
    return {"code": code_of(*functions), "packages": {name: version(name) for name in PACKAGES}}


def differences(before: dict, now: dict) -> str:
    """Return in words how two identities differ, "" where they do not."""
    if not before:
        return "the code that made it is not named"
    files, packages = ((before.get(part, {}), now[part]) for part in ("code", "packages"))
    found = [f"{path} changed" for path in _changed(*files)]
    return ", ".join(
        found
        + [
            f"{name} {packages[0].get(name)} then, {packages[1].get(name)} now"
            for name in _changed(*packages)
        ]
    )


def _changed(before: dict[str, str], now: dict[str, str]) -> list[str]:
    return sorted(name for name in before.keys() | now.keys() if before.get(name) != now.get(name))


@functools.cache
def reached(path: Path) -> list[Path]:
    """Return this project's files that a module imports, or names and has beside it."""
    found: set[Path] = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Constant) and _is_file_name(node.value):
            found |= {beside for beside in [path.parent / node.value] if beside.is_file()}
            continue
        else:
            continue
        found.update(file for name in names for file in _files_of(name))
    return sorted(found - {path})


def _files_of(name: str) -> Iterator[Path]:
    """Yield the file of a module of this project, and of the packages around it, which run on import too."""
    parts = name.split(".")
    for count in range(1, len(parts) + 1) if parts[0] in TOPS else ():
        base = ROOT.joinpath(*parts[:count])
        yield from (file for file in (base.with_suffix(".py"), base / "__init__.py") if file.is_file())


def _is_file_name(value: object) -> bool:
    return isinstance(value, str) and value.isprintable() and value.count(".") == 1 and "/" not in value


@functools.cache
def digest(path: Path) -> str:
    """Return twelve hexadecimal digits that stand for what a file does."""
    text = " ".join(_said(_tree(path))).encode() if path.suffix == ".py" else content(path)
    return hashlib.sha256(text).hexdigest()[:12]


def content(path: Path) -> bytes:
    """Return what a file holds, a text with the same line ends whatever the checkout gave it."""
    data = path.read_bytes()
    return data if b"\0" in data else data.replace(b"\r\n", b"\n")


@functools.cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_bytes())


def _said(node: object) -> Iterator[str]:
    """Yield a syntax tree as words, alike in every Python: no places, docstrings or empty fields."""
    if isinstance(node, ast.AST):
        yield type(node).__name__
        for name, value in ast.iter_fields(node):
            if name == "body" and isinstance(value, list):
                value = [part for part in value if not _is_text(part)]
            if value is not None and value != [] and name not in LEFT_OUT:
                yield from (name, "(", *_said(value), ")")
    elif isinstance(node, list):
        for part in node:
            yield from (*_said(part), ",")
    else:
        yield repr(node)


def _is_text(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def sources(*, without: Iterable[str] = ()) -> list[Path]:
    """Return the files of both packages in a fixed order, but for those in `without`, from the root."""
    files = [p for top in TOPS for p in (ROOT / top).rglob("*") if p.suffix in (".py", ".c", ".h")]
    return sorted(p for p in files if not any(p.is_relative_to(ROOT / left_out) for left_out in without))


def digest_all(paths: Iterable[Path]) -> str:
    """Return one hash of the names and contents of these files."""
    total = hashlib.sha256()
    for path in paths:
        total.update(path.name.encode() + b"\0" + hashlib.sha256(content(path)).digest())
    return total.hexdigest()
