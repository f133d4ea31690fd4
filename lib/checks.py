"""Checks of arguments: each raises a ValueError that names the argument, what it is and what is allowed."""

from collections.abc import Sequence
from math import inf

SEEDS = 2**63 - 2**33  # all seeds are below: others are counted on from them, and torch takes 63 bits


def require(name: str, value: object, allowed: bool, rule: str) -> None:
    """Raise ValueError unless allowed; `rule` says what is: "between 0 and 1"."""
    if not allowed:
        raise ValueError(f"{name} is {value}; it must be {rule}")


def at_least(name: str, value: float, low: float) -> None:
    """Raise ValueError unless value >= low."""
    require(name, value, not value < low, f"at least {low}")


def between(name: str, value: float, low: float, high: float) -> None:
    """Raise ValueError unless low <= value <= high."""
    require(name, value, low <= value <= high, f"from {low} to {high}")


def sizes(**values: int) -> None:
    """Raise ValueError unless each is at least 1."""
    for name, value in values.items():
        at_least(name, value, 1)


def above_zero(name: str, value: float) -> None:
    """Raise ValueError unless value > 0 and finite."""
    require(name, value, 0 < value < inf, "a positive number")


def one_of(name: str, value: str, allowed) -> None:
    """Raise ValueError unless value is one of those allowed."""
    require(name, repr(value), value in allowed, f"one of {', '.join(allowed)}")


def check_seed(name: str, seed: int) -> None:
    """Raise ValueError unless a seed is at least 0 and below SEEDS."""
    at_least(name, seed, 0)
    require(name, seed, seed < SEEDS, f"below {SEEDS}")


def check_sequence(shape: Sequence[int], input_size: int) -> None:
    """Raise ValueError unless a shape is (batch, seq_length, input_size), with at least one step."""
    fits = len(shape) == 3 and shape[1] > 0 and shape[2] == input_size
    rule = f"(batch, seq_length, {input_size}), with at least one step; x[..., None] adds a missing axis"
    require("x's shape", tuple(shape), fits, rule)
