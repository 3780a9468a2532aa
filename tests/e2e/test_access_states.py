"""The states of access layers: where Jenkins cannot write them; moved there once; and what Jenkins writes in the old place does nothing."""

from __future__ import annotations

import base64
import json
import signal
from typing import Any

from deploy_driver import remedies
from deploy_project.stacks import project_of
from deploy_sandbox.accounts import ACCOUNTS
from tests.carried import gone, printed
from tests.contract.cloud.outsider import at_instance, refusal
from tests.e2e.project import Project

OLD, NEW = "deploy-state-111111111111", "deploy-state-111111111111-access"
OLD_KEY, NEW_KEY = "alias/deploy-state", "alias/deploy-state-access"
STACKS = ("tools", "dev-access", "staging-access", "prod-access")
MARKER = ".deploy/moved/items.json"


def file_of(stack: str) -> str:
    return f".pulumi/stacks/{project_of('items', stack)}/{stack}.json"


def keys(project: Project, bucket: str, prefix: str = "") -> set[str]:
    pages = project.client("tools", "s3").get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return {entry["Key"] for page in pages for entry in page.get("Contents", [])}


def state(project: Project, bucket: str, stack: str) -> Any:
    return json.loads(project.client("tools", "s3").get_object(Bucket=bucket, Key=file_of(stack))["Body"].read())


def as_before(project: Project) -> None:
    """Put everything where it was before access layers had a backend of their own, under the key that they had."""
    s3, kms = project.client("tools", "s3"), project.client("tools", "kms")
    for stack in STACKS:
        document = state(project, NEW, stack)
        provider = document["checkpoint"]["latest"]["secrets_providers"]["state"]
        data_key = kms.decrypt(CiphertextBlob=base64.b64decode(provider["encryptedkey"]))["Plaintext"]
        encrypted = kms.encrypt(KeyId=OLD_KEY, Plaintext=data_key)["CiphertextBlob"]
        provider["url"] = provider["url"].replace(NEW_KEY, OLD_KEY)
        provider["encryptedkey"] = base64.b64encode(encrypted).decode()
        s3.put_object(Bucket=OLD, Key=file_of(stack), Body=json.dumps(document).encode())
    for key in keys(project, NEW):
        s3.delete_object(Bucket=NEW, Key=key)


def attacked(project: Project, stack: str) -> bytes:
    """A state of `stack` that deletes a role of prod: by a second provider, which enters there as the administrator does."""
    document = state(project, NEW, stack)
    resources = document["checkpoint"]["latest"]["resources"]
    provider = json.loads(json.dumps(next(one for one in resources if one["type"] == "pulumi:providers:aws")))
    provider["urn"] = provider["urn"].rsplit("::", 1)[0] + "::elsewhere"
    provider["id"] = "5f0c0e1b-0000-4000-8000-000000000000"
    for values in (provider["inputs"], provider["outputs"]):
        said = json.dumps(values).replace(ACCOUNTS["dev"], ACCOUNTS["prod"])
        values.update(json.loads(said))
    role = json.loads(json.dumps(next(one for one in resources if one["type"] == "aws:iam/role:Role")))
    role.update(urn=role["urn"].rsplit("::", 1)[0] + "::leftover", id="BreakGlass")
    role.update(provider=f"{provider['urn']}::{provider['id']}", dependencies=[], propertyDependencies={})
    resources += [provider, role]
    return json.dumps(document).encode()


