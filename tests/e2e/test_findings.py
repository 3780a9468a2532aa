"""Each thing that rots, spoiled by hand as root: the doctor names exactly it, and its remedy heals it."""

from __future__ import annotations

import json
import stat
from collections.abc import Sequence
from typing import Any

import pytest

from deploy_driver import remedies
from deploy_sandbox.accounts import ACCOUNTS
from tests.carried import gone, printed
from tests.e2e.project import Ended, Project
from tests.typed import typed

DEV, STAGING, PROD, TOOLS = (ACCOUNTS[name] for name in ("dev", "staging", "prod", "tools"))
Found = set[tuple[str, str, str]]


def looked(project: Project, *options: str) -> tuple[Ended, Found, list[dict[str, Any]]]:
    """The findings as (rule, stack, subject), and everything that was said."""
    done = project.deploy("doctor", *options, "--output", "json")
    assert done.code in {0, 3}, done
    results = done.json
    found = {(one["rule"], one["stack"], one["subject"]) for one in results if one["result"] == "finding"}
    return done, found, results


def changed(document: dict[str, Any], statement: int, **facts: Any) -> str:
    """The document with one statement changed."""
    document["Statement"][statement] |= facts
    return json.dumps(document)


def spoil_roles(project: Project) -> Found:
    """One thing on one role of dev, staging or prod each."""
    dev, staging, prod = (project.client(env, "iam") for env in ("dev", "staging", "prod"))
    dev.delete_role_permissions_boundary(RoleName="items-dev-deployment")
    dev.update_role(RoleName="items-dev-preview", MaxSessionDuration=3600)
    dev.attach_role_policy(RoleName="items-dev-execution", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    inline = staging.get_role_policy(RoleName="items-staging-preview", PolicyName="items-staging-preview")
    staging.put_role_policy(
        RoleName="items-staging-preview",
        PolicyName="items-staging-preview",
        PolicyDocument=changed(inline["PolicyDocument"], 0, Resource="*"),
    )
    trust = staging.get_role(RoleName="items-staging-deployment")["Role"]["AssumeRolePolicyDocument"]
    trust["Statement"][0]["Condition"].pop("StringLike")
    staging.update_assume_role_policy(RoleName="items-staging-deployment", PolicyDocument=json.dumps(trust))
    other = prod.create_policy(PolicyName="wider", PolicyDocument=changed(trust_free(), 0))["Policy"]["Arn"]
    prod.put_role_permissions_boundary(RoleName="items-prod-execution", PermissionsBoundary=other)
    recreate(prod, "items-prod-preview")
    hold_unique_id(project, "items-prod-deployment")
    return {
        ("boundary-missing-from-role", "dev-access", "items-dev-deployment"),
        ("session-shorter-than-configured", "dev-access", "items-dev-preview"),
        ("policy-edited-by-hand", "dev-access", "items-dev-execution"),
        ("policy-edited-by-hand", "staging-access", "items-staging-preview"),
        ("trust-edited-by-hand", "staging-access", "items-staging-deployment"),
        ("boundary-replaced", "prod-access", "items-prod-execution"),
        ("role-recreated", "prod-access", "items-prod-preview"),
        ("trust-holds-unique-id", "prod-access", "items-prod-deployment"),
    }


def trust_free() -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


def recreate(iam: Any, name: str) -> None:
    """Delete a role and make it again, the same in everything but its unique id."""
    role = iam.get_role(RoleName=name)["Role"]
    policy = iam.get_role_policy(RoleName=name, PolicyName=name)["PolicyDocument"]
    iam.delete_role_policy(RoleName=name, PolicyName=name)
    iam.delete_role(RoleName=name)
    iam.create_role(
        RoleName=name,
        Path=role["Path"],
        AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]),
        PermissionsBoundary=role["PermissionsBoundary"]["PermissionsBoundaryArn"],
        MaxSessionDuration=role["MaxSessionDuration"],
    )
    iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=json.dumps(policy))


