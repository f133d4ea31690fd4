"""Check a notebook's parameters before anything is trained."""

import ast
import typing
from collections.abc import Iterable
from dataclasses import fields

INJECTED = "# Parameters\n"  # how papermill begins the cell that it adds


def check_parameters(namespace: dict) -> None:
    """Check the parameters cell and what papermill injected, before anything is trained.

    Args:
        namespace: the notebook's globals(). Its annotated names are the parameters.

    Raises:
        ValueError: an injected name is unknown, or a value is not of its declared type.
    """
    declared = namespace["__annotations__"]
    for name in injected_names(namespace.get("In", [])):
        if name not in declared:
            raise ValueError(
                f"{name} is not a parameter of this notebook; its parameters are {listing(declared)}"
            )
    for name, kind in declared.items():
        if not fits(namespace[name], kind):
            raise ValueError(
                f"{name} is {namespace[name]!r}; it must be of type {type_name(kind)}. "
                f"The parameters are {listing(declared)}"
            )


def parameters_of(settings: type, namespace: dict) -> dict:
    """Return the parameters of a notebook that a dataclass of settings has fields for.

    Args:
        namespace: the notebook's globals().
    """
    names = namespace["__annotations__"]
    return {field.name: namespace[field.name] for field in fields(settings) if field.name in names}


def injected_names(cells: Iterable[str]) -> list[str]:
    """Return the names that papermill's injected cells assign."""
    nodes = [node for cell in cells if cell.startswith(INJECTED) for node in ast.parse(cell).body]
    return [target.id for node in nodes if isinstance(node, ast.Assign) for target in node.targets]


def fits(value: object, kind: object) -> bool:
    """Return whether a value is of a declared type; an int is a float, a bool is neither."""
    if typing.get_origin(kind) is list:
        (item,) = typing.get_args(kind)
        return isinstance(value, list) and all(fits(one, item) for one in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, (int, float) if kind is float else kind)


def type_name(kind: object) -> str:
    return str(kind) if typing.get_origin(kind) else kind.__name__


def listing(declared: dict) -> str:
    return ", ".join(f"{name} ({type_name(kind)})" for name, kind in declared.items())
