"""What every file of ours has in common."""

from __future__ import annotations

import ast
import re

from tests.architecture.source import Module, modules

LONGEST_FUNCTION = 40
LONGEST_DECLARATION = 60
"""A component's constructor is a list of resources, one argument per line."""

WORDS_THAT_HIDE_MEANING = {"manager", "helper", "util", "context", "common", "misc", "shared", "base", "handler"}
FUNCTION_CODE = "infra/handler/"
"""The Lambda's own code: AWS calls it so."""


def first_line(module: Module) -> str:
    return (ast.get_docstring(module.tree) or "").split("\n")[0]


def is_a_sentence(said: str) -> bool:
    return bool(re.fullmatch(r"[A-Z`].* .*[.:?]", said))


def functions(module: Module) -> list[tuple[str, int]]:
    """Every function's name, and its length without its signature and docstring where it has one."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0]
            documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            begin = (first.end_lineno if documented else node.lineno) or 0
            found.append((node.name, (node.end_lineno or 0) - begin))
    return found


def test_the_first_line_says_what_a_module_is_for() -> None:
    assert [
        f"{module.path}: {first_line(module)!r}"
        for module in modules()
        if module.text.strip() and not is_a_sentence(first_line(module))
    ] == []


def test_only_packages_say_nothing() -> None:
    empty = [module.path for module in modules() if not module.text.strip()]
    assert [path for path in empty if not path.endswith("__init__.py")] == []


def test_a_function_is_small_enough_to_be_seen_at_once() -> None:
    assert [
        f"{module.path}: {name} has {length} lines"
        for module in modules()
        for name, length in functions(module)
        if length
        > (LONGEST_DECLARATION if module.path.startswith("infra/") and name == "__init__" else LONGEST_FUNCTION)
    ] == []


def test_no_name_hides_what_a_module_is() -> None:
    assert [
        module.path
        for module in modules()
        if not module.path.startswith(FUNCTION_CODE)
        and {part.removesuffix("s") for part in re.split(r"[/_.]", module.path.lower())} & WORDS_THAT_HIDE_MEANING
    ] == []


def test_nothing_is_put_off() -> None:
    assert [module.path for module in modules() if re.search(r"#\s*(?:TODO|FIXME|XXX|HACK)\b", module.text)] == []


def test_an_exception_from_a_rule_has_its_reason_and_its_limit() -> None:
    assert [
        f"{module.path}: {line.strip()}"
        for module in modules("driver", "infra")
        for line in module.text.splitlines()
        if ("# noqa" in line and " -- " not in line) or re.search(r"# type: ignore(?!\[)", line)
    ] == []