def hold_unique_id(project: Project, name: str) -> None:
    """Let a role's trust name another role, and delete that one: AWS keeps its unique id only."""
    tools, prod = project.client("tools", "iam"), project.client("prod", "iam")
    trust = prod.get_role(RoleName=name)["Role"]["AssumeRolePolicyDocument"]
    tools.create_role(RoleName="gone", AssumeRolePolicyDocument=json.dumps(trust))
    for statement in trust["Statement"]:
        statement["Principal"] = {"AWS": f"arn:aws:iam::{TOOLS}:role/gone"}
    prod.update_assume_role_policy(RoleName=name, PolicyDocument=json.dumps(trust))
    tools.delete_role(RoleName="gone")


def spoil_records(project: Project) -> Found:
    """Trails, buckets and the boundary."""
    project.client("dev", "cloudtrail").stop_logging(Name="deploy-trail")
    project.client("staging", "cloudtrail").update_trail(Name="deploy-trail", EnableLogFileValidation=False)
    project.client("prod", "cloudtrail").update_trail(Name="deploy-trail", IsMultiRegionTrail=False)
    project.client("tools", "cloudtrail").delete_trail(Name="deploy-trail")
    project.client("dev", "s3").delete_public_access_block(Bucket=f"items-dev-{DEV}")
    project.client("staging", "s3").delete_public_access_block(Bucket=f"deploy-trail-{STAGING}")
    project.client("tools", "s3").delete_public_access_block(Bucket=f"deploy-state-{TOOLS}")
    project.client("prod", "s3").delete_bucket_policy(Bucket=f"deploy-trail-{PROD}")
    project.client("dev", "s3").delete_bucket_policy(Bucket=f"items-dev-{DEV}")
    boundary = f"arn:aws:iam::{TOOLS}:policy/jenkins-boundary"
    project.client("tools", "iam").create_policy_version(
        PolicyArn=boundary, PolicyDocument=json.dumps(trust_free()), SetAsDefault=True
    )
    return {
        ("trail-stopped", "dev-access", "deploy-trail"),
        ("trail-without-validation", "staging-access", "deploy-trail"),
        ("trail-in-one-region", "prod-access", "deploy-trail"),
        ("trail-missing", "tools", "deploy-trail"),
        ("public-access-block-gone", "dev", f"items-dev-{DEV}"),
        ("public-access-block-gone", "staging-access", f"deploy-trail-{STAGING}"),
        ("public-access-block-gone", "tools", f"deploy-state-{TOOLS}"),
        ("bucket-policy-edited-by-hand", "dev", f"items-dev-{DEV}"),
        ("bucket-policy-edited-by-hand", "prod-access", f"deploy-trail-{PROD}"),
        ("boundary-edited-by-hand", "tools", "jenkins-boundary"),
    }


HEALED = (
    remedies.AGAIN_AS_PROGRAM_SAYS,
    remedies.AGAIN_PUTS_BACK,
    remedies.BLOCK_AGAIN,
    remedies.BOUNDARY_EDITED,
    remedies.FIND_IN_TRAIL,
    remedies.POLICY_EDITED,
    remedies.REMOVE_PERMISSION,
    remedies.ROLE_INSTEAD_OF_KEY,
    remedies.ROLE_RECREATED,
    remedies.SESSION_TOO_SHORT,
    remedies.TRAIL_STOPPED,
    remedies.TRAIL_UPDATED,
    remedies.TRUST_BY_NAME,
    remedies.TRUST_EDITED,
)
"""What the findings about `spoil_roles` and `spoil_records` say to do."""


def all_that_is_said(results: Sequence[dict[str, Any]]) -> str:
    return "\n".join(one["remedy"] for one in results if one["result"] == "finding")


