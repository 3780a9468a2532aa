"""What Jenkins' own roles may do in the tools account, and who may become them."""

from __future__ import annotations

import json
from collections.abc import Iterator

from deploy_driver.assurance.prove import created
from deploy_driver.assurance.prove.case import (
    ADMINISTRATOR,
    Actor,
    CaseAnswer,
    CaseTable,
    Ec2Instance,
    ProofCase,
    Trial,
    Undo,
    call,
)
from deploy_driver.assurance.prove.facts import Facts
from deploy_driver.assurance.prove.target_roles import session

GROUP = "jenkins"

_STACK = "prove"
"""A stack that there is not: what is tried on its files harms none that there is."""


def trials(facts: Facts) -> Iterator[Trial]:
    """Every case of both roles."""
    tools = facts.tools
    for role in (tools.deploy_role, tools.preview_role):
        yield from _becoming(facts, role)
        yield from _own_account(facts, role)
        yield from _access_states(facts, role)
    yield from _state(facts)
    yield from _records(facts)
    yield from _approvals(facts)
    yield from _entering(facts)


def _becoming(facts: Facts, role: str) -> Iterator[Trial]:
    """A machine gets the role through its instance profile; nobody takes it."""
    tools = facts.tools
    subject = CaseTable(GROUP, role, "tools", Ec2Instance(role), "machine")
    who = call("sts", "get_caller_identity")
    yield subject.allow("machine", "a machine with its instance profile is this role", who, twin="become-administrator")
    callers: list[tuple[str, Actor]] = [
        ("administrator", ADMINISTRATOR),
        ("sibling", created.sibling(tools)),
        ("user", created.user()),
        *((f"deployment-{target.env}", session(facts, target)) for target in facts.targets),
        *((f"stranger-{target.env}", created.stranger(target)) for target in facts.targets),
    ]
    if role == tools.deploy_role:
        callers.append((tools.preview_role, Ec2Instance(tools.preview_role)))
    for word, caller in callers:
        fact = f"become-{word}"
        case = ProofCase(
            subject.id(fact),
            GROUP,
            "tools",
            f"{word} asks for the role {role}",
            CaseAnswer.REFUSED,
            subject.id("machine"),
        )
        asked = call("sts", "assume_role", RoleArn=tools.role_arn(role), RoleSessionName="prove")
        yield Trial(case, caller, asked)


def _own_account(facts: Facts, role: str) -> Iterator[Trial]:
    tools = facts.tools
    cases = CaseTable(GROUP, role, "tools", Ec2Instance(role), "find-state")
    found = call("s3", "list_objects_v2", Bucket=tools.state_bucket, Prefix=".pulumi/", MaxKeys=1)
    yield cases.allow("find-state", "finds the state", found, twin="state-policy")
    mine = {"RoleName": role}
    erased = (Undo(ADMINISTRATOR, call("iam", "delete_role_policy", **mine, PolicyName="prove-more")),)
    capped = (
        Undo(ADMINISTRATOR, call("iam", "put_role_permissions_boundary", **mine, PermissionsBoundary=tools.boundary)),
    )
    started = (Undo(ADMINISTRATOR, call("cloudtrail", "start_logging", Name=tools.trail)),)
    policy = {"PolicyName": "prove-more", "PolicyDocument": created.EVERYTHING}
    nothing = json.dumps({"Version": "2012-10-17", "Statement": []})
    state = {"Bucket": tools.state_bucket}
    for fact, sentence, request, undo in (
        ("make-user", "makes a user", call("iam", "create_user", UserName=f"{created.PREFIX}new"), ()),
        ("own-policy", "writes itself a policy", call("iam", "put_role_policy", **mine, **policy), erased),
        ("boundary-gone", "removes its boundary", call("iam", "delete_role_permissions_boundary", **mine), capped),
        ("own-trust", "rewrites its own trust", call("iam", "update_assume_role_policy", **mine, PolicyDocument="{}"), ()),
        ("trail-stopped", "stops the trail", call("cloudtrail", "stop_logging", Name=tools.trail), started),
        # No statement at all: whoever may do this is told that it is malformed, and nothing has changed.
        ("state-policy", "puts the policy of the state bucket", call("s3", "put_bucket_policy", **state, Policy="prove"), ()),
        ("record", "deletes a delivered record", call("s3", "delete_object", Bucket=tools.trail_bucket, Key="prove"), ()),
        ("outside-state", "writes beside the state", call("s3", "put_object", **state, Key="prove", Body=b""),
         (Undo(ADMINISTRATOR, call("s3", "delete_object", **state, Key="prove")),)),
        ("beside-stacks", "writes in the state's folder what is no stack's",
         call("s3", "put_object", **state, Key=".pulumi/prove", Body=b""),
         (Undo(ADMINISTRATOR, call("s3", "delete_object", **state, Key=".pulumi/prove")),)),
        ("key-policy", "puts the policy of the state's key",
         call("kms", "put_key_policy", KeyId=tools.state_key, PolicyName="prove", Policy=nothing), ()),
        ("secrets", "lists secrets", call("secretsmanager", "list_secrets"), ()),
    ):  # fmt: skip
        yield cases.deny(fact, sentence, request, undo=undo)


