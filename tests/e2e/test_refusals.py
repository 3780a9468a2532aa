"""What must stop a run, each before anything is touched and each with its own message; the twin is the first flight."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from deploy_sandbox.accounts import ACCOUNTS
from tests.e2e.project import Project


def wrong_account_id(project: Project) -> None:
    """prod's file names an account that the role is not in: swap the role's account by re-pointing dev at staging's role."""
    project.setting("dev", "deploy:account", '"555555555555"')


def wrong_external_id(project: Project) -> None:
    project.setting("dev", "deploy:externalId", "items-dev-00000000")


def a_role_that_trusts_someone_else(project: Project) -> None:
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"AWS": f"arn:aws:iam::{ACCOUNTS['prod']}:root"},
                "Action": ["sts:AssumeRole", "sts:SetSourceIdentity"],
            }
        ],
    }
    iam = project.client("dev", "iam")
    iam.update_assume_role_policy(RoleName="items-dev-deployment", PolicyDocument=json.dumps(trust))


def a_missing_role(project: Project) -> None:
    iam = project.client("dev", "iam")
    for policy in iam.list_role_policies(RoleName="items-dev-deployment")["PolicyNames"]:
        iam.delete_role_policy(RoleName="items-dev-deployment", PolicyName=policy)
    iam.delete_role(RoleName="items-dev-deployment")


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (wrong_account_id, "the sandbox has no account 555555555555"),
        (wrong_external_id, "ExternalId"),
        (a_role_that_trusts_someone_else, "trust policy"),
        (a_missing_role, "items-dev-deployment"),
    ],
)
def test_stops_before_anything_is_touched(project: Project, spoil: Callable[[Project], None], says: str) -> None:
    spoil(project)
    done = project.deploy("up", "--stacks", "prod,staging,dev")
    assert done.code == 3, done
    assert says in done.err
    assert "nothing was touched" in done.err
    assert "dev: role" in done.err
    assert "Traceback" not in done.err
    for env in ("dev", "staging", "prod"):
        assert project.functions(env) == []
        assert project.buckets(env) == [f"deploy-trail-{ACCOUNTS[env]}"]


def test_wrong_settings_are_all_said_at_once_before_anything_starts(project: Project) -> None:
    project.setting("staging", "deploy:sessionDuration", "64000000")
    project.setting("prod", "deploy:region", "soon")
    done = project.deploy("up", "--all")
    assert done.code == 2, done
    assert "Pulumi.staging.yaml:" in done.err
    assert "deploy:sessionDuration" in done.err
    assert "Pulumi.prod.yaml:" in done.err
    assert "deploy:region" in done.err
    assert project.functions("dev") == []


def test_a_service_that_the_accounts_do_not_admit_is_refused_in_the_preview(project: Project) -> None:
    program = project.root / "infra" / "__main__.py"
    program.write_text(f'{program.read_text("utf-8")}\nhere.queue("jobs")\n', "utf-8")
    for verb in (("preview", "--all"), ("up", "--all", "--yes")):
        done = project.deploy(*verb)
        assert done.code == 1, done
        assert "sqs is asked for by aws:sqs/queue:Queue jobs-failed" in done.err
        assert 'an administrator adds "sqs" to `services` under [access] in deploy.toml' in done.err
    assert project.client("dev", "sqs").list_queues().get("QueueUrls", []) == []


def test_a_failing_smoke_test_in_staging_leaves_prod_untouched(project: Project) -> None:
    app = project.root / "infra" / "handler" / "app.py"
    broken = "\nimport os\nif os.environ.get('STACK') == 'staging':\n    raise RuntimeError('broken in staging')\n"
    app.write_text(app.read_text("utf-8") + broken, "utf-8")
    toml = project.root / "deploy.toml"
    toml.write_text(toml.read_text("utf-8").replace('needs = ["dev"]', 'needs = ["dev"]\nsmoke-timeout = 3'), "utf-8")
    done = project.deploy("up", "--all", "--output", "json")
    assert done.code == 1, done
    told = {stack["stack"]: (stack["result"], stack["reason"]) for stack in done.json["stacks"]}
    assert told == {
        "dev": ("succeeded", "changed"),
        "staging": ("failed", "smoke test failed"),
        "prod": ("not run", "an earlier stack"),
    }
    assert "staging" in done.json["stacks"][2]["cause"]
    assert project.functions("prod") == []


def test_a_limit_refuses_a_deletion_and_a_plain_change_passes(project: Project) -> None:
    assert project.deploy("up", "--all").code == 0
    project.setting("prod", "items:timeout", "12")
    passed = project.deploy("up", "--stacks", "prod")
    assert passed.code == 0, passed
    api = project.root / "infra" / "__main__.py"
    text = api.read_text("utf-8")
    assert "GET /items/{key}" in text
    api.write_text(text.replace("GET /items/{key}", "GET /things/{key}"), "utf-8")
    refused = project.deploy("up", "--stacks", "prod", "--yes", "--output", "json")
    assert refused.code == 4, refused
    assert refused.json["stacks"][0]["reason"] == "over a limit"
    routes = project.client("prod", "apigatewayv2")
    api_id = routes.get_apis()["Items"][0]["ApiId"]
    assert "GET /items/{key}" in {route["RouteKey"] for route in routes.get_routes(ApiId=api_id)["Items"]}


def test_a_foreign_key_in_the_environment_changes_nothing(project: Project) -> None:
    planted = {
        "AWS_ACCESS_KEY_ID": ACCOUNTS["prod"],
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_PROFILE": "somebody",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_REGION": "us-west-2",
    }
    done = project.deploy("up", "--stacks", "dev", env=planted)
    assert done.code == 0, done
    assert project.functions("dev") == ["items-dev"]
    assert project.functions("prod") == []
