"""No role of any account can take a known way to more rights; each way is found where it is open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from deploy_driver.assurance.iam.check import EVERYTHING
from deploy_driver.assurance.iam.escalation import EscalationPath, OpenPath, catalogue, is_open
from deploy_driver.assurance.iam.roles import RoleDefinition
from deploy_driver.iam_policy import Layers, read
from tests.unit.driver.iam.shipped import ACCOUNT, allowing, document, role, shipped, somebody

PATHS = [pytest.param(path, id=path.id) for path in catalogue()]
ROLES = [pytest.param(each, id=f"{each.stack}-{each.name}") for each in shipped()]
COUNTED_BY_PATHFINDING = 65


def open_paths(roles: Sequence[RoleDefinition]) -> list[OpenPath]:
    """Every way that is open to any of these roles; the others are among what each of them might reach for."""
    return [found for role in roles for path in catalogue() if (found := is_open(path, role, roles))]


def _ids(*roles: RoleDefinition) -> set[str]:
    return {found.path.id for found in open_paths(roles)}


def test_the_shipped_policies_open_nothing() -> None:
    assert [(found.role.name, found.path.id, found.allowed) for found in open_paths(shipped())] == []


def test_the_public_catalogues_are_covered() -> None:
    cited = [source for path in catalogue() for source in path.sources]
    assert len([source for source in cited if source.startswith("pathfinding.cloud: ")]) >= COUNTED_BY_PATHFINDING
    assert all(path.sources and path.needs and path.name for path in catalogue())
    assert len({path.id for path in catalogue()}) == len(catalogue())
    assert len({frozenset(path.needs) for path in catalogue()}) == len(catalogue())


def test_an_administrator_could_take_every_one() -> None:
    assert _ids(somebody(allowing("*"))) == {path.id for path in catalogue()}


@pytest.mark.parametrize("path", PATHS)
def test_somebody_with_just_its_actions_could_take_it_and_only_what_they_contain(path: EscalationPath) -> None:
    expected = {other.id for other in catalogue() if set(other.needs) <= set(path.needs)}
    assert _ids(somebody(allowing(*path.needs))) == expected


@pytest.mark.parametrize("path", PATHS)
def test_without_any_one_of_its_actions_it_is_closed(path: EscalationPath) -> None:
    for action in path.needs:
        others = [other for other in path.needs if other != action]
        assert is_open(path, somebody(allowing(*others or ["s3:ListBucket"]))) is None


def test_passing_a_role_counts_for_the_service_that_it_may_be_passed_to() -> None:
    def passing(service: str) -> RoleDefinition:
        condition = {"StringEquals": {"iam:PassedToService": service}}
        run, pass_ = allowing("ec2:RunInstances"), allowing("iam:PassRole", Condition=condition)
        return somebody(document(*run["Statement"], *pass_["Statement"]))

    assert "ec2-001" in _ids(passing("ec2.amazonaws.com"))
    assert _ids(passing("lambda.amazonaws.com")) == set()


def test_another_condition_does_not_close_a_path() -> None:
    condition = {"StringEquals": {"aws:RequestedRegion": "eu-central-1"}}
    assert "iam-004" in _ids(somebody(allowing("iam:CreateLoginProfile", Condition=condition)))


@pytest.mark.parametrize(
    "resource",
    [f"arn:aws:iam::{ACCOUNT}:role/admin-*", f"arn:aws:iam::{ACCOUNT}:role/somebody", "*", "arn:aws:iam::*:role/a"],
)
def test_a_path_is_open_on_whatever_the_policy_names(resource: str) -> None:
    assert _ids(somebody(allowing("iam:PutRolePolicy", resource=resource))) == {"iam-005"}


@pytest.mark.parametrize("each", ROLES)
def test_the_boundary_closes_all_of_them_whatever_the_policy_says(each: RoleDefinition) -> None:
    anything = replace(each, layers=Layers(EVERYTHING, each.layers.boundary))
    assert _ids(anything) == set()


@pytest.mark.parametrize(
    ("action", "resource", "opened"),
    [
        ("iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/*", {"lambda-006"}),
        ("lambda:UpdateFunctionCode", f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:*", {"lambda-003"}),
        ("lambda:InvokeFunction", f"arn:aws:lambda:eu-central-1:{ACCOUNT}:function:items-dev", set()),
        ("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/OrganizationAccountAccessRole", {"sts-001"}),
        ("iam:CreatePolicyVersion", f"arn:aws:iam::{ACCOUNT}:policy/items-dev-boundary", {"iam-001"}),
    ],
)
def test_one_widening_of_the_deployment_role_is_seen(action: str, resource: str, opened: set[str]) -> None:
    deployment = role("dev-access", "deployment")
    more = read("more", allowing(action, resource=resource)).statements
    identity = replace(deployment.layers.identity, statements=(*deployment.layers.identity.statements, *more))
    unbounded = replace(deployment, layers=Layers(identity))
    if action == "iam:PassRole":
        create = read("more", allowing("lambda:CreateFunction", "lambda:AddPermission")).statements
        unbounded = replace(deployment, layers=Layers(replace(identity, statements=(*identity.statements, *create))))
    assert opened <= _ids(unbounded)
    assert bool(_ids(unbounded)) is bool(opened)
