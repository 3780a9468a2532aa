"""The main job: bootstrap, three accounts one after the other, a change, a destroy; looked at from outside."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from deploy_driver import remedies
from deploy_sandbox.accounts import ACCOUNTS
from tests.carried import gone, printed
from tests.e2e.project import Project

TARGETS = ("dev", "staging", "prod")


def http(url: str, method: str = "GET", body: bytes | None = None) -> tuple[int, Any]:
    request = urllib.request.Request(url, data=body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.both_plugins
def test_bootstrap_then_up_to_three_accounts_then_nothing_to_do_then_one_change(fresh: Project) -> None:
    before = fresh.deploy("up", "--stacks", "dev")
    assert before.code == 3, before
    assert printed(remedies.HAVE_CREDENTIALS, before.err).commands == (("deploy", "bootstrap"),)
    assert fresh.roles("tools") == ["Administrator"]

    unasked = fresh.deploy("bootstrap")
    assert unasked.code == 4, unasked
    assert "nobody is at the terminal" in unasked.err
    assert fresh.roles("tools") == ["Administrator"]
    assert fresh.buckets("tools") == []

    bootstrapped = fresh.deploy("bootstrap", "--yes")
    assert bootstrapped.code == 0, bootstrapped
    plugin = "installed" if fresh.environment else "stand-in (offline)"
    assert f"AWS plugin 7.51.1 ({plugin})" in bootstrapped.err
    assert {"jenkins-deploy", "jenkins-preview"} <= set(fresh.roles("tools"))
    for env in TARGETS:
        assert {f"items-{env}-{role}" for role in ("deployment", "preview", "execution")} <= set(fresh.roles(env))
        assert fresh.functions(env) == []

    first = fresh.deploy("up", "--stacks", "dev,staging,prod", "--output", "json")
    assert first.code == 0, first
    gone(remedies.HAVE_CREDENTIALS, first.err)
    assert [stack["stack"] for stack in first.json["stacks"]] == list(TARGETS)
    for stack in first.json["stacks"]:
        env = stack["stack"]
        assert (stack["result"], stack["reason"], stack["account"]) == ("succeeded", "changed", ACCOUNTS[env])
        status, body = http(stack["outputs"]["url"] + "/health")
        assert (status, json.loads(body)) == (
            200,
            {"account": ACCOUNTS[env], "stack": env, "version": stack["outputs"]["version"]},
        )
        assert fresh.functions(env) == [f"items-{env}"]
    url = first.json["stacks"][0]["outputs"]["url"]
    assert http(f"{url}/items/a", "PUT", b"kept")[0] == 200
    assert http(f"{url}/items/a") == (200, b"kept")
    assert http(f"{url}/items/none")[0] == 404
    assert http(f"{url}/items/a%20b", "PUT", b"x")[0] == 400
    assert http(f"{url}/items/big", "PUT", b"x" * 70_000)[0] == 413

    again = fresh.deploy("up", "--all", "--output", "json")
    assert again.code == 0, again
    assert {stack["reason"] for stack in again.json["stacks"]} == {"unchanged"}

    fresh.setting("staging", "items:memory", "192")
    changed = fresh.deploy("up", "--all", "--output", "json")
    assert changed.code == 0, changed
    assert {stack["stack"]: stack["reason"] for stack in changed.json["stacks"]} == {
        "dev": "unchanged",
        "staging": "changed",
        "prod": "unchanged",
    }
    sizes = {
        env: fresh.client(env, "lambda").get_function_configuration(FunctionName=f"items-{env}")["MemorySize"]
        for env in TARGETS
    }
    assert sizes["staging"] == 192
    assert sizes["dev"] != 192


@pytest.mark.both_plugins
def test_destroy_leaves_every_account_empty_of_ours(project: Project) -> None:
    assert project.deploy("up", "--all").code == 0
    refused = project.deploy("destroy", "--all")
    assert refused.code == 4, refused
    assert project.functions("prod") == ["items-prod"]

    destroyed = project.deploy("destroy", "--all", "--yes", "--output", "json")
    assert destroyed.code == 0, destroyed
    assert [stack["stack"] for stack in destroyed.json["stacks"]] == ["prod", "staging", "dev"]
    for env in TARGETS:
        assert project.functions(env) == []
        assert project.apis(env) == []
        assert project.buckets(env) == [f"deploy-trail-{ACCOUNTS[env]}"]

    layers = "dev-access,staging-access,prod-access,tools"
    unnamed = project.deploy("destroy", "--stacks", layers, "--yes")
    assert unnamed.code == 4, unnamed
    assert "if that is meant, add --confirm " in unnamed.err
    assert "jenkins-deploy" in project.roles("tools")
    access = project.deploy("destroy", "--stacks", layers, "--yes", "--confirm", layers)
    assert access.code == 0, access
    for env in TARGETS:
        assert project.roles(env) == ["OrganizationAccountAccessRole"]
        assert [one["Name"] for one in project.client(env, "cloudtrail").describe_trails()["trailList"]] == [
            "deploy-trail"
        ]
        assert project.buckets(env) == [f"deploy-trail-{ACCOUNTS[env]}"]
    assert project.roles("tools") == ["Administrator"]


def test_the_access_layer_stays_while_its_service_stands(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev").code == 0
    refused = project.deploy("destroy", "--stacks", "dev-access", "--yes", "--confirm", "dev-access")
    assert refused.code == 4, refused
    assert "dev" in refused.err
    assert "items-dev-deployment" in project.roles("dev")


def test_every_event_of_the_run_names_its_role_session(project: Project) -> None:
    done = project.deploy("up", "--stacks", "dev", "--output", "json", env={"BUILD_NUMBER": "42"})
    assert done.code == 0, done
    session = f"items-dev-b42-{done.json['run']}"
    entered = f"arn:aws:sts::{ACCOUNTS['dev']}:assumed-role/items-dev-deployment/{session}"
    events = project.events("dev")
    of_the_run = [event for event in events if event.get("userIdentity", {}).get("arn") == entered]
    assert {"CreateBucket", "CreateApi"} <= {event["eventName"] for event in of_the_run}
    assert all(done.json["run"] in event["userAgent"] for event in of_the_run)
    writers = {
        event["userIdentity"].get("arn")
        for event in events
        if event["eventSource"] in {"s3.amazonaws.com", "lambda.amazonaws.com", "apigateway.amazonaws.com"}
        and not event["readOnly"]
        and "items-dev" in json.dumps(event.get("requestParameters"))
    }
    assert writers == {entered}

    there = {
        event["sharedEventID"]
        for event in events
        if event["eventName"] == "AssumeRole" and session in json.dumps(event)
    }
    here = {
        event.get("sharedEventID")
        for event in project.events("tools")
        if event["eventName"] == "AssumeRole" and session in json.dumps(event)
    }
    assert there
    assert there <= here


@pytest.mark.parametrize("verb", ["up", "preview", "destroy", "outputs"])
def test_no_name_is_a_question(project: Project, verb: str) -> None:
    unasked = project.deploy(verb, *(["--yes"] if verb == "destroy" else []))
    assert unasked.code == 2, unasked
    assert "--stacks dev,staging,prod" in unasked.err
