"""IAM: roles, their inline policies, managed policies and instance profiles."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.errors import code
from deploy_sandbox.plugin.patience import retrying
from deploy_sandbox.plugin.resource import TAGS, InputKind, Property, ResourceType, outputs
from deploy_sandbox.plugin.tags import pairs, retag, unpaired

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from botocore.exceptions import ClientError

    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State

_NAME = Property("name", required=True, names=True, replaces=True)
_VERSIONS_KEPT = 5  # AWS keeps at most five versions of a managed policy


def _create_role(account: EnteredAccount, inputs: Inputs) -> str:
    request: dict[str, Any] = {
        "RoleName": inputs["name"],
        "Path": inputs["path"],
        "AssumeRolePolicyDocument": inputs["assumeRolePolicy"],
        "MaxSessionDuration": inputs["maxSessionDuration"],
        "Description": inputs.get("description"),
        "PermissionsBoundary": inputs.get("permissionsBoundary"),
        "Tags": pairs(inputs["tagsAll"]),
    }
    given = {key: value for key, value in request.items() if value}
    _settled(account, lambda: account.iam.create_role(**given))
    return str(inputs["name"])


def _read_role(account: EnteredAccount, name: str, known: State) -> State | None:
    try:
        role = account.iam.get_role(RoleName=name)["Role"]
    except account.iam.exceptions.NoSuchEntityException:
        return None
    without = "" if known.get("permissionsBoundary") else None  # of one that was taken away the provider says so
    return {
        "id": name,
        "name": name,
        "description": role.get("Description"),
        "path": role["Path"],
        "assumeRolePolicy": json.dumps(role["AssumeRolePolicyDocument"]),
        "permissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", without),
        "maxSessionDuration": role.get("MaxSessionDuration"),
        "tagsAll": unpaired(role.get("Tags", [])),
        "arn": role["Arn"],
        "uniqueId": role["RoleId"],
        "createDate": _date(role["CreateDate"]),
    }


def _update_role(account: EnteredAccount, name: str, change: ResourceUpdate) -> None:
    iam, new = account.iam, change.new
    if change.touches("assumeRolePolicy"):
        _settled(account, lambda: iam.update_assume_role_policy(RoleName=name, PolicyDocument=new["assumeRolePolicy"]))
    if change.touches("description"):
        iam.update_role_description(RoleName=name, Description=new.get("description") or "")
    if change.touches("maxSessionDuration"):
        iam.update_role(RoleName=name, MaxSessionDuration=new["maxSessionDuration"])
    if change.touches("permissionsBoundary"):
        boundary = new.get("permissionsBoundary")
        if boundary:
            iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        else:
            iam.delete_role_permissions_boundary(RoleName=name)
    retag(
        change,
        lambda tags: iam.tag_role(RoleName=name, Tags=pairs(tags)),
        lambda keys: iam.untag_role(RoleName=name, TagKeys=keys),
    )


def _delete_role(account: EnteredAccount, name: str, _: State) -> None:
    iam = account.iam
    try:
        for profile in iam.list_instance_profiles_for_role(RoleName=name)["InstanceProfiles"]:
            iam.remove_role_from_instance_profile(RoleName=name, InstanceProfileName=profile["InstanceProfileName"])
        iam.delete_role(RoleName=name)
    except iam.exceptions.NoSuchEntityException:
        return


def _create_role_policy(account: EnteredAccount, inputs: Inputs) -> str:
    account.iam.put_role_policy(RoleName=inputs["role"], PolicyName=inputs["name"], PolicyDocument=inputs["policy"])
    return f"{inputs['role']}:{inputs['name']}"


def _read_role_policy(account: EnteredAccount, id_: str, _: State) -> State | None:
    role, name = id_.split(":", 1)
    try:
        found = account.iam.get_role_policy(RoleName=role, PolicyName=name)
    except account.iam.exceptions.NoSuchEntityException:
        return None
    return {"id": id_, "role": role, "name": name, "policy": json.dumps(found["PolicyDocument"])}


def _update_role_policy(account: EnteredAccount, _: str, change: ResourceUpdate) -> None:
    _create_role_policy(account, change.new)


def _delete_role_policy(account: EnteredAccount, id_: str, _: State) -> None:
    role, name = id_.split(":", 1)
    with suppress(account.iam.exceptions.NoSuchEntityException):
        account.iam.delete_role_policy(RoleName=role, PolicyName=name)


def _create_policy(account: EnteredAccount, inputs: Inputs) -> str:
    request: dict[str, Any] = {
        "PolicyName": inputs["name"],
        "Path": "/",
        "PolicyDocument": inputs["policy"],
        "Description": inputs.get("description"),
        "Tags": pairs(inputs["tagsAll"]),
    }
    return account.iam.create_policy(**{key: value for key, value in request.items() if value})["Policy"]["Arn"]


def _read_policy(account: EnteredAccount, arn: str, _: State) -> State | None:
    iam = account.iam
    try:
        found = iam.get_policy(PolicyArn=arn)["Policy"]
        version = iam.get_policy_version(PolicyArn=arn, VersionId=found["DefaultVersionId"])["PolicyVersion"]
    except iam.exceptions.NoSuchEntityException:
        return None
    return {
        "id": arn,
        "arn": arn,
        "name": found["PolicyName"],
        "description": found.get("Description"),
        "policy": json.dumps(version["Document"]),
        "tagsAll": unpaired(found.get("Tags", [])),
        "policyId": found["PolicyId"],
    }


def _update_policy(account: EnteredAccount, arn: str, change: ResourceUpdate) -> None:
    iam = account.iam
    if change.touches("policy"):
        others = _other_versions(account, arn)
        if len(others) + 1 >= _VERSIONS_KEPT:
            iam.delete_policy_version(PolicyArn=arn, VersionId=others[0])
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=change.new["policy"], SetAsDefault=True)
    retag(
        change,
        lambda tags: iam.tag_policy(PolicyArn=arn, Tags=pairs(tags)),
        lambda keys: iam.untag_policy(PolicyArn=arn, TagKeys=keys),
    )


def _delete_policy(account: EnteredAccount, arn: str, _: State) -> None:
    iam = account.iam
    try:
        for version in _other_versions(account, arn):
            iam.delete_policy_version(PolicyArn=arn, VersionId=version)
        iam.delete_policy(PolicyArn=arn)
    except iam.exceptions.NoSuchEntityException:
        return


def _other_versions(account: EnteredAccount, arn: str) -> list[str]:
    """The versions that are not in force, oldest first."""
    versions = account.iam.list_policy_versions(PolicyArn=arn)["Versions"]
    return [
        one["VersionId"] for one in sorted(versions, key=lambda one: one["CreateDate"]) if not one["IsDefaultVersion"]
    ]


def _create_profile(account: EnteredAccount, inputs: Inputs) -> str:
    account.iam.create_instance_profile(InstanceProfileName=inputs["name"], Path="/", Tags=pairs(inputs["tagsAll"]))
    return str(inputs["name"])


def _read_profile(account: EnteredAccount, name: str, _: State) -> State | None:
    try:
        found = account.iam.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]
    except account.iam.exceptions.NoSuchEntityException:
        return None
    return {
        "id": name,
        "name": name,
        "role": next((role["RoleName"] for role in found["Roles"]), None),
        "tagsAll": unpaired(found.get("Tags", [])),
        "arn": found["Arn"],
        "uniqueId": found["InstanceProfileId"],
        "createDate": _date(found["CreateDate"]),
    }


def _update_profile(account: EnteredAccount, name: str, change: ResourceUpdate) -> None:
    iam = account.iam
    if change.touches("role"):
        if change.old.get("role"):
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=change.old["role"])
        if change.new.get("role"):
            _settled(
                account, lambda: iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=change.new["role"])
            )
    retag(
        change,
        lambda tags: iam.tag_instance_profile(InstanceProfileName=name, Tags=pairs(tags)),
        lambda keys: iam.untag_instance_profile(InstanceProfileName=name, TagKeys=keys),
    )


def _delete_profile(account: EnteredAccount, name: str, state: State) -> None:
    iam = account.iam
    try:
        if state.get("role"):
            iam.remove_role_from_instance_profile(InstanceProfileName=name, RoleName=state["role"])
    except iam.exceptions.NoSuchEntityException:
        pass  # the role has left already; the profile may still be there
    with suppress(iam.exceptions.NoSuchEntityException):
        iam.delete_instance_profile(InstanceProfileName=name)


def _settled(account: EnteredAccount, action: Callable[[], Any]) -> None:
    """IAM takes some seconds to know a principal or a role that was just made."""

    def passing(error: ClientError) -> bool:
        return code(error) == "MalformedPolicyDocument" and "invalid principal" in str(error).lower()

    retrying(account, action, when=passing)


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


TYPES = (
    ResourceType(
        "aws:iam/role:Role",
        (
            _NAME,
            Property("description", default=""),
            Property("path", default="/", replaces=True, filled=True),
            Property("assumeRolePolicy", InputKind.DOCUMENT, required=True),
            Property("permissionsBoundary", default=""),
            Property("maxSessionDuration", InputKind.INTEGER, default=3600, filled=True),
            *TAGS,
        ),
        outputs("arn", "uniqueId", "createDate"),
        _create_role,
        _read_role,
        _delete_role,
        _update_role,
    ),
    ResourceType(
        "aws:iam/rolePolicy:RolePolicy",
        (_NAME, Property("role", required=True, replaces=True), Property("policy", InputKind.DOCUMENT, required=True)),
        (),
        _create_role_policy,
        _read_role_policy,
        _delete_role_policy,
        _update_role_policy,
    ),
    ResourceType(
        "aws:iam/policy:Policy",
        (
            _NAME,
            Property("description", default="", replaces=True),
            Property("policy", InputKind.DOCUMENT, required=True),
            *TAGS,
        ),
        outputs("arn", "policyId"),
        _create_policy,
        _read_policy,
        _delete_policy,
        _update_policy,
    ),
    ResourceType(
        "aws:iam/instanceProfile:InstanceProfile",
        (_NAME, Property("role"), *TAGS),
        outputs("arn", "uniqueId", "createDate"),
        _create_profile,
        _read_profile,
        _delete_profile,
        _update_profile,
        completes=frozenset({"role"}),
    ),
)
