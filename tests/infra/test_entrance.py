"""In which account and as whom the provider works, for every way in."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy_project.seam import QUOTAS, DocumentKind
from tests.infra.program import run

FACTS = {"deploy:sessionName": "items-dev-b12-r7"}


def _assumed(stack: str, facts: dict[str, str] | None = None) -> list[dict[str, Any]]:
    found = run(stack, facts).provider.inputs.get("assumeRoles")
    return json.loads(found) if found else []


def test_the_driver_enters_the_service_layer_as_deployment_role() -> None:
    assert _assumed("dev", {**FACTS, "deploy:enterAs": "deployment"}) == [
        {
            "roleArn": "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment",
            "externalId": "items-dev-5f0c0e1b",
            "sessionName": "items-dev-b12-r7",
            "sourceIdentity": "items-dev-b12-r7",
            "duration": "3600s",
        }
    ]


def test_a_session_is_as_long_as_configured_unless_aws_gave_this_machine_less() -> None:
    longer = {"deploy:sessionDuration": "43200"}
    (configured,) = _assumed("dev", longer)
    assert configured["duration"] == "43200s"
    (negotiated,) = _assumed("dev", {**longer, "deploy:grantedDuration": "3600"})
    assert negotiated["duration"] == "3600s"


def test_a_preview_enters_as_preview_role_with_a_session_that_only_reads() -> None:
    (entered,) = _assumed("dev", {**FACTS, "deploy:enterAs": "preview"})
    assert entered["roleArn"] == "arn:aws:iam::222222222222:role/deploy/preview/items-dev-preview"
    assert len(entered["policy"]) <= QUOTAS[DocumentKind.SESSION]
    actions = json.loads(entered["policy"])["Statement"][0]["Action"]
    assert "s3:GetBucket*" in actions
    assert not any(
        verb in action for action in actions for verb in ("Put", "Create", "Delete", "Update", "POST", "GetObject")
    )


@pytest.mark.parametrize("facts", [{}, {**FACTS, "deploy:enterAs": "bootstrap"}])
def test_the_administrator_enters_the_access_layer_as_bootstrap_role_which_is_not_ours(facts: dict[str, str]) -> None:
    (entered,) = _assumed("dev-access", facts)
    assert entered["roleArn"] == "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"
    assert "externalId" not in entered
    assert "sourceIdentity" not in entered


def test_the_administrator_is_already_in_the_tools_account() -> None:
    assert _assumed("tools", {"deploy:enterAs": "bootstrap"}) == []
    assert _assumed("tools") == []


def test_the_plain_cli_enters_as_deployment_role_under_a_name_that_the_trust_takes() -> None:
    (entered,) = _assumed("prod")
    assert entered["roleArn"] == "arn:aws:iam::444444444444:role/deploy/deployment/items-prod-deployment"
    assert entered["sessionName"] == entered["sourceIdentity"] == "items-prod-pulumi"
