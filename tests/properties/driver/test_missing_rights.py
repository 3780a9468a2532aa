"""A role with exactly the documents that the program derives is never refused; whatever action is taken from it, is named."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.plan.rights import missing_rights
from deploy_driver.values import ResourceChange, RoleInAccount
from deploy_infra.needs import needs
from deploy_infra.policies.document import Document
from deploy_project.accounts import EnterAs
from deploy_project.seam import NEEDS, RoleNeed, answer
from tests.checkpoints import urn
from tests.samples import stack
from tests.unit.driver.iam.shipped import ROOT, stacks

DEV = stack()
PHASES = {
    "create": {"create", "read", "preview"},
    "update": {"update", "read", "preview"},
    "replace": {"create", "delete", "read", "preview"},
    "delete": {"delete", "read", "preview"},
}


@cache
def of_program() -> tuple[RoleNeed, ...]:
    return answer(needs(ROOT, "dev-access"), NEEDS)


@cache
def of_resources() -> tuple[RoleNeed, ...]:
    """What the deployment role needs for the resources of the program."""
    return tuple(need for need in of_program() if need.role == "deployment" and need.name)


def role(without: str = "") -> RoleInAccount:
    """As `deploy bootstrap` makes it, and without an action."""
    arn, documents = DEV.role_arn(EnterAs.DEPLOYMENT), stacks()["dev-access"]
    return RoleInAccount(arn, {"policy": less(dict(documents["deployment.policy"]), without)}, documents["boundary"])


def less(document: Document, action: str) -> Document:
    statements = [
        {**statement, "Action": [each for each in statement["Action"] if each != action]}
        for statement in document["Statement"]
    ]
    return {**document, "Statement": [statement for statement in statements if statement["Action"]]}


def changes() -> st.SearchStrategy[list[ResourceChange]]:
    """Any resources of the program, each with any operation."""
    things = sorted({(need.type, need.name) for need in of_resources()})
    change = st.builds(
        lambda thing, op: ResourceChange(urn(DEV, *thing), op), st.sampled_from(things), st.sampled_from(sorted(PHASES))
    )
    return st.lists(change, max_size=6)


def taken_by(planned: Collection[ResourceChange], action: str) -> set[tuple[str, str]]:
    """The resources of the program, and their ARNs, for which the planned changes take the action."""
    return {
        (change.urn, resource)
        for change in planned
        for need in of_resources()
        if need.action == action
        and (need.type, need.name) == (change.type, change.name)
        and need.phase in PHASES[change.op]
        for resource in need.resources
    }


@given(changes())
def test_the_role_that_follows_from_the_program_is_never_refused(planned: list[ResourceChange]) -> None:
    assert missing_rights(planned, of_program(), role()) == ()


@given(changes(), st.sampled_from(sorted({need.action for need in of_resources()})))
def test_an_action_that_is_gone_is_named_wherever_it_is_taken(planned: list[ResourceChange], action: str) -> None:
    found = missing_rights(planned, of_program(), role(without=action))
    assert {right.action for right in found} <= {action}
    assert {(right.change.urn, right.resource) for right in found} == taken_by(planned, action)
