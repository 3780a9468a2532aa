"""What is said to whoever uses `deploy` is a value, and can be done where only the wheel is installed.

That a remedy also helps is for the tests that follow it as it is printed (`tests/carried.py`).
"""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from types import ModuleType

import botocore.session
import pytest
from botocore import xform_name

from deploy_driver import remedies as of_driver
from deploy_project.remedy import Remedy
from deploy_toolchain import remedies as of_tools
from tests.architecture.source import FOLDERS, ROOT, Module, modules
from tests.typed import typed, wrong

OURS = re.compile(
    rf"`make |\bmake (?:setup|demo|check|test|down|clean)\b|(?<![\w./-])(?:{'|'.join(FOLDERS)}|docs|generate)/\w"
)
THEIRS = re.compile(r"`(?:pulumi|terraform) [a-z]")
"""An engine that is not on PATH, and that would ask for a login. Behind `deploy exec … --` it is ours."""

CATALOGUES: tuple[ModuleType, ...] = (of_driver, of_tools)
FILLED_IN_LATER = {
    "deploy_driver.adapters.engine.advice": {"stack", "key"},
    "deploy_driver.adapters.engine.failures": {"stack", "key"},
    "deploy_driver.app.resume": {"stacks"},
    "deploy_driver.assurance.findings.catalogue": {"again"},
    "deploy_driver.assurance.findings.rules.functions": {"again"},
    "deploy_driver.assurance.findings.rules.keys": {"again"},
    "deploy_driver.assurance.findings.rules.records": {"again"},
    "deploy_driver.assurance.findings.rules.roles": {"again"},
    "deploy_driver.run.deployer": {"stack"},
    "deploy_toolchain.engine": {"folder"},
    "deploy_toolchain.plugin": {"folder"},
}
"""Where remedies stand in a table, and which facts whoever takes one from it fills in."""

ELSEWHERE = frozenset({"CI_JOB_TOKEN", "FETCH_HEAD", "GIT_DEPTH"})
"""What GitLab and git call so."""

FOLLOWING = frozenset({"gone", "is_helped"})
"""What a test calls that has followed a remedy."""


def catalogue() -> dict[str, Remedy]:
    """Every remedy by its name."""
    return {name: value for module in CATALOGUES for name, value in vars(module).items() if isinstance(value, Remedy)}


