"""What every file of ours has in common."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from fnmatch import fnmatch
from graphlib import TopologicalSorter

from tests.architecture.source import Module, import_graph, modules

LONGEST_FUNCTION = 40
LONGEST_DECLARATION = 60
"""A component's constructor is a list of resources, one argument per line."""

ONE_OF_A_KIND = (
    "deploy_driver.cli.*",  # a verb
    "deploy_driver.adapters.hosts.*",  # a host of pull requests
    "deploy_driver.adapters.engine.*",  # a step of one call of the engine
    "deploy_driver.assurance.findings.rules.*",  # the rules about one kind of thing
    "deploy_driver.assurance.prove.*",  # a table of cases
    "deploy_driver.run.runner",  # knows nothing of what is done with a step
    "deploy_infra.service.*",  # a component
    "deploy_infra.recording",  # runs a program, and knows nothing of what comes of it
    "deploy_sandbox.cloud.*",  # a correction of the emulator
    "deploy_sandbox.plugin.*",  # a resource type
)
"""Modules of which each is one of several alike; what uses them is the list of them all."""


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


def test_no_class_name_is_used_twice() -> None:
    places = defaultdict(list)
    for module in modules():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module.path)
    assert {name: paths for name, paths in places.items() if len(paths) > 1} == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    TopologicalSorter(import_graph()).prepare()


def test_a_module_that_only_one_sibling_imports_is_one_of_a_kind() -> None:
    """Otherwise it is half a thought, and belongs into that sibling. A package's own `__init__` is its door, no sibling."""
    importers = defaultdict(set)
    for name, imports in import_graph().items():
        for imported in imports:
            importers[imported].add(name)
    assert [
        f"{name} is imported by {only} alone"
        for name, (only, *others) in importers.items()
        if not others
        and not any(other.startswith(f"{name}.") for other in import_graph())
        and only.rpartition(".")[0] == name.rpartition(".")[0]
        and not any(fnmatch(name, kind) for kind in ONE_OF_A_KIND)
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
