"""Which stacks a command means, in which order, under which role, and after which others."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from deploy_driver.errors import ExitCode, UsageError
from deploy_driver.plan.plan import make_plan
from deploy_driver.plan.selection import in_order, select
from deploy_driver.values import Operation, Stack
from deploy_project.accounts import EnterAs
from tests.samples import access_stack, chain, stack, tools_stack


def names(stacks: tuple[Stack, ...]) -> str:
    return " ".join(stack.name for stack in stacks)


def test_the_named_stacks_are_selected_once_in_the_given_order() -> None:
    assert names(select(chain(), ["prod", " dev ", "prod", ""])) == "prod dev"


@pytest.mark.parametrize("given", [[], [""], [" ", ""]])
def test_no_name_is_neither_nothing_nor_everything(given: list[str]) -> None:
    with pytest.raises(UsageError, match="no stack is named"):
        select(chain(), given)


def test_a_name_that_is_nobody_s_is_answered_with_the_nearest_one() -> None:
    with pytest.raises(UsageError) as caught:
        select(chain(), ["dve", "dev", "moon"])
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.what == "no such stack: dve, moon"
    assert caught.value.detail == ("dve: did you mean dev?",)
    assert "dev, staging, prod" in caught.value.remedy


def test_what_a_stack_needs_goes_before_it_whatever_the_order_it_was_given_in() -> None:
    dev, staging, prod = chain()
    assert names(in_order([prod, staging, dev])) == "dev staging prod"


def test_stacks_that_do_not_need_each_other_stay_as_given() -> None:
    assert names(in_order([stack("b"), stack("a"), stack("c", needs=("a",))])) == "b a c"


def test_a_need_through_a_stack_that_was_not_chosen_still_counts() -> None:
    dev, staging, prod = chain()
    assert names(in_order([prod, dev], known=[dev, staging, prod])) == "dev prod"
    assert names(in_order([stack("prod"), dev], known=[dev, staging])) == "prod dev"


def test_a_need_that_was_not_chosen_is_not_added() -> None:
    _, staging, prod = chain()
    assert make_plan(Operation.UP, [prod], known=[staging, prod]).stacks == ("prod",)


@pytest.mark.parametrize(
    ("needs", "path"),
    [
        ({"a": ("a",)}, "a → a"),
        ({"a": ("b",), "b": ("a",)}, "a → b → a"),
        ({"a": ("c",), "b": ("a",), "c": ("b",)}, "a → b → c → a"),
    ],
)
def test_a_circle_is_refused_with_its_path(needs: dict[str, tuple[str, ...]], path: str) -> None:
    with pytest.raises(UsageError) as caught:
        in_order([stack(name, needs=needed) for name, needed in needs.items()])
    said = caught.value.what.removeprefix("stacks need each other in a circle: ").split(" → ")
    assert said[0] == said[-1]
    assert sorted(said[1:]) == sorted(path.split(" → ")[1:])
    for before, after in pairwise(said):
        assert before in needs[after]


def test_a_circle_among_stacks_that_were_not_chosen_and_are_not_needed_is_not_in_the_way() -> None:
    circle = [stack("a", needs=("b",)), stack("b", needs=("a",))]
    assert names(in_order([stack("dev")], known=[*circle, stack("dev")])) == "dev"
    with pytest.raises(UsageError, match="in a circle"):
        in_order([stack("dev", needs=("a",))], known=circle)


def test_destroy_goes_the_other_way() -> None:
    dev, staging, prod = chain()
    assert make_plan(Operation.UP, [prod, dev, staging]).stacks == ("dev", "staging", "prod")
    assert make_plan(Operation.DESTROY, [prod, dev, staging]).stacks == ("prod", "staging", "dev")


@pytest.mark.parametrize(
    ("operation", "chosen", "enter_as", "role"),
    [
        (
            Operation.UP,
            stack(),
            EnterAs.DEPLOYMENT,
            "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment",
        ),
        (
            Operation.DESTROY,
            stack(),
            EnterAs.DEPLOYMENT,
            "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment",
        ),
        (
            Operation.PREVIEW,
            stack(),
            EnterAs.PREVIEW,
            "arn:aws:iam::222222222222:role/deploy/preview/items-dev-preview",
        ),
        (
            Operation.UP,
            access_stack(),
            EnterAs.BOOTSTRAP,
            "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole",
        ),
        (
            Operation.PREVIEW,
            access_stack(),
            EnterAs.BOOTSTRAP,
            "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole",
        ),
        (Operation.UP, tools_stack(), EnterAs.BOOTSTRAP, ""),
    ],
)
def test_each_step_has_the_role_that_its_work_needs_and_no_more(
    operation: Operation, chosen: Stack, enter_as: EnterAs, role: str
) -> None:
    step = make_plan(operation, [chosen]).steps[0]
    assert (step.enter_as, step.role_arn) == (enter_as, role)


def test_the_external_id_goes_to_the_roles_that_ask_for_it_and_to_no_other() -> None:
    service = make_plan(Operation.UP, [stack()]).steps[0].entrance("items-dev-b1-r")
    assert (service.external_id, service.session_name, service.source_identity) == (
        "items-dev-5f0c0e1b",
        "items-dev-b1-r",
        "items-dev-b1-r",
    )
    assert make_plan(Operation.UP, [access_stack()]).steps[0].entrance("n").external_id == ""


def test_a_step_needs_what_its_stack_needs_and_a_destroy_the_other_way_round() -> None:
    dev, staging, prod = chain()

    def needs(operation: Operation, *chosen: Stack) -> dict[str, tuple[str, ...]]:
        return {step.stack.name: step.needs for step in make_plan(operation, chosen, known=chain()).steps}

    assert needs(Operation.UP, dev, staging, prod) == {"dev": (), "staging": ("dev",), "prod": ("dev", "staging")}
    assert needs(Operation.UP, dev, prod) == {"dev": (), "prod": ("dev",)}
    assert needs(Operation.DESTROY, dev, prod) == {"prod": (), "dev": ("prod",)}
    assert needs(Operation.PREVIEW, dev, prod) == {"dev": (), "prod": ()}


def test_only_an_access_layer_has_to_stay_while_what_it_carries_stands() -> None:
    dev, staging, prod = chain()
    access = access_stack()
    service = replace(dev, needs=(access.name,))
    known = [access, service, staging, prod]

    def carries(operation: Operation, chosen: Stack) -> tuple[str, ...]:
        return make_plan(operation, [chosen], known=known).steps[0].carries

    assert carries(Operation.DESTROY, service) == ()  # staging stands, and dev may go
    assert carries(Operation.DESTROY, access) == ("dev",)
    assert carries(Operation.UP, access) == ()
    assert carries(Operation.PREVIEW, access) == ()
