"""A state is judged before any engine reads it: whatever is wrong with it, nothing is touched, and the way back works as typed."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from deploy_driver import remedies
from deploy_project.remedy import Remedy
from deploy_sandbox.accounts import ACCOUNTS
from tests.carried import gone, printed
from tests.e2e.project import Ended, Project

STATE = "deploy-state-111111111111"
ACCESS_STATE = f"{STATE}-access"
FOLDER = ".pulumi/stacks/items"
ADMIN = "OrganizationAccountAccessRole"


def read(project: Project, key: str, bucket: str = STATE) -> bytes:
    found: bytes = project.client("tools", "s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return found


def write(project: Project, key: str, content: bytes, bucket: str = STATE) -> None:
    project.client("tools", "s3").put_object(Bucket=bucket, Key=key, Body=content)


def remove(project: Project, *keys: str) -> None:
    for key in keys:
        project.client("tools", "s3").delete_object(Bucket=STATE, Key=key)


def keys(project: Project, prefix: str) -> list[str]:
    found = project.client("tools", "s3").list_objects_v2(Bucket=STATE, Prefix=prefix).get("Contents", [])
    return [str(entry["Key"]) for entry in found]


def standing(project: Project, env: str) -> tuple[Any, ...]:
    """What stands in an account, from outside."""
    return project.functions(env), project.buckets(env), project.apis(env), sorted(project.roles(env))


def follow(project: Project, remedy: Remedy, refused: Ended, number: int = 0) -> Ended:
    """Type a command of the remedy, with the word that a person at a terminal would give."""
    command = printed(remedy, refused.err).commands[number]
    return project.deploy(*command[1:], "--yes")


def edited(content: bytes, edit: Callable[[dict[str, Any]], object]) -> bytes:
    document = json.loads(content)
    edit(document)
    return json.dumps(document).encode()


def newer(document: dict[str, Any]) -> None:
    document["version"] = 5


def another_account(document: dict[str, Any]) -> None:
    provider = next(
        one for one in document["checkpoint"]["latest"]["resources"] if one["type"] == "pulumi:providers:aws"
    )
    provider["inputs"]["assumeRoles"] = json.dumps([{"roleArn": f"arn:aws:iam::{ACCOUNTS['prod']}:role/{ADMIN}"}])


def without_a_parent(document: dict[str, Any]) -> None:
    resources = document["checkpoint"]["latest"]["resources"]
    resources.remove(next(one for one in resources if one["type"] == "deploy:service:HttpApi"))


def spoiled(good: bytes) -> Iterator[tuple[bytes, str]]:
    """What a state may be found as, and what is said of it."""
    yield b"", "the file is empty"
    yield good[: len(good) // 2], "it is not whole JSON"
    yield b"<html>Service Unavailable</html>", "it is not whole JSON"
    yield gzip.compress(good), "the file is compressed"
    yield edited(good, newer), "a newer engine wrote it: it is of version 5"
    yield edited(good, another_account), f"enters as arn:aws:iam::{ACCOUNTS['prod']}:role/{ADMIN}"
    yield edited(good, without_a_parent), "is not listed before it"


def test_what_is_not_a_stacks_own_whole_state_touches_nothing_and_is_put_back_as_it_is_said(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev,staging").code == 0
    dev, staging = f"{FOLDER}/dev.json", f"{FOLDER}/staging.json"
    good, before = read(project, staging), (standing(project, "dev"), standing(project, "staging"))

    listed = project.deploy("state", "list", "--stack", "staging")
    assert listed.out.splitlines()[1].split()[0] == "now", listed
    assert json.loads(project.deploy("state", "show", "--stack", "staging").out) == json.loads(good)
    backup = next(word for word in listed.out.split() if re.fullmatch(r"staging\.\d+\.json", word))
    assert "checkpoint" in project.deploy("state", "show", "--stack", "staging", "--copy", backup).out
    unknown = project.deploy("state", "show", "--stack", "staging", "--copy", "elsewhere")
    assert (unknown.code, "deploy state list --stack staging" in unknown.err) == (2, True), unknown

    write(project, staging, read(project, dev))
    assert "not fit: it is the state of" in project.deploy("state", "list", "--stack", "staging").flat
    for command in (("up",), ("destroy", "--yes"), ("preview",), ("drift",), ("outputs",)):
        refused = project.deploy(*command, "--stacks", "staging")
        assert refused.code == 3, refused
        assert "it is the state of organization/items/dev, expected organization/items/staging" in refused.err, refused
    restored = follow(project, remedies.RESTORE_STATE, project.deploy("up", "--stacks", "dev,staging"))
    assert restored.code == 0, restored
    gone(remedies.RESTORE_STATE, project.deploy("preview", "--stacks", "staging").err)
    assert read(project, staging) == good
    assert project.deploy("state", "restore", "--stack", "staging", "--yes").code == 4

    for content, said in spoiled(good):
        write(project, staging, content)
        refused = project.deploy("up", "--stacks", "staging")
        assert (refused.code, said in refused.err) == (3, True), refused
    write(project, staging, good)

    write(project, f"{staging}.gz", gzip.compress(read(project, dev)))
    assert f"the engine might read {staging}.gz" in project.deploy("up", "--stacks", "staging").err
    remove(project, f"{staging}.gz", staging)
    vanished = project.deploy("up", "--stacks", "staging")
    assert (vanished.code, "the state has vanished" in vanished.err) == (3, True), vanished
    assert (standing(project, "dev"), standing(project, "staging")) == before

    assert follow(project, remedies.RESTORE_OR_RESUME, vanished).code == 0
    again = project.deploy("up", "--stacks", "staging", "--output", "json")
    assert (again.code, again.json["stacks"][0]["reason"]) == (0, "unchanged"), again
    gone(remedies.RESTORE_OR_RESUME, again.err)


def test_a_destroyed_stack_is_deployed_anew_and_another_layout_of_the_bucket_is_not_used(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev").code == 0
    destroyed = project.deploy("destroy", "--stacks", "dev", "--yes")
    assert destroyed.code == 0, destroyed
    assert keys(project, f"{FOLDER}/dev.json") == [f"{FOLDER}/dev.json.bak"]

    write(project, ".pulumi/meta.yaml", b"version: 0\n")
    refused = project.deploy("up", "--stacks", "dev")
    assert (refused.code, "expected 'version: 1'" in refused.err) == (3, True), refused
    printed(remedies.RESTORE_META, refused.err)
    remove(project, ".pulumi/meta.yaml")
    write(project, ".pulumi/stacks/staging.json", b"{}")
    assert project.deploy("up", "--stacks", "dev").code == 3
    remove(project, ".pulumi/stacks/staging.json")
    write(project, ".pulumi/meta.yaml", b"version: 1\n")

    anew = project.deploy("up", "--stacks", "dev")
    assert anew.code == 0, anew
    gone(remedies.RESTORE_META, anew.err)
    assert project.functions("dev") == ["items-dev"]


def with_a_leftover(document: dict[str, Any]) -> None:
    """A second provider, with prod's administrator, and a resource of prod's that the program does not declare."""
    resources = document["checkpoint"]["latest"]["resources"]
    place = next(index for index, one in enumerate(resources) if one["type"] == "pulumi:providers:aws")
    second = json.loads(json.dumps(resources[place]))
    second["urn"], second["id"] = second["urn"].replace("::aws", "::second"), "00000000-0000-0000-0000-000000000000"
    second["inputs"]["allowedAccountIds"] = json.dumps([ACCOUNTS["prod"]])
    second["inputs"]["assumeRoles"] = json.dumps([{"roleArn": f"arn:aws:iam::{ACCOUNTS['prod']}:role/{ADMIN}"}])
    role = "urn:pulumi:dev-access::items::aws:iam/role:Role::leftover"
    hangs = {"provider": f"{second['urn']}::{second['id']}", "parent": resources[0]["urn"]}
    resources.insert(place + 1, second)
    resources.append(
        {"urn": role, "custom": True, "id": "BreakGlass", "type": "aws:iam/role:Role", "inputs": {}, **hangs}
    )


def test_nobody_reaches_another_account_through_the_state_of_an_access_layer(project: Project) -> None:
    command = ("bootstrap", "--stacks", "dev-access", "--yes")
    trust = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{ACCOUNTS['prod']}:root"},
        "Action": "sts:AssumeRole",
    }
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    project.client("prod", "iam").create_role(RoleName="BreakGlass", AssumeRolePolicyDocument=document)
    place = f"{FOLDER}/dev-access.json"
    good = read(project, place, ACCESS_STATE)
    write(project, place, edited(good, with_a_leftover), ACCESS_STATE)
    refused = project.deploy(*command)
    assert refused.code == 3, refused
    assert f"works in {ACCOUNTS['prod']}, expected {ACCOUNTS['dev']} alone" in refused.err
    assert "BreakGlass" in project.roles("prod")

    write(project, place, good, ACCESS_STATE)
    passed = project.deploy(*command)
    assert passed.code == 0, passed
    assert "BreakGlass" in project.roles("prod")
