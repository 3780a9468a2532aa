"""Whatever died in the middle of making something, `deploy repair` finds what came of it: one of each thing, and nothing is pending."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.e2e.project import Project
from tests.e2e.test_interruption import BUCKET, Running, hold, state, until

BORN = {
    "s3/bucket:Bucket": ("s3:CreateBucket", "items-dev-222222222222"),
    "lambda/function:Function": ("lambda:CreateFunction", "function items-dev"),
    "apigatewayv2/api:Api": ("apigateway:CreateApi", "API items-dev"),
    "apigatewayv2/route:Route": ("apigateway:CreateRoute", "GET /health"),
}
"""By type: how it is made, and what is there then."""


def below(pid: int) -> Iterator[tuple[int, str]]:
    """The process, and all that it started: ids and command lines, the youngest last."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            found[int(folder.name)] = (parent, (folder / "cmdline").read_text().replace("\0", " "))
        except OSError:
            continue
    waiting = [pid]
    while waiting:
        one = waiting.pop(0)
        yield one, found.get(one, (0, ""))[1]
        waiting += [child for child, (parent, _) in found.items() if parent == one]


def killed_while_making(project: Project, what: str, only: str = "") -> str:
    """Kill the run, or only the plugin or the engine, while AWS is making the thing; it is made nevertheless. What was said."""
    call, made = BORN[what]
    hold(project, call, seconds=5)
    run = Running(project, "up", "--stacks", "dev", "--yes")
    run.await_line(f"creating aws:{what}")
    time.sleep(1)
    victims = list(below(run.child.pid))
    if only:
        victims = [(pid, command) for pid, command in victims if only in command]
    assert victims
    for pid, _ in victims:
        os.kill(pid, signal.SIGKILL)
    _, out, err = run.end()
    until(lambda: made in things(project))
    return err + out


def things(project: Project) -> list[str]:
    """Everything of the service that the account has; what is there twice is listed twice."""
    apis = project.client("dev", "apigatewayv2")
    found = [*project.buckets("dev"), *(f"function {name}" for name in project.functions("dev"))]
    for api in apis.get_apis()["Items"]:
        routes = apis.get_routes(ApiId=api["ApiId"])["Items"]
        integrations = apis.get_integrations(ApiId=api["ApiId"])["Items"]
        found += [
            f"API {api['Name']}",
            *(route["RouteKey"] for route in routes),
            *(one["IntegrationType"] for one in integrations),
        ]
    return sorted(name for name in found if not name.startswith("deploy-trail"))


ALL = sorted(
    [
        *("items-dev-222222222222", "function items-dev", "API items-dev", "AWS_PROXY"),
        *("GET /health", "GET /items/{key}", "PUT /items/{key}"),
    ]
)


def assert_whole(project: Project) -> None:
    assert things(project) == ALL
    assert not state(project, "dev").get("pending_operations")
    assert "no changes" in project.deploy("preview", "--stacks", "dev").out


@pytest.mark.parametrize("what", BORN)
def test_a_run_that_was_killed(project: Project, what: str) -> None:
    killed_while_making(project, what)
    assert state(project, "dev").get("pending_operations")
    repaired = project.deploy("repair", "--stack", "dev", "--yes")
    assert repaired.code == 0, str(repaired)
    assert f"adopted: aws:{what}" in repaired.err
    assert_whole(project)


def test_a_plugin_that_was_killed(project: Project) -> None:
    what = "lambda/function:Function"
    killed_while_making(project, what, "deploy_sandbox.plugin")
    assert not state(project, "dev").get("pending_operations")
    repaired = project.deploy("repair", "--stack", "dev", "--yes")
    assert repaired.code == 0, str(repaired)
    assert f"adopted: aws:{what}" in repaired.err
    assert_whole(project)


def test_an_engine_that_was_killed(project: Project) -> None:
    what = "apigatewayv2/api:Api"
    killed = killed_while_making(project, what, "/pulumi ")
    [resume] = printed(remedies.RESUME_KILLED, " ".join(killed.split())).commands
    resumed = project.deploy(*resume[1:], "--yes")
    assert resumed.code == 0, str(resumed)
    gone(remedies.RESUME_KILLED, " ".join([*resumed.err.split(), *resumed.out.split()]))
    assert f"adopted: aws:{what}" in resumed.err
    assert_whole(project)


def lost(project: Project, urn: str) -> None:
    """Take a resource and what refers to it out of dev's state, as if the engine had never come to write them."""
    s3, key = project.client("tools", "s3"), ".pulumi/stacks/items/dev.json"
    document = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    latest, gone, kept = document["checkpoint"]["latest"], set[str](), []
    for one in latest["resources"]:
        if one["urn"].endswith(urn) or gone & {one.get("parent"), *one.get("dependencies", ())}:
            gone.add(one["urn"])
        else:
            kept.append(one)
    assert gone
    latest["resources"] = kept
    s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(document).encode())


def forget_runs(project: Project) -> None:
    shutil.rmtree(project.root / ".deploy" / "runs")
    s3 = project.client("tools", "s3")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, Prefix=".deploy/runs/"):
        for entry in page.get("Contents", []):
            s3.delete_object(Bucket=BUCKET, Key=entry["Key"])


