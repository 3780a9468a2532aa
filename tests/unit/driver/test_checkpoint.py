"""A state is the stack's own, whole and known, or it is refused with what is wrong: each beside the same thing as it should be."""

from __future__ import annotations

import gzip
import hashlib
import inspect
import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pulumi_aws as aws
import pytest

from deploy_driver import checkpoint
from deploy_driver.checkpoint import Judged, judge
from deploy_driver.digest import digest
from deploy_driver.values import Stack
from deploy_project.accounts import EnterAs
from tests.checkpoints import PROJECT, changed, content, provider, resource, root, urn
from tests.checkpoints import checkpoint as state_of
from tests.samples import ACCOUNTS, access_stack, stack, tools_stack

DEV = stack("dev")
STATE = state_of(DEV)
PROVIDER, BUCKET = 1, 3
OTHER_ROLE = f"arn:aws:iam::{ACCOUNTS['prod']}:role/OrganizationAccountAccessRole"

Resources = list[dict[str, Any]]


def judged(document: Any, of: Stack = DEV) -> Judged:
    return judge(content(document), of, PROJECT)


def said(change: Callable[[Resources], object]) -> str:
    """What is found wrong with dev's state once `change` was made to its resources."""
    return "\n".join(judged(changed(STATE, change)).problems)


def enters(**inputs: Any) -> Callable[[Resources], object]:
    """The provider with other inputs; None takes one away."""

    def change(resources: Resources) -> None:
        given = resources[PROVIDER]["inputs"]
        given.update(inputs)
        resources[PROVIDER]["inputs"] = {key: value for key, value in given.items() if value is not None}

    return change


@pytest.mark.parametrize(
    ("of", "enter_as"),
    [
        (DEV, EnterAs.DEPLOYMENT),
        (DEV, EnterAs.PREVIEW),
        (access_stack(), EnterAs.BOOTSTRAP),
        (tools_stack(), EnterAs.BOOTSTRAP),
    ],
)
def test_a_state_as_the_engine_leaves_it_is_fit(of: Stack, enter_as: EnterAs) -> None:
    found = judged(state_of(of, enter_as=enter_as), of)
    assert found.problems == ()
    assert found.deployed
    assert sorted(found.resources.values()) == [
        "aws:lambda/function:Function",
        "aws:s3/bucket:Bucket",
        "aws:s3/bucketVersioning:BucketVersioning",
    ]


def test_a_stack_that_was_only_made_is_fit_and_was_never_deployed() -> None:
    made = {"version": 3, "checkpoint": {"stack": "organization/items/dev", "latest": None}}
    assert judged(made) == Judged(digest=digest(content(made)))


def test_a_destroyed_stack_is_fit_and_was_deployed() -> None:
    destroyed = state_of(DEV, [])
    assert judged(destroyed) == Judged(deployed=True, digest=digest(content(destroyed)))


@pytest.mark.parametrize(
    ("bytes_", "says"),
    [
        (b"", "the file is empty"),
        (b"  \n", "the file is empty"),
        (content(STATE)[:-2000], "it is not whole JSON: "),
        (content(STATE)[:-1], "it ends in the middle"),
        (b"<html><body>Service Unavailable</body></html>", "begins with '<html><body>Service '"),
        (gzip.compress(content(STATE)), "the file is compressed"),
        (b"\xff\xfe{}", "codec can't decode"),
        (b"[]", "it is no JSON object"),
        (b"[" * 100_000, "nested too deeply"),
        (b"{}", "it is of version 0, expected 3 or 4"),
        (content({**STATE, "version": 2}), "it is of version 2, expected 3 or 4"),
        (content({**STATE, "version": "3"}), "it is no checkpoint: version"),
        (content({"version": 3}), "it is no checkpoint"),
        (content({"version": 3, "checkpoint": {}}), "it is the state of no stack"),
        (content({"version": 3, "checkpoint": {"stack": "organization/items/dev", "latest": {}}}), "latest.manifest"),
    ],
)
def test_what_is_no_whole_state_is_refused_and_said(bytes_: bytes, says: str) -> None:
    found = judge(bytes_, DEV, PROJECT)
    assert not found.newer
    assert says in "\n".join(found.problems)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({**STATE, "version": 5}, "it is of version 5, and the engine here reads 3 and 4"),
        ({**STATE, "version": 4, "features": ["hooks", "telepathy"]}, "it needs telepathy"),
    ],
)
def test_what_a_newer_engine_wrote_is_told_from_what_is_damaged(document: Any, says: str) -> None:
    found = judged(document)
    assert found.newer
    assert says in found.problems[0]


