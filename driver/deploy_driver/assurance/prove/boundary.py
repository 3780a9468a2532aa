"""The boundary closes what a policy mistake would open.

Executed: a throw-away role whose policy allows everything, under the stack's boundary. Evaluated: each real role, imagined
with such a policy besides its own. Where a statement of the boundary denies, AWS must say that it was an explicit deny: a
ceiling alone does not hold against what a resource's own policy grants.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from deploy_driver.assurance.prove import created
from deploy_driver.assurance.prove.case import ADMINISTRATOR, ApiRequest, CaseTable, Trial, Undo, call, simulated
from deploy_driver.assurance.prove.facts import Facts, ProvedTarget, ProvedTools
from deploy_project.stacks import arn, role_arn

GROUP = "boundary"

_OWN = "own-bucket"
_DENIED = "explicit"
_STRANGER = {"lambda:Principal": "*"}


@dataclass(frozen=True)
class Forbidden:
    """Something that no policy may ever allow; `denied` when the boundary says so itself."""

    fact: str
    sentence: str
    action: str
    resource: str
    keys: Mapping[str, str]
    denied: bool = True


def trials(facts: Facts) -> Iterator[Trial]:
    """What the throw-away role tries."""
    for target in facts.targets:
        yield from _executed(facts, target)


def evaluations(facts: Facts) -> Iterator[Trial]:
    """What each real role would be refused, however broad its own policy became."""
    for target in facts.targets:
        forbidden = [
            *_everywhere(target.account, target.region, target.trail, target.trail_bucket),
            *_of_target(target),
        ]
        for word, role in (
            ("deployment", target.deployment_role),
            ("preview", target.preview_role),
            ("execution", target.execution_role),
        ):
            cases = CaseTable(GROUP, word, target.env, created.in_account(target), _OWN)
            own = ("s3:GetBucketVersioning", arn("s3", target.bucket))
            yield from _imagined(cases, target.role_arn(role), forbidden, own)
    yield from _of_tools(facts.tools, facts.targets)


def _of_tools(tools: ProvedTools, targets: tuple[ProvedTarget, ...]) -> Iterator[Trial]:
    key = arn("kms", "key/prove", region=tools.region, account=tools.account)
    strange_key = arn("kms", "key/prove", region=tools.region, account="000000000000")
    forbidden = [
        *_everywhere(tools.account, tools.region, tools.trail, tools.trail_bucket),
        *(
            Forbidden(f"become-bootstrap-{target.env}", f"would become {target.bootstrap_role} of {target.env}",
                 "sts:AssumeRole", target.role_arn(target.bootstrap_role), {}, denied=False)
            for target in targets
        ),
        Forbidden("state-policy", "would put the policy of the state bucket", "s3:PutBucketPolicy",
             arn("s3", tools.state_bucket), {}, denied=False),
        Forbidden("run-replaced", "would replace the record of a run", "s3:PutObject",
             arn("s3", f"{tools.state_bucket}/.deploy/runs/prove"), {}),
        Forbidden("run-removed", "would remove the record of a run", "s3:DeleteObject",
             arn("s3", f"{tools.state_bucket}/.deploy/runs/prove"), {}),
        Forbidden("plan-unused", "would make a used plan new", "s3:DeleteObject",
             arn("s3", f"{tools.state_bucket}/.deploy/plans/prove"), {}),
        Forbidden("access-state", "would write the state of an access layer", "s3:PutObject",
             arn("s3", f"{tools.access_bucket}/{tools.files('prove-access')['state']}"), {}, denied=False),
        Forbidden("access-key", "would decrypt what an access layer keeps secret", "kms:Decrypt",
             key, {"kms:ResourceAliases": tools.access_key}, denied=False),
        Forbidden("other-key", "would decrypt with another key", "kms:Decrypt",
             key, {"kms:ResourceAliases": "alias/prove-other"}, denied=False),
        Forbidden("other-plan-key", "would sign with another key", "kms:Sign",
             key, {"kms:ResourceAliases": "alias/prove-other"}, denied=False),
        Forbidden("strange-plan-key", "would sign with a key of that name in another account", "kms:Sign",
             strange_key, {"kms:ResourceAliases": tools.plan_key}, denied=False),
        Forbidden("strange-key", "would decrypt with a key of that name in another account", "kms:Decrypt",
             strange_key, {"kms:ResourceAliases": tools.state_key}, denied=False),
        Forbidden("state-key-gone", "would delete the state's key", "kms:ScheduleKeyDeletion",
             key, {"kms:ResourceAliases": tools.state_key}, denied=False),
    ]  # fmt: skip
    for role in (tools.deploy_role, tools.preview_role):
        cases = CaseTable(GROUP, role, "tools", ADMINISTRATOR, _OWN)
        own = ("s3:GetObject", arn("s3", f"{tools.state_bucket}/{tools.files('prove')['state']}"))
        yield from _imagined(cases, tools.role_arn(role), forbidden, own)


def _everywhere(account: str, region: str, trail: str, trail_bucket: str) -> list[Forbidden]:
    record, role = arn("s3", trail_bucket), role_arn(account, "prove-new")
    return [
        Forbidden("make-role", "would make a role", "iam:CreateRole", role, {}),
        Forbidden("own-policy", "would write a role's policy", "iam:PutRolePolicy", role, {}),
        Forbidden("boundary-gone", "would remove a boundary", "iam:DeleteRolePermissionsBoundary", role, {}),
        Forbidden("trail-stopped", "would stop the trail", "cloudtrail:StopLogging", trail, {}),
        Forbidden("trail-gone", "would delete the trail", "cloudtrail:DeleteTrail", trail, {}),
        Forbidden("trail-blind", "would make the trail record less", "cloudtrail:PutEventSelectors", trail, {}),
        Forbidden("record-gone", "would delete a delivered record", "s3:DeleteObject", f"{record}/AWSLogs/prove", {}),
        Forbidden("record-policy", "would open the trail's bucket", "s3:PutBucketPolicy", record, {}),
        Forbidden("secret", "would read a secret", "secretsmanager:GetSecretValue",
             arn("secretsmanager", "secret:prove", region=region, account=account), {}),
        Forbidden("machine", "would start a machine", "ec2:RunInstances",
             arn("ec2", "instance/*", region=region, account=account), {}),
        Forbidden("organisation", "would leave the organisation", "organizations:LeaveOrganization", "*", {}),
        Forbidden("rest-api", "would make a REST API", "apigateway:POST",
             arn("apigateway", "/restapis", region=region), {}, denied=False),
        Forbidden("other-bucket", "would read a bucket that is not ours", "s3:GetObject",
             arn("s3", "prove-other/a"), {}, denied=False),
    ]  # fmt: skip


def _of_target(target: ProvedTarget) -> list[Forbidden]:
    bucket = arn("s3", target.bucket)
    passed = target.role_arn(target.execution_role)
    return [
        Forbidden("become", "would become another role", "sts:AssumeRole", target.role_arn(target.bootstrap_role), {}),
        Forbidden("tag", "would tag a session", "sts:TagSession", target.role_arn(target.bootstrap_role), {}),
        Forbidden("rename", "would speak for somebody else", "sts:SetSourceIdentity",
             target.role_arn(target.bootstrap_role), {}),
        Forbidden("grant-everybody", "would let everybody call the function", "lambda:AddPermission", target.function_arn, _STRANGER),
        Forbidden("function-url", "would give the function an address", "lambda:CreateFunctionUrlConfig", target.function_arn, {}),
        Forbidden("function-url-open", "would open the function's address", "lambda:UpdateFunctionUrlConfig", target.function_arn, {}),
        Forbidden("bucket-acl", "would open the bucket by a list", "s3:PutBucketAcl", bucket, {}),
        Forbidden("item-acl", "would open an item by a list", "s3:PutObjectAcl", f"{bucket}/items/prove", {}),
        Forbidden("item-version-acl", "would open an item's old version by a list", "s3:PutObjectVersionAcl", f"{bucket}/items/prove", {}),
        Forbidden("website", "would make the bucket a website", "s3:PutBucketWebsite", bucket, {}),
        Forbidden("replication", "would copy the bucket elsewhere", "s3:PutReplicationConfiguration", bucket, {}),
        Forbidden("public-block-off", "would turn off the public access block", "s3:PutBucketPublicAccessBlock", bucket, {}),
        Forbidden("pass-elsewhere", "would pass the execution role to EC2", "iam:PassRole", passed,
             {"iam:PassedToService": "ec2.amazonaws.com"}, denied=False),
        Forbidden("pass-other-role", "would pass the deployment role to Lambda", "iam:PassRole",
             target.role_arn(target.deployment_role), {"iam:PassedToService": "lambda.amazonaws.com"}, denied=False),
        Forbidden("other-log", "would write another log", "logs:PutLogEvents",
             arn("logs", "log-group:/prove-other:log-stream:prove", region=target.region, account=target.account), {}, denied=False),
        Forbidden("other-function", "would change another function", "lambda:UpdateFunctionCode",
             arn("lambda", "function:prove-other", region=target.region, account=target.account), {}, denied=False),
        *_elsewhere(target, bucket),
    ]  # fmt: skip


def _elsewhere(target: ProvedTarget, bucket: str) -> list[Forbidden]:
    """What would send elsewhere what happens to the stack's things, or make it be forgotten."""
    log = arn("logs", f"log-group:{target.log_group}", region=target.region, account=target.account)
    return [
        Forbidden("bucket-logging", "would send the bucket's access log elsewhere", "s3:PutBucketLogging", bucket, {}),
        Forbidden("bucket-notification", "would send word of every item elsewhere", "s3:PutBucketNotification", bucket, {}),
        Forbidden("inventory", "would send a list of all items elsewhere", "s3:PutInventoryConfiguration", bucket, {}),
        Forbidden("analytics", "would send how items are used elsewhere", "s3:PutAnalyticsConfiguration", bucket, {}),
        Forbidden("retention", "would get past a retention", "s3:BypassGovernanceRetention", f"{bucket}/items/prove", {}),
        Forbidden("destinations", "would send the function's results elsewhere", "lambda:PutFunctionEventInvokeConfig",
             target.function_arn, {}),
        Forbidden("destinations-changed", "would change where the function's results go", "lambda:UpdateFunctionEventInvokeConfig",
             target.function_arn, {}),
        *(
            Forbidden(fact, sentence, action, f"{log}:*", {}, denied=False)
            for fact, sentence, action in (
                ("log-subscription", "would send the log elsewhere", "logs:PutSubscriptionFilter"),
                ("log-export", "would copy the log elsewhere", "logs:CreateExportTask"),
                ("log-gone", "would delete the log", "logs:DeleteLogGroup"),
                ("log-stream-gone", "would delete a part of the log", "logs:DeleteLogStream"),
                ("log-shortened", "would keep the log for a shorter time", "logs:PutRetentionPolicy"),
            )
        ),
    ]  # fmt: skip