def test_states_are_moved_once_wherever_it_was_interrupted_and_the_old_place_is_never_read_again(
    project: Project,
) -> None:
    before = {stack: state(project, NEW, stack)["checkpoint"]["latest"]["resources"] for stack in STACKS}
    jenkins = at_instance(project.sandbox, "jenkins-deploy").client("s3")
    evil = {"Bucket": OLD, "Key": file_of("dev-access"), "Body": attacked(project, "dev-access")}
    project.client("prod", "iam").create_role(RoleName="BreakGlass", AssumeRolePolicyDocument="{}")
    as_before(project)
    waiting = project.deploy("preview", "--stacks", "dev-access")
    assert waiting.code == 3, waiting
    assert "run `deploy bootstrap`" in waiting.err

    good = {**evil, "Body": json.dumps(state(project, OLD, "dev-access")).encode()}
    jenkins.put_object(**evil)
    refused = project.deploy("bootstrap", "--yes")
    assert refused.code == 3, refused
    assert f"works in {ACCOUNTS['prod']}, expected {ACCOUNTS['dev']} alone" in refused.err
    jenkins.put_object(**good)

    killed = project.interrupted("moving the state of dev-access", signal.SIGKILL, "bootstrap", "--yes")
    assert killed.code == -signal.SIGKILL
    assert keys(project, OLD, ".pulumi/stacks/items/") == {file_of(stack) for stack in STACKS if stack != "tools"}
    stopped = project.interrupted("moving the state of staging-access", signal.SIGINT, "bootstrap", "--yes")
    assert stopped.code == 130, stopped
    assert "moving the state of tools" not in stopped.err
    assert "moving the state of dev-access" in stopped.err
    assert MARKER not in keys(project, NEW)

    done = project.deploy("bootstrap", "--yes", "--output", "json")
    assert done.code == 0, done
    assert "moving the state of prod-access" in done.err
    assert {stack["reason"] for stack in done.json["stacks"]} == {"unchanged"}
    assert MARKER in keys(project, NEW)
    assert keys(project, OLD, ".pulumi/stacks/") == set()
    for stack in STACKS:
        latest = state(project, NEW, stack)["checkpoint"]["latest"]
        assert NEW_KEY in latest["secrets_providers"]["state"]["url"]
        assert {one["urn"] for one in latest["resources"]} == {one["urn"] for one in before[stack]}

    jenkins.put_object(**evil)
    again = project.deploy("bootstrap", "--yes", "--output", "json")
    assert again.code == 0, again
    assert "moving" not in again.err
    assert {stack["reason"] for stack in again.json["stacks"]} == {"unchanged"}
    assert "BreakGlass" in project.roles("prod")
    looked = project.deploy("doctor", "--as-administrator", "--output", "json")
    assert looked.code == 3, looked
    (finding,) = (one for one in looked.json if one["result"] == "finding")
    assert (finding["rule"], finding["stack"]) == ("access-state-where-jenkins-writes", "dev-access")
    printed(remedies.MOVE_ACCESS_STATE, finding["remedy"])
    jenkins.delete_object(Bucket=OLD, Key=file_of("dev-access"))
    looked = project.deploy("doctor", "--as-administrator", "--output", "json")
    assert looked.code == 0, looked
    gone(remedies.MOVE_ACCESS_STATE, looked.out)


def test_jenkins_reads_and_writes_no_state_of_an_access_layer_and_an_administrator_does(project: Project) -> None:
    administrator, *jenkins = (
        at_instance(project.sandbox, name) for name in ("administrator", "jenkins-deploy", "jenkins-preview")
    )
    for who in jenkins:
        s3, kms = who.client("s3"), who.client("kms")
        for key in (file_of("dev-access"), ".pulumi/locks/organization/items/dev-access/1.json", MARKER):
            place = {"Bucket": NEW, "Key": key}
            for call in (lambda: s3.put_object(**place, Body=b""), lambda: s3.get_object(**place)):  # noqa: B023 -- called at once
                assert refusal(call)[0] == "AccessDenied"
            assert refusal(lambda: s3.delete_object(**place))[0] == "AccessDenied"  # noqa: B023 -- called at once
        assert refusal(lambda: s3.list_objects_v2(Bucket=NEW))[0] == "AccessDenied"  # noqa: B023 -- called at once
        assert refusal(lambda: kms.encrypt(KeyId=NEW_KEY, Plaintext=b"x"))[0] == "AccessDeniedException"  # noqa: B023 -- called at once
    s3, kms = administrator.client("s3"), administrator.client("kms")
    s3.put_object(Bucket=NEW, Key=".pulumi/locks/organization/items/dev-access/1.json", Body=b"{}")
    s3.delete_object(Bucket=NEW, Key=".pulumi/locks/organization/items/dev-access/1.json")
    assert kms.encrypt(KeyId=NEW_KEY, Plaintext=b"x")["CiphertextBlob"]
    deploy = jenkins[0].client("s3")
    own = {"Bucket": OLD, "Key": file_of("dev")}
    deploy.put_object(**own, Body=b"{}")
    deploy.delete_object(**own)
    assert project.deploy("outputs", "--stacks", "dev-access", "--output", "json").json["dev-access"]["roleIds"]
    assert not (project.root / ".deploy" / "runs").exists()  # a question is no run