def test_every_version_and_feature_of_the_engine_is_known() -> None:
    assert judged({**STATE, "version": 4, "features": sorted(checkpoint.FEATURES)}).problems == ()


@pytest.mark.parametrize(
    "owner", ["organization/items/staging", "organization/other/dev", "items/dev", "dev", "organization/items/dev/"]
)
def test_the_state_of_another_stack_or_project_is_refused(owner: str) -> None:
    document = json.loads(content(STATE))
    document["checkpoint"]["stack"] = owner
    assert judged(document).problems == (f"it is the state of {owner}, expected organization/items/dev",)


def test_another_stacks_state_under_this_stacks_name_is_refused() -> None:
    document = state_of(stack("staging"))
    document["checkpoint"]["stack"] = "organization/items/dev"
    assert len(judged(document).problems) > 3


@pytest.mark.parametrize(
    ("inputs", "says"),
    [
        ({"allowedAccountIds": json.dumps([ACCOUNTS["prod"]])}, f"works in {ACCOUNTS['prod']}"),
        ({"allowedAccountIds": json.dumps([ACCOUNTS["dev"], ACCOUNTS["prod"]])}, "expected 222222222222 alone"),
        ({"allowedAccountIds": None}, "works in any account"),
        ({"allowedAccountIds": "[222222222222]"}, "expected 222222222222 alone"),
        ({"allowedAccountIds": {"4dabf18193072939515e22adb298388d": "1b4", "ciphertext": "a"}}, "an encrypted value"),
        ({"assumeRoles": json.dumps([{"roleArn": OTHER_ROLE}])}, f"enters as {OTHER_ROLE}, expected "),
        ({"assumeRoles": json.dumps([{"roleArn": f"arn:aws:iam::{DEV.account}:role/break-glass"}])}, "break-glass"),
        ({"assumeRoles": json.dumps([{"roleArn": DEV.own_roles[0]}, {"roleArn": OTHER_ROLE}])}, OTHER_ROLE),
        ({"assumeRoles": None}, "enters as no role"),
        ({"assumeRoles": "[]"}, "enters as no role"),
        ({"assumeRoles": json.dumps([{"roleArn": DEV.own_roles[0]}])[:-1]}, "enters as roles that cannot be read"),
        ({"assumeRole": json.dumps({"roleArn": OTHER_ROLE})}, "sets assumeRole"),
        ({"accessKey": "AKIA"}, "sets accessKey"),
        ({"endpoints": json.dumps([{"s3": "http://198.51.100.7"}])}, "sets endpoints"),
        ({"__internal": {"parameterization": "e30="}}, "names a plugin of its own"),
    ],
)
def test_a_provider_that_leads_elsewhere_is_refused(inputs: dict[str, Any], says: str) -> None:
    assert says in said(enters(**inputs))


@pytest.mark.parametrize("role", DEV.own_roles)
def test_a_provider_may_enter_through_each_of_the_stacks_own_roles(role: str) -> None:
    assert said(enters(assumeRoles=json.dumps([{"roleArn": role, "externalId": "x"}]))) == ""


def test_in_the_tools_account_nobody_takes_a_role() -> None:
    tools = tools_stack()
    role = f"arn:aws:iam::{tools.account}:role/Administrator"
    document = changed(state_of(tools), lambda all_: all_[PROVIDER].update(provider(tools, role=role)))
    assert "expected no role" in "\n".join(judged(document, tools).problems)
    assert judged(state_of(tools), tools).problems == ()


def test_a_role_that_was_renamed_is_known_by_its_former_name_as_long_as_that_is_said() -> None:
    renamed = replace(DEV, deployment_role="items-dev-ships")
    assert "items-dev-deployment, expected" in "\n".join(judged(STATE, renamed).problems)
    assert judged(STATE, replace(renamed, former_roles=("items-dev-deployment",))).problems == ()


def test_every_input_of_the_provider_is_known_to_be_harmless_or_is_refused() -> None:
    """An SDK that brings a new one shows here."""
    given = [name for name in inspect.signature(aws.ProviderArgs).parameters if name != "__self__"]
    camel = {aws.ProviderArgs.__dict__[name].fget._pulumi_name for name in given}
    refused = camel - checkpoint._HARMLESS
    assert refused == {
        "accessKey",
        "assumeRoleWithWebIdentity",
        "customCaBundle",
        "ec2MetadataServiceEndpoint",
        "endpoints",
        "httpProxy",
        "httpsProxy",
        "insecure",
        "noProxy",
        "profile",
        "secretKey",
        "sharedConfigFiles",
        "sharedCredentialsFiles",
        "token",
    }