def _access_states(facts: Facts, role: str) -> Iterator[Trial]:
    """Nothing of an access layer: not its state, nor what the engine keeps beside it, nor the key, nor who may."""
    tools = facts.tools
    cases = CaseTable(GROUP, role, "tools", Ec2Instance(role), "find-state")
    bucket = {"Bucket": tools.access_bucket}
    for what, key in tools.files(f"{_STACK}-access").items():
        place = {**bucket, "Key": key}
        gone = (Undo(ADMINISTRATOR, call("s3", "delete_object", **place)),)
        write = call("s3", "put_object", **place, Body=b"")
        yield cases.deny(f"write-access-{what}", f"writes the {what} of an access layer", write, undo=gone)
        read, delete = call("s3", "get_object", **place), call("s3", "delete_object", **place)
        yield cases.deny(f"read-access-{what}", f"reads the {what} of an access layer", read)
        yield cases.deny(f"delete-access-{what}", f"deletes the {what} of an access layer", delete)
    access_key = {"KeyId": tools.access_key}
    nothing = json.dumps({"Version": "2012-10-17", "Statement": []})
    for fact, sentence, request in (
        ("find-access", "lists the states of access layers", call("s3", "list_objects_v2", **bucket)),
        # No statement at all, as with the bucket of its own states.
        ("access-policy", "puts the policy of their bucket", call("s3", "put_bucket_policy", **bucket, Policy="prove")),
        ("access-encrypt", "encrypts with their key", call("kms", "encrypt", **access_key, Plaintext=b"prove")),
        ("access-data-key", "makes a data key of it", call("kms", "generate_data_key", **access_key, KeySpec="AES_256")),
        ("access-key-policy", "puts the policy of their key",
         call("kms", "put_key_policy", **access_key, PolicyName="prove", Policy=nothing)),
    ):  # fmt: skip
        yield cases.deny(fact, sentence, request)


def _state(facts: Facts) -> Iterator[Trial]:
    tools = facts.tools
    deploy = CaseTable(GROUP, tools.deploy_role, "tools", Ec2Instance(tools.deploy_role), "write-state")
    preview = CaseTable(GROUP, tools.preview_role, "tools", Ec2Instance(tools.preview_role), "find-state")
    for what, key in tools.files(_STACK).items():
        state = {"Bucket": tools.state_bucket, "Key": key}
        gone = (Undo(ADMINISTRATOR, call("s3", "delete_object", **state)),)
        write, delete = call("s3", "put_object", **state, Body=b""), call("s3", "delete_object", **state)
        yield deploy.allow(f"write-{what}", f"writes a {what}", write, twin=f"write-access-{what}", undo=gone)
        yield preview.deny(f"write-{what}", f"writes a {what}", write, undo=gone)
        yield preview.deny(f"delete-{what}", f"deletes a {what}", delete)
        if what in {"backup", "lease"}:
            yield deploy.deny(f"delete-{what}", f"deletes a {what}", delete)
        else:
            yield deploy.allow(f"delete-{what}", f"deletes a {what}", delete, twin=f"delete-access-{what}")
    encrypt = call("kms", "encrypt", KeyId=tools.state_key, Plaintext=b"prove")
    yield deploy.allow("encrypt", "encrypts a secret", encrypt, twin="key-policy")
    yield preview.deny("encrypt", "encrypts a secret", encrypt)