def types_what_is_said(project: Project, said: str) -> None:
    """Every printed command, those of one kind for all of their stacks at once."""
    commands = {words[1:] for words in typed(said)}
    assert {words[0] for words in commands} == {"bootstrap", "up"}
    stacks = {words[words.index("--stacks") + 1] for words in commands if words[0] == "bootstrap" and words[1:]}
    for command in (
        ("bootstrap", "--stacks", ",".join(sorted(stacks)), "--yes"),
        *(words for words in commands if words[0] == "up"),
    ):
        done = project.deploy(*command)
        assert done.code == 0, done


LET_IN = {"FunctionName": "items-dev", "Qualifier": "live", "StatementId": "more"}


def leave_a_key(project: Project) -> Found:
    """What no command heals: whose key it is, and who may call, only a person knows."""
    project.client("dev", "lambda").add_permission(**LET_IN, Action="lambda:*", Principal="apigateway.amazonaws.com")
    iam = project.client("staging", "iam")
    iam.create_user(UserName="somebody")
    iam.create_access_key(UserName="somebody")
    return {
        ("access-keys-present", "staging-access", f"account {STAGING}"),
        ("function-lets-others-in", "dev", "items-dev"),
    }


@pytest.fixture
def long_sessions(fresh: Project) -> Project:
    """Bootstrapped for sessions of two hours, dev deployed."""
    fresh.setting("dev", "deploy:sessionDuration", "7200")
    assert fresh.deploy("bootstrap", "--yes").code == 0
    done = fresh.deploy("up", "--stacks", "dev")
    assert done.code == 0, done
    return fresh


def test_what_somebody_spoils_is_found_by_name_and_bootstrap_heals_it(long_sessions: Project) -> None:
    project = long_sessions
    done, found, results = looked(project, "--as-administrator")
    assert (done.code, found) == (0, set()), done
    assert all(one["fact"] for one in results)

    healing = spoil_roles(project) | spoil_records(project)
    staying = leave_a_key(project)
    done, found, results = looked(project, "--as-administrator")
    assert found == healing | staying
    assert done.code == 3
    assert all(one["risk"] and one["remedy"] for one in results if one["result"] == "finding")

    iam = project.client("dev", "iam")
    iam.detach_role_policy(
        RoleName="items-dev-execution", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
    )  # as its remedy says
    said = all_that_is_said(results)
    for remedy in HEALED:
        printed(remedy, said)
    types_what_is_said(project, said)
    project.client("dev", "lambda").remove_permission(**LET_IN)
    theirs = project.client("staging", "iam")
    [key] = theirs.list_access_keys(UserName="somebody")["AccessKeyMetadata"]
    named = {"UserName": "somebody", "AccessKeyId": key["AccessKeyId"]}
    theirs.update_access_key(**named, Status="Inactive")
    theirs.delete_access_key(**named)
    project.client("dev", "s3").put_public_access_block(
        Bucket=f"items-dev-{DEV}",
        PublicAccessBlockConfiguration=dict.fromkeys(
            ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
        ),
    )
    done, found, results = looked(project, "--as-administrator")
    assert (done.code, found) == (0, set()), done
    for remedy in HEALED:
        gone(remedy, all_that_is_said(results))
    folders = [path for path in (project.root / ".deploy" / "runs").iterdir() if path.is_dir()]
    assert folders
    assert {stat.S_IMODE(folder.stat().st_mode) for folder in folders} == {0o700}


def select(project: Project, which: str) -> None:
    """Let dev's trail record these management events."""
    selectors = [{"ReadWriteType": which, "IncludeManagementEvents": True, "DataResources": []}]
    project.client("dev", "cloudtrail").put_event_selectors(TrailName="deploy-trail", EventSelectors=selectors)


