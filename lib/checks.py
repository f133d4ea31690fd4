"""Checks of arguments: each raises a ValueError that names the argument, what it is and what is allowed."""


def require(name: str, value: object, allowed: bool, rule: str) -> None:
    """Raise ValueError unless allowed; `rule` says what is: "between 0 and 1"."""
    if not allowed:
        raise ValueError(f"{name} is {value}; it must be {rule}")


def at_least(name: str, value: float, low: float) -> None:
    """Raise ValueError unless value >= low."""
    if value < low:
        raise ValueError(f"{name} is {value}; it must be at least {low}")


def above_zero(name: str, value: float) -> None:
    """Raise ValueError unless value > 0 and finite."""
    if not 0 < value < float("inf"):
        raise ValueError(f"{name} is {value}; it must be a positive number")


def one_of(name: str, value: str, allowed) -> None:
    """Raise ValueError unless value is one of those allowed."""
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(allowed)}")
