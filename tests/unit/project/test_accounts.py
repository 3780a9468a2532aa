"""Who enters an account how: said once, for the driver's own calls and for the program's provider."""

from __future__ import annotations

import pytest

from deploy_project.accounts import EnterAs, Entrance, TargetFacts, entrance, role_of
from tests.samples import tools_stack

DEV = TargetFacts(
    "dev", "222222222222", "eu-central-1", "OrganizationAccountAccessRole", "deployer", "looker", "id-of-dev", 7200
)


@pytest.mark.parametrize(
    ("enter_as", "role"), [(EnterAs.DEPLOYMENT, "deployment/deployer"), (EnterAs.PREVIEW, "preview/looker")]
)
def test_our_own_roles_are_entered_with_external_id_source_identity_and_duration(enter_as: EnterAs, role: str) -> None:
    entered = entrance(DEV, enter_as, "items-dev-b1")
    assert entered == Entrance(
        f"arn:aws:iam::222222222222:role/deploy/{role}", "items-dev-b1", "id-of-dev", "items-dev-b1", 7200
    )
    assert entered.request() == {
        "RoleArn": f"arn:aws:iam::222222222222:role/deploy/{role}",
        "RoleSessionName": "items-dev-b1",
        "ExternalId": "id-of-dev",
        "SourceIdentity": "items-dev-b1",
    }


def test_the_organisation_s_role_is_entered_by_name_alone() -> None:
    entered = entrance(DEV, EnterAs.BOOTSTRAP, "items-dev-b1")
    assert entered.duration == 3600
    assert entered.request() == {
        "RoleArn": "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole",
        "RoleSessionName": "items-dev-b1",
    }


def test_a_source_identity_is_sent_whether_or_not_there_is_an_external_id() -> None:
    assert Entrance("arn", "name", source_identity="run-1").request()["SourceIdentity"] == "run-1"
    assert "SourceIdentity" not in Entrance("arn", "name", external_id="x").request()


def test_nobody_enters_the_tools_account() -> None:
    assert {role_of(tools_stack(), enter_as) for enter_as in EnterAs} == {""}
