"""How many stacks go at the same time, and who has to have said yes to that."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import pytest

from deploy_driver import remedies
from deploy_driver.app.console import Console, Nobody
from deploy_driver.app.deploy import STACK_TAKES, Options, at_once, require_answer
from deploy_driver.values import Operation
from tests.carried import is_helped

PERSON = Console(Nobody(present=True))
THREE = Options(Operation.UP, "dev,staging,prod", parallel=3)


@pytest.mark.parametrize(
    ("asked", "free", "stacks"),
    [(4, None, 4), (4, 9 * STACK_TAKES, 4), (4, 2 * STACK_TAKES + 1, 2), (4, 0, 1), (1, 0, 1)],
)
def test_as_many_as_there_is_memory_for(asked: int, free: int | None, stacks: int) -> None:
    assert at_once(asked, free) == stacks


@pytest.mark.parametrize("operation", [Operation.UP, Operation.DESTROY])
def test_a_person_says_yes_beforehand_or_is_asked_about_one_after_the_other(operation: Operation) -> None:
    asked = replace(THREE, operation=operation)
    for followed in (replace(asked, yes="--yes" in remedies.YES_FOR_ALL), replace(asked, parallel=1)):
        is_helped(
            remedies.YES_FOR_ALL, partial(require_answer, asked, PERSON), partial(require_answer, followed, PERSON)
        )
        require_answer(followed, PERSON)


def test_nobody_is_asked_about_a_preview_nor_where_nobody_is() -> None:
    require_answer(replace(THREE, operation=Operation.PREVIEW), PERSON)
    require_answer(THREE, Console())