def said(module: Module, *, with_patterns: bool = True) -> Iterator[str]:
    """Every text of a module besides its docstrings; of one that is filled in, `dev` for what is filled in."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    left_out = {
        id(node.body[0].value)
        for node in ast.walk(module.tree)
        if isinstance(node, documented) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.JoinedStr):
            left_out |= {id(part) for part in ast.walk(node)}
            yield "".join(part.value if isinstance(part, ast.Constant) else "dev" for part in node.values)  # type: ignore[misc]
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile" and not with_patterns:
            left_out |= {id(part) for part in ast.walk(node)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.value


def is_catalogue(module: Module) -> bool:
    """Whether remedies are made there; what a remedy is says how several are one."""
    return module.name == Remedy.__module__ or module.name in {each.__name__ for each in CATALOGUES}


def facts(remedy: Remedy) -> set[str]:
    """What is filled into it."""
    return {name for _, name, _, _ in string.Formatter().parse(remedy) if name}


def is_text(node: ast.expr) -> bool:
    """Whether somebody writes a sentence there."""
    return any(
        isinstance(part, ast.JoinedStr) or (isinstance(part, ast.Constant) and part.value) for part in ast.walk(node)
    )


def test_no_text_sends_anybody_into_a_clone_of_this_repository() -> None:
    assert [f"{module.path}: {text}" for module in modules() for text in said(module) if OURS.search(text)] == []


def test_no_text_sends_anybody_to_an_engine_that_is_not_on_path() -> None:
    texts = ((module, text) for module in modules() for text in said(module, with_patterns=False))
    assert [f"{module.path}: {text}" for module, text in texts if THEIRS.search(text)] == []


def test_every_command_that_is_named_is_one_that_can_be_typed() -> None:
    assert [
        f"{module.path}: `{' '.join(words)}`: {why}"
        for module in modules()
        for text in said(module)
        for words in typed(text)
        if (why := wrong(words))
    ] == []


def test_a_remedy_is_made_in_a_catalogue_and_nowhere_else() -> None:
    found = [
        f"{module.path}:{node.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "Remedy" and not is_catalogue(module)
        if any(is_text(argument) for argument in node.args)
    ]
    assert found == []


def test_what_is_to_do_is_said_by_a_remedy() -> None:
    found = [
        f"{module.path}:{keyword.value.lineno}"
        for module in modules()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        for keyword in node.keywords
        if keyword.arg == "remedy" and not isinstance(keyword.value, ast.Call) and is_text(keyword.value)
    ]
    assert found == []


def test_every_remedy_is_said_somewhere_with_the_facts_that_it_asks_for() -> None:
    known, used, wrong_facts = catalogue(), set(), []
    for module in modules():
        given = {
            id(node.func.value): {keyword.arg for keyword in node.keywords}
            for node in ast.walk(module.tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "of"
        }
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "remedies" and node.attr in known:
                used.add(node.attr)
                wanted = facts(known[node.attr])
                later = FILLED_IN_LATER.get(module.name, set())
                if (wanted - later) if id(node) not in given else (wanted != given[id(node)]):
                    wrong_facts.append(f"{module.path}:{node.lineno}: {node.attr} takes {sorted(wanted)}")
    assert wrong_facts == []
    assert known.keys() - used == set()


def carried_out() -> set[str]:
    """The remedies that tests name where they look that one is gone after it was followed."""
    found = set()
    for path in (ROOT / "tests").rglob("*.py"):
        tree = ast.parse(path.read_text("utf-8")).body
        tables: dict[str, ast.stmt] = {}
        tables |= {ast.unparse(node.targets[0]): node for node in tree if isinstance(node, ast.Assign)}
        tables |= {ast.unparse(node.target): node for node in tree if isinstance(node, ast.AnnAssign)}
        for node in tree:
            words = [ast.unparse(part) for part in ast.walk(node) if isinstance(part, ast.Attribute | ast.Name)]
            words += [ast.unparse(part) for name in tables.keys() & set(words) for part in ast.walk(tables[name])]
            if FOLLOWING & set(words):
                found |= {word.rpartition(".")[2] for word in words if word.startswith(("remedies.", "of_tools."))}
    return found


def test_every_remedy_is_carried_out_by_a_test() -> None:
    assert catalogue().keys() - carried_out() == set()


def test_no_remedy_names_a_variable_that_nobody_reads() -> None:
    read = {text for module in modules() if not is_catalogue(module) for text in said(module)}
    named = {(name, found) for name, text in catalogue().items() for found in re.findall(r"\b[A-Z]+_[A-Z_]+\b", text)}
    assert [f"{name}: {found}" for name, found in sorted(named) if found not in read | ELSEWHERE] == []
    assert [f"{name}: {found}" for name, found in sorted(named) if found.startswith("PULUMI_")] == []


def test_every_call_of_aws_that_is_named_is_one_that_aws_knows() -> None:
    session = botocore.session.get_session()
    for name, remedy in catalogue().items():
        for service, call in re.findall(r"`aws (?!sso )([a-z0-9]+) ([a-z-]+)", remedy):
            model = session.get_service_model(service.removesuffix("api"))
            assert call in {xform_name(each, "-") for each in model.operation_names}, name


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


@pytest.mark.parametrize(
    ("text", "understood"),
    [
        ("`deploy up --stacks dev --refresh`", True),
        ("`deploy up --refresh`", False),
        ("`deploy exec --stack dev -- pulumi cancel --yes`", True),
        ("`deploy state restore`", False),
        ("`deploy undo`", False),
        ("`DEPLOY_PLUGIN=real deploy setup`", True),
    ],
)
def test_a_command_is_held_against_the_command_line_that_there_is(text: str, understood: bool) -> None:
    assert [not wrong(words) for words in typed(text)] == [understood]