def _records(facts: Facts) -> Iterator[Trial]:
    """What runs did, and which plans they used, is added where deploying is trusted; nobody replaces or removes it."""
    tools = facts.tools
    deploy = CaseTable(GROUP, tools.deploy_role, "tools", Ec2Instance(tools.deploy_role), "add-run")
    preview = CaseTable(GROUP, tools.preview_role, "tools", Ec2Instance(tools.preview_role), "find-state")
    for word, said, key in (
        ("run", "the record of a run", ".deploy/runs/prove"),
        ("plan", "that a plan is used", ".deploy/plans/prove"),
    ):
        new, old = ({"Bucket": tools.state_bucket, "Key": f"{key}-{which}"} for which in ("new", "old"))
        gone = [(Undo(ADMINISTRATOR, call("s3", "delete_object", **one)),) for one in (new, old)]
        add, put = call("s3", "put_object", **new, Body=b"", IfNoneMatch="*"), call("s3", "put_object", **old, Body=b"")
        copied = call("s3", "copy_object", **old, CopySource={"Bucket": tools.state_bucket, "Key": new["Key"]})
        add_, replace_ = f"add-{word}", f"replace-{word}"
        yield deploy.allow(add_, f"puts on record {said}", add, twin=replace_, undo=gone[0])
        yield deploy.deny(replace_, f"replaces {said}", put, twin=add_, undo=gone[1])
        yield deploy.deny(f"copy-over-{word}", f"copies over {said}", copied, twin=add_, undo=gone[1])
        removed = call("s3", "delete_object", **old)
        yield deploy.deny(f"remove-{word}", f"removes {said}", removed, twin=add_)
        yield preview.deny(add_, f"puts on record {said}", add, undo=gone[0])
    used = call("s3", "get_object", Bucket=tools.state_bucket, Key=".deploy/plans/prove-old")
    yield preview.deny("read-plan", "reads that a plan is used", used)


def _approvals(facts: Facts) -> Iterator[Trial]:
    """Nobody approves a plan for the approvers, Jenkins and administrators included; whose approval counts, each run looks up itself."""
    tools = facts.tools
    state = {"Bucket": tools.state_bucket, "Body": b""}
    key = f".deploy/approvals/{'0' * 64}/{tools.approver_role or 'prove'}/prove.json"
    approval = call("s3", "put_object", **state, Key=key, IfNoneMatch="*")
    gone = [
        (Undo(ADMINISTRATOR, call("s3", "delete_object", Bucket=tools.state_bucket, Key=one)),)
        for one in (key, "prove")
    ]
    for role in (tools.deploy_role, tools.preview_role):
        cases = CaseTable(GROUP, role, "tools", Ec2Instance(role), "find-state")
        yield cases.deny("approve", "approves a plan", approval, undo=gone[0])
    if tools.approver_role:
        cases = CaseTable(GROUP, "administrator", "tools", ADMINISTRATOR, "write-beside")
        beside = call("s3", "put_object", **state, Key="prove")
        yield cases.allow("write-beside", "writes beside the state", beside, twin="approve", undo=gone[1])
        yield cases.deny("approve", "approves a plan", approval, undo=gone[0])


def _entering(facts: Facts) -> Iterator[Trial]:
    """Jenkins enters exactly the roles that are meant for it."""
    tools = facts.tools
    for target in facts.targets:
        known = {"RoleSessionName": target.session, "SourceIdentity": target.session, "ExternalId": target.external_id}
        for role in (tools.deploy_role, tools.preview_role):
            cases = CaseTable(GROUP, role, target.env, Ec2Instance(role), "enter-preview")
            right = call("sts", "assume_role", RoleArn=target.role_arn(target.preview_role), **known)
            yield cases.allow("enter-preview", "enters the preview role", right, twin="enter-bootstrap")
            for fact, wrong in (
                ("enter-bootstrap", target.role_arn(target.bootstrap_role)),
                ("enter-open", target.role_arn(created.OPEN)),
                *((f"enter-{runs.name}", runs.arn) for runs in target.execution_roles),
            ):
                request = call("sts", "assume_role", RoleArn=wrong, RoleSessionName=target.session)
                yield cases.deny(fact, f"enters {wrong.rpartition('/')[2]}", request)