def _imagined(cases: CaseTable, role_arn: str, forbidden: list[Forbidden], own: tuple[str, str]) -> Iterator[Trial]:
    imagined = "with a policy that allows everything,"
    question = simulated(role_arn, *own, also=created.EVERYTHING)
    yield cases.simulate(_OWN, f"{imagined} would do its own work", question, allowed=True, twin=forbidden[0].fact)
    for each in forbidden:
        asked = simulated(role_arn, each.action, each.resource, keys=each.keys, also=created.EVERYTHING)
        because = _DENIED if each.denied else ""
        yield cases.simulate(each.fact, f"{imagined} {each.sentence}", asked, allowed=False, twin=_OWN, because=because)


def _executed(facts: Facts, target: ProvedTarget) -> Iterator[Trial]:
    cases = CaseTable(GROUP, "capped", target.env, created.capped(target), _OWN)
    own = call("s3", "get_bucket_versioning", Bucket=target.bucket)
    yield cases.allow(_OWN, "looks at the stack's bucket", own, twin="make-user")
    administrator = created.in_account(target)
    for fact, sentence, request, undoing in _capped_calls(facts, target):
        undo = (Undo(administrator, undoing),) if undoing else ()
        yield cases.deny(fact, sentence, request, because=_DENIED, undo=undo)
    other = created.other_bucket(target)
    taken = call("s3", "put_bucket_policy", Bucket=other, Policy=created.private(other))
    yield cases.deny("other-bucket-policy", "puts the policy of another stack's bucket", taken)
    public = call("s3", "put_bucket_policy", Bucket=target.bucket, Policy=created.open_to_all(target.bucket))
    back = call("s3", "put_bucket_policy", Bucket=target.bucket, Policy=target.bucket_policy)
    yield cases.deny(
        "public-bucket-policy", "opens the stack's bucket to everybody", public, undo=(Undo(administrator, back),)
    )


