"""What is said to whoever uses `deploy` can be done where only the wheel is installed: it names nothing of this repository."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.architecture.source import FOLDERS, Module, modules

OURS = re.compile(
    rf"`make |\bmake (?:setup|demo|check|test|down|clean)\b|(?<![\w./-])(?:{'|'.join(FOLDERS)}|docs|generate)/\w"
)


def said(module: Module) -> Iterator[str]:
    """Every text of a module besides its docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(module.tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value


def test_no_text_sends_anybody_into_a_clone_of_this_repository() -> None:
    assert [f"{module.path}: {text}" for module in modules() for text in said(module) if OURS.search(text)] == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("run `make setup`", True),
        ("its policy is in infra/policies", True),
        ("docs/reference/settings.md shows one", True),
        ("run `deploy setup`", False),
        ("let an administrator make it", False),
        ("arn:aws:iam::222222222222:role/driver/x", False),
    ],
)
def test_what_is_searched_for_is_found(text: str, found: bool) -> None:
    module = Module("driver/x.py", text, ast.parse(f'"""docs/x."""\nwhat = {text!r}'))
    assert any(OURS.search(each) for each in said(module)) == found