def leave_out_and_divert(project: Project) -> None:
    select(project, "WriteOnly")
    s3 = project.client("prod", "s3")
    policy = s3.get_bucket_policy(Bucket=f"deploy-trail-{PROD}")["Policy"].replace(
        f"deploy-trail-{PROD}", "elsewhere-0"
    )
    s3.create_bucket(Bucket="elsewhere-0", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_policy(Bucket="elsewhere-0", Policy=policy)
    project.client("prod", "cloudtrail").update_trail(Name="deploy-trail", S3BucketName="elsewhere-0")


def test_what_is_not_there_is_one_finding_and_not_one_for_each_of_its_rules(project: Project) -> None:
    iam = project.client("prod", "iam")
    iam.delete_role_policy(RoleName="items-prod-execution", PolicyName="items-prod-execution")
    iam.delete_role(RoleName="items-prod-execution")
    bucket = project.client("staging", "s3")
    for page in bucket.get_paginator("list_object_versions").paginate(Bucket=f"deploy-trail-{STAGING}"):
        for version in page.get("Versions", []):
            bucket.delete_object(Bucket=f"deploy-trail-{STAGING}", Key=version["Key"], VersionId=version["VersionId"])
    bucket.delete_bucket(Bucket=f"deploy-trail-{STAGING}")
    leave_out_and_divert(project)
    done, found, results = looked(project, "--as-administrator")
    assert found == {
        ("role-missing", "prod-access", "items-prod-execution"),
        ("bucket-missing", "staging-access", f"deploy-trail-{STAGING}"),
        ("trail-leaves-events-out", "dev-access", "deploy-trail"),
        ("trail-delivers-elsewhere", "prod-access", "deploy-trail"),
    }
    assert done.code == 3
    printed(remedies.RECORD_ALL_EVENTS, all_that_is_said(results))
    select(project, "All")
    _, _, results = looked(project, "--as-administrator")
    gone(remedies.RECORD_ALL_EVENTS, all_that_is_said(results))


def test_jenkins_says_which_rules_it_did_not_look_at_and_why(project: Project) -> None:
    project.client("dev", "cloudtrail").stop_logging(Name="deploy-trail")
    done, found, results = looked(project)
    assert (done.code, found) == (0, set())
    unseen = {one["rule"]: one["fact"] for one in results if one["result"] == "not looked at"}
    assert "--as-administrator" in unseen["trail-stopped"]


def test_an_external_id_that_two_accounts_share_is_found_in_the_files(project: Project) -> None:
    project.setting("staging", "deploy:externalId", "items-dev-5f0c0e1b")
    _, found, results = looked(project)
    assert {rule for rule, _, _ in found} == {"external-id-shared", "role"}  # staging's role asks for its own
    told = project.deploy("doctor", "--output", "sarif").json["runs"][0]["results"]
    places = {
        (
            result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            *result["locations"][0]["physicalLocation"]["region"].values(),
        )
        for result in told
        if result["ruleId"] == "external-id-shared"
    }
    assert places == {("Pulumi.dev.yaml", 9, 3), ("Pulumi.staging.yaml", 9, 3)}
    said = all_that_is_said(results)
    printed(remedies.EXTERNAL_ID_EACH, said)
    project.setting("staging", "deploy:externalId", "items-staging-of-its-own")
    assert project.deploy("bootstrap", "--stacks", "staging-access", "--yes").code == 0
    done, found, results = looked(project)
    assert (done.code, found) == (0, set()), done
    gone(remedies.EXTERNAL_ID_EACH, all_that_is_said(results))


def test_an_account_that_cannot_be_entered_is_said_and_all_is_not_well(project: Project) -> None:
    project.setting("prod", "deploy:bootstrapRole", "NobodysRole")
    done, found, results = looked(project, "--as-administrator")
    assert done.code == 3
    # The state was written as the role that the stack file named before.
    assert {(rule, stack) for rule, stack, _ in found} == {("role", "prod-access"), ("state", "prod-access")}
    unseen = {one["rule"] for one in results if one["stack"] == "prod-access" and one["result"] == "not looked at"}
    assert {"trust-edited-by-hand", "trail-stopped", "access-keys-present"} <= unseen