def _capped_calls(facts: Facts, target: ProvedTarget) -> Iterator[tuple[str, str, ApiRequest, ApiRequest | None]]:
    function, bucket = {"FunctionName": target.function}, {"Bucket": target.bucket}
    stranger, statement = facts.beside(target).account, {"StatementId": "prove-capped"}
    grant = call(
        "lambda", "add_permission", **function, **statement, Action="lambda:InvokeFunction", Principal=stranger
    )
    url = call("lambda", "create_function_url_config", **function, AuthType="NONE")
    yield "make-user", "makes a user", call("iam", "create_user", UserName=f"{created.PREFIX}new"), None
    uncap = call("iam", "delete_role_permissions_boundary", RoleName=created.CAPPED)
    yield "boundary-gone", "removes its own boundary", uncap, None
    cap = call("iam", "create_policy_version", PolicyArn=target.boundary, PolicyDocument="{}", SetAsDefault=True)
    yield "boundary-version", "writes a new version of the boundary", cap, None
    become = call("sts", "assume_role", RoleArn=target.role_arn(created.OPEN), RoleSessionName="prove")
    yield "become", "becomes another role", become, None
    start = call("cloudtrail", "start_logging", Name=target.trail)
    yield "trail-stopped", "stops the trail", call("cloudtrail", "stop_logging", Name=target.trail), start
    policy = call("s3", "put_bucket_policy", Bucket=target.trail_bucket, Policy=target.trail_policy)
    yield "record-policy", "puts the policy of the trail's bucket", policy, None
    yield (
        "grant-account",
        "lets another account call the function",
        grant,
        call("lambda", "remove_permission", **function, **statement),
    )
    yield "function-url", "gives the function an address", url, call("lambda", "delete_function_url_config", **function)
    acl = call("s3", "put_bucket_acl", **bucket, ACL="public-read")
    yield "bucket-acl", "opens the bucket by a list", acl, call("s3", "put_bucket_acl", **bucket, ACL="private")
    yield "secrets", "lists secrets", call("secretsmanager", "list_secrets"), None
    yield "machines", "looks at machines", call("ec2", "describe_instances"), None
    yield "tables", "lists tables", call("dynamodb", "list_tables"), None