def foreign_provider(all_: Resources) -> None:
    second = {**provider(DEV, "second"), "id": "another"}
    second["inputs"]["assumeRoles"] = json.dumps([{"roleArn": OTHER_ROLE}])
    all_.insert(2, second)
    all_.append(resource(DEV, "aws:iam/role:Role", "leftover", provider=f"{second['urn']}::another"))


def dynamic(all_: Resources) -> None:
    python = {"urn": urn(DEV, "pulumi:providers:pulumi-python", "p"), "custom": True, "id": "x", "parent": root(DEV)}
    all_.insert(2, {**python, "type": "pulumi:providers:pulumi-python", "inputs": {}})
    all_.append(resource(DEV, "pulumi-python:dynamic:Resource", "code", provider=f"{python['urn']}::x"))


def default_provider(all_: Resources) -> None:
    all_.append({**provider(DEV, "default_7_51_1", DEV.own_roles[0]), "id": "d"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (foreign_provider, f"enters as {OTHER_ROLE}"),
        (dynamic, "is a provider of another plugin than aws"),
        (default_provider, "is a default provider"),
        (lambda all_: all_.append(resource(DEV, "pulumi-python:dynamic:Resource", "x")), "by another plugin than aws"),
        (lambda all_: all_[BUCKET].pop("provider"), "hangs on no provider"),
        (
            lambda all_: all_[BUCKET].update(urn=all_[BUCKET]["urn"].replace("dev", "prod")),
            "is not a aws:s3/bucket:Bucket",
        ),
        (lambda all_: all_[BUCKET].update(type="aws:iam/role:Role"), "is not a aws:iam/role:Role"),
        (lambda all_: all_.pop(PROVIDER), "is not listed before it"),
        (lambda all_: all_.pop(BUCKET), "which is not listed before it"),
        (lambda all_: all_.pop(0), "which is not listed before it"),
        (lambda all_: all_.append(all_.pop(BUCKET)), "which is not listed before it"),
        (lambda all_: all_.append(all_[BUCKET]), "is listed twice"),
        (lambda all_: all_[BUCKET].pop("type"), "a resource has no type"),
        (lambda all_: all_[0].update(id="x"), "has an id, and no provider makes it"),
        (lambda all_: all_[BUCKET].update(Provider="x"), "its key 'Provider' is spelled 'provider' by the engine"),
    ],
)
def test_what_is_not_this_stacks_or_does_not_hold_together_is_refused(
    change: Callable[[Resources], object], says: str
) -> None:
    assert says in said(change)


def test_what_is_being_replaced_may_stand_beside_its_successor() -> None:
    assert said(lambda all_: all_.append({**all_[-1], "delete": True})) == ""


def test_a_pending_operation_is_judged_like_a_resource() -> None:
    document = json.loads(content(STATE))
    mine = resource(DEV, "aws:s3/bucket:Bucket", "next")
    document["checkpoint"]["latest"]["pending_operations"] = [{"resource": mine, "type": "creating"}]
    assert judged(document).problems == ()
    foreign = resource(DEV, "pulumi-python:dynamic:Resource", "x")
    document["checkpoint"]["latest"]["pending_operations"].append({"resource": foreign, "type": "creating"})
    assert "by another plugin than aws" in "\n".join(judged(document).problems)


def test_a_magic_number_that_is_another_engines_is_refused() -> None:
    document = json.loads(content(STATE))
    manifest = document["checkpoint"]["latest"]["manifest"]
    manifest["magic"] = hashlib.sha256(b"v3.1.0").hexdigest()
    assert "magic number" in judged(document).problems[0]
    manifest["version"] = "v3.1.0"
    assert judged(document).problems == ()


def test_a_key_that_stands_twice_is_refused() -> None:
    twice = content(STATE).replace(b'"version": 3,', b'"version": 3, "version": 3,', 1)
    assert judge(twice, DEV, PROJECT).problems == ("a key stands twice in one of its objects",)


def test_the_programs_own_keys_may_differ_by_case_alone() -> None:
    assert said(lambda all_: all_[BUCKET].update(inputs={"tags": {"Type": "a", "type": "b", "URN": "c"}})) == ""