def test_what_the_state_lost_what_is_there_several_times_and_what_is_not_ours(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev", "--yes").code == 0
    apis = project.client("dev", "apigatewayv2")

    # The bucket, and with it the function, its alias and all that belongs to the API: found level by level.
    lost(project, "bucket:Bucket::items")
    refused = project.deploy("repair", "--stack", "dev")
    assert refused.code == 4
    assert "pass --yes" in refused.err
    repaired = project.deploy("repair", "--stack", "dev", "--yes")
    assert repaired.code == 0, str(repaired)
    assert_whole(project)

    # A second API of the same tags: the record of the run knows which is the lost one. That there is one more is no success.
    api = apis.get_apis()["Items"][0]
    second = apis.create_api(Name="items-dev", ProtocolType="HTTP", Tags=api["Tags"])["ApiId"]
    lost(project, "api:Api::items")
    repaired = project.deploy("repair", "--stack", "dev", "--yes")
    assert repaired.code == 1, str(repaired)
    assert f"adopted: aws:apigatewayv2/api:Api items {api['ApiId']}" in repaired.err
    assert "failed (left over" in repaired.err
    orphan = f"arn:aws:apigateway:eu-central-1::/apis/{second}"
    assert orphan in repaired.out
    printed(remedies.LEFT_BY_UP, repaired.flat)
    drifted = project.deploy("drift", "--stacks", "dev", "--exit-code")
    assert drifted.code == 5, str(drifted)
    assert printed(remedies.LOOK_UP_LEFT_OVER, drifted.flat)["stack"] == "dev"
    assert f"left over: dev: {orphan}: it is this stack's and in no state" in drifted.flat
    assert f"{orphan}: it is this stack's and in no state" in project.deploy("doctor").flat

    # Without a record nobody knows it, until somebody says it.
    forget_runs(project)
    lost(project, "api:Api::items")
    before = state(project, "dev")
    refused = project.deploy("repair", "--stack", "dev", "--yes")
    assert refused.code == 4, str(refused)
    assert api["ApiId"] in refused.err
    assert second in refused.err
    assert state(project, "dev") == before
    urn = next(
        line.split(": several match")[0].strip() for line in refused.err.splitlines() if ": several match" in line
    )
    assert printed(remedies.ADOPT_OR_DROP, refused.err)["account"] == "222222222222"
    repaired = project.deploy("repair", "--stack", "dev", "--yes", "--adopt", f"{urn}={api['ApiId']}")
    assert repaired.code == 1, str(repaired)
    gone(remedies.ADOPT_OR_DROP, repaired.err)
    deleted_as_it_is_said(project, repaired.flat, second)
    assert_whole(project)
    drifted = project.deploy("drift", "--stacks", "dev")
    assert "is in no state" not in drifted.flat
    gone(remedies.LOOK_UP_LEFT_OVER, drifted.flat)

    not_ours_until_it_carries_our_tags(project)


def not_ours_until_it_carries_our_tags(project: Project) -> None:
    """Something of the function's name that carries no tag of the stack is never adopted; with the tags it is."""
    functions = project.client("dev", "lambda")
    arn = functions.get_function(FunctionName="items-dev")["Configuration"]["FunctionArn"]
    functions.untag_resource(Resource=arn, TagKeys=["deploy:stack"])
    lost(project, "function:Function::items")
    there = project.deploy("up", "--stacks", "dev", "--yes")
    [repair] = printed(remedies.ADOPT_OR_RENAME, there.out).commands
    refused = project.deploy(*repair[1:], "--yes")
    assert refused.code == 4, str(refused)
    assert "aws:lambda/function:Function items-dev: it carries not the tags" in refused.err
    printed(remedies.OTHER_NAME_OR_TAGS, refused.err)
    functions.tag_resource(Resource=arn, Tags={"deploy:stack": "dev"})
    repaired = project.deploy(*repair[1:], "--yes")
    assert repaired.code == 0, str(repaired)
    for remedy in (remedies.ADOPT_OR_RENAME, remedies.OTHER_NAME_OR_TAGS):
        gone(remedy, repaired.out + repaired.err)
    gone(remedies.LEFT_BY_UP, repaired.flat)
    assert_whole(project)


def deleted_as_it_is_said(project: Project, said: str, api: str) -> None:
    """Type the command that deletes the API; by hand where this machine has no `aws`."""
    removal = f"deploy exec --stack dev -- aws apigatewayv2 delete-api --api-id {api}"
    assert f"`{removal}` deletes it" in said
    if shutil.which("aws"):
        deleted = project.deploy(*removal.split()[1:])
        assert deleted.code == 0, deleted
    else:
        project.client("dev", "apigatewayv2").delete_api(ApiId=api)


def test_what_a_destroy_leaves_is_named_with_the_command_that_deletes_it(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev", "--yes").code == 0
    apis = project.client("dev", "apigatewayv2")
    tags = apis.get_apis()["Items"][0]["Tags"]
    second = apis.create_api(Name="items-dev", ProtocolType="HTTP", Tags=tags)["ApiId"]
    destroyed = project.deploy("destroy", "--stacks", "dev", "--yes")
    assert destroyed.code == 1, str(destroyed)
    printed(remedies.LEFT_BY_DESTROY, destroyed.flat)
    deleted_as_it_is_said(project, destroyed.flat, second)
    assert apis.get_apis()["Items"] == []
    ended = project.deploy("resume", "--yes")
    assert ended.code == 0, str(ended)
    gone(remedies.LEFT_BY_DESTROY, ended.flat)
