"""No sentence of the report stands in the code: they are in the notebooks, templates and report/*.yaml."""

import ast
from pathlib import Path

MODULES = sorted(path for part in ("analysis", "figures") for path in Path("bundle", part).glob("*.py"))
MOST_WORDS = 8


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
        tree = ast.parse(path.read_text(encoding="utf-8"))
        shown = set(ast.walk(tree)) - left_out(tree)
        assert [node.lineno for node in shown if words(node) > MOST_WORDS] == [], path
