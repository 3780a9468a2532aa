"""The boundary closes what a policy mistake would open.

Executed: a throw-away role whose policy allows everything, under the stack's boundary. Evaluated: each real role, imagined
with such a policy besides its own. Where a statement of the boundary denies, AWS must say that it was an explicit deny: a
ceiling alone does not hold against what a resource's own policy grants.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from deploy_driver.assurance.prove import created
from deploy_driver.assurance.prove.case import ADMINISTRATOR, ApiRequest, CaseTable, Trial, Undo, call, simulated
from deploy_driver.assurance.prove.facts import Facts, ProvedFunction, ProvedTarget, ProvedTools
from deploy_project.stacks import RoleKind, arn, role_arn, target_role_arn

GROUP = "boundary"

_OWN = "history"
_DENIED = "explicit"
_STRANGER = {"lambda:Principal": "*"}


@dataclass(frozen=True)
class Forbidden:
    """Something that no policy may ever allow, on any of `resources`; `denied` when the boundary says so itself.

    `of_a_service`: because no role uses the service at all.
    """

    fact: str
    sentence: str
    action: str
    resources: str | Sequence[str]
    keys: Mapping[str, str]
    denied: bool = True
    of_a_service: bool = False

    @property
    def things(self) -> tuple[str, ...]:
        """On what."""
        return (self.resources,) if isinstance(self.resources, str) else tuple(self.resources)


def trials(facts: Facts) -> Iterator[Trial]:
    """What the throw-away role tries."""
    for target in facts.targets:
        yield from _executed(facts, target)


_UNLISTED = "000000000000"
"""An account that no project can name: AWS gives none this number."""


def evaluations(facts: Facts) -> Iterator[Trial]:
    """What each real role would be refused, however broad its own policy became."""
    for target in facts.targets:
        everywhere = _everywhere(target.account, target.region, target.trail, target.trail_bucket)
        forbidden = [
            *_unasked(target, [*everywhere, *_of_target(target), *_of_buckets(target), *_of_functions(target)])
        ]
        for role in target.roles:
            cases = CaseTable(GROUP, role.name, target.env, created.in_account(target), _OWN)
            yield from _imagined(cases, role.arn, forbidden, ("cloudtrail:LookupEvents", "*"))
    yield from _of_tools(facts.tools, facts.targets)


def _unasked(target: ProvedTarget, forbidden: Iterable[Forbidden]) -> Iterator[Forbidden]:
    """Without what the program itself asks for; a service that it uses is only narrowed, no longer denied as a whole."""
    for each in forbidden:
        things = [thing for thing in each.things if not target.asks(each.action, thing, each.keys)]
        if things:
            denied = each.denied and not (each.of_a_service and target.uses(each.action.partition(":")[0]))
            yield replace(each, resources=things, denied=denied)


def _of_tools(tools: ProvedTools, targets: tuple[ProvedTarget, ...]) -> Iterator[Trial]:
    key = arn("kms", "key/prove", region=tools.region, account=tools.account)
    strange_key = arn("kms", "key/prove", region=tools.region, account="000000000000")
    forbidden = [
        *_everywhere(tools.account, tools.region, tools.trail, tools.trail_bucket),
        *(
            Forbidden(f"become-bootstrap-{target.env}", f"would become {target.bootstrap_role} of {target.env}",
                 "sts:AssumeRole", target.role_arn(target.bootstrap_role),
                 {"aws:ResourceAccount": target.account}, denied=False)
            for target in targets
        ),
        Forbidden("enter-unlisted", "would enter a role of an account that no project deploys into", "sts:AssumeRole",
             target_role_arn(_UNLISTED, RoleKind.PREVIEW, "prove"), {"aws:ResourceAccount": _UNLISTED}, denied=False),
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
             arn("secretsmanager", "secret:prove", region=region, account=account), {}, of_a_service=True),
        Forbidden("machine", "would start a machine", "ec2:RunInstances",
             arn("ec2", "instance/*", region=region, account=account), {}, of_a_service=True),
        Forbidden("organisation", "would leave the organisation", "organizations:LeaveOrganization", "*", {}),
        Forbidden("rest-api", "would make a REST API", "apigateway:POST",
             arn("apigateway", "/restapis", region=region), {}, denied=False),
        Forbidden("other-bucket", "would read a bucket that is not ours", "s3:GetObject",
             arn("s3", "prove-other/a"), {}, denied=False),
    ]  # fmt: skip


def _of_target(target: ProvedTarget) -> list[Forbidden]:
    here, lambda_ = (
        {"region": target.region, "account": target.account},
        {"iam:PassedToService": "lambda.amazonaws.com"},
    )
    bootstrap, passed = target.role_arn(target.bootstrap_role), [role.arn for role in target.execution_roles]
    return [
        Forbidden("become", "would become another role", "sts:AssumeRole", bootstrap, {}),
        Forbidden("tag", "would tag a session", "sts:TagSession", bootstrap, {}),
        Forbidden("rename", "would speak for somebody else", "sts:SetSourceIdentity", bootstrap, {}),
        Forbidden("pass-elsewhere", "would pass an execution role to EC2", "iam:PassRole", passed,
             {"iam:PassedToService": "ec2.amazonaws.com"}, denied=False),
        Forbidden("pass-other-role", "would pass the deployment role to Lambda", "iam:PassRole",
             target.role_arn(target.deployment_role), lambda_, denied=False),
        Forbidden("other-role", "would read what another role may do", "iam:GetRolePolicy", bootstrap, {}, denied=False),
        Forbidden("other-policy", "would read another managed policy", "iam:GetPolicyVersion",
             arn("iam", "policy/prove-other", account=target.account), {}, denied=False),
        Forbidden("other-log", "would write another log", "logs:PutLogEvents",
             arn("logs", "log-group:/prove-other:log-stream:prove", **here), {}, denied=False),
        Forbidden("other-function", "would change another function", "lambda:UpdateFunctionCode",
             arn("lambda", "function:prove-other", **here), {}, denied=False),
    ]  # fmt: skip


def _of_buckets(target: ProvedTarget) -> list[Forbidden]:
    """What would open the stack's buckets, or send elsewhere what happens to them."""
    buckets, items = [one.arn for one in target.buckets], [f"{one.arn}/items/prove" for one in target.buckets]
    named = f": {', '.join(one.name for one in target.buckets)}"
    return [
        Forbidden(fact, f"{sentence}{named}", action, things, {})
        for fact, sentence, action, things in (
            ("bucket-acl", "would open a bucket by a list", "s3:PutBucketAcl", buckets),
            ("item-acl", "would open an item by a list", "s3:PutObjectAcl", items),
            ("item-version-acl", "would open an item's old version by a list", "s3:PutObjectVersionAcl", items),
            ("website", "would make a bucket a website", "s3:PutBucketWebsite", buckets),
            ("replication", "would copy a bucket elsewhere", "s3:PutReplicationConfiguration", buckets),
            ("public-block-off", "would turn off a public access block", "s3:PutBucketPublicAccessBlock", buckets),
            ("bucket-logging", "would send a bucket's access log elsewhere", "s3:PutBucketLogging", buckets),
            ("bucket-notification", "would send word of every item elsewhere", "s3:PutBucketNotification", buckets),
            ("inventory", "would send a list of all items elsewhere", "s3:PutInventoryConfiguration", buckets),
            ("analytics", "would send how items are used elsewhere", "s3:PutAnalyticsConfiguration", buckets),
            ("retention", "would get past a retention", "s3:BypassGovernanceRetention", items),
        )
    ]


def _of_functions(target: ProvedTarget) -> list[Forbidden]:
    """What would open the stack's functions, send elsewhere what happens to them, or make it be forgotten."""
    functions, logs = [one.arn for one in target.functions], [f"{one.log_arn}:*" for one in target.functions]
    # What the program asks for on a log of its own, the ceiling allows on all of the stack's.
    asked = {request.action for role in target.roles for request in role.requests}
    named = f": {', '.join(one.name for one in target.functions)}"
    return [
        Forbidden("grant-everybody", f"would let everybody call a function{named}", "lambda:AddPermission", functions, _STRANGER),
        *(
            Forbidden(fact, f"{sentence}{named}", action, things, {}, denied=things is functions)
            for fact, sentence, action, things in (
                ("function-url", "would give a function an address", "lambda:CreateFunctionUrlConfig", functions),
                ("function-url-open", "would open a function's address", "lambda:UpdateFunctionUrlConfig", functions),
                ("destinations", "would send a function's results elsewhere", "lambda:PutFunctionEventInvokeConfig", functions),
                ("destinations-changed", "would change where a function's results go",
                 "lambda:UpdateFunctionEventInvokeConfig", functions),
                ("log-subscription", "would send a log elsewhere", "logs:PutSubscriptionFilter", logs),
                ("log-export", "would copy a log elsewhere", "logs:CreateExportTask", logs),
                ("log-gone", "would delete a log", "logs:DeleteLogGroup", logs),
                ("log-stream-gone", "would delete a part of a log", "logs:DeleteLogStream", logs),
                ("log-shortened", "would keep a log for a shorter time", "logs:PutRetentionPolicy", logs),
            )
            if things is functions or action not in asked
        ),
    ]  # fmt: skip


def _imagined(cases: CaseTable, role_arn: str, forbidden: list[Forbidden], own: tuple[str, str]) -> Iterator[Trial]:
    imagined = "with a policy that allows everything,"
    question = simulated(role_arn, *own, also=created.EVERYTHING)
    yield cases.simulate(_OWN, f"{imagined} would do its own work", question, allowed=True, twin=forbidden[0].fact)
    for each in forbidden:
        asked = [
            simulated(role_arn, each.action, thing, keys=each.keys, also=created.EVERYTHING) for thing in each.things
        ]
        because = _DENIED if each.denied else ""
        yield cases.simulate(each.fact, f"{imagined} {each.sentence}", asked, allowed=False, twin=_OWN, because=because)


def _executed(facts: Facts, target: ProvedTarget) -> Iterator[Trial]:
    cases = CaseTable(GROUP, "capped", target.env, created.capped(target), _OWN)
    own = call("cloudtrail", "lookup_events", MaxResults=1)
    yield cases.allow(_OWN, "looks at the account's history", own, twin="make-user")
    undone = partial(Undo, created.in_account(target))
    for fact, sentence, request, undoing in _capped_calls(target):
        undo = (undone(undoing),) if undoing else ()
        yield cases.deny(fact, sentence, request, because=_DENIED, undo=undo)
    for service, sentence, request in (
        ("secretsmanager", "lists secrets", call("secretsmanager", "list_secrets")),
        ("ec2", "looks at machines", call("ec2", "describe_instances")),
        ("dynamodb", "lists tables", call("dynamodb", "list_tables")),
    ):
        if not target.uses(service):
            yield cases.deny(f"service-{service}", sentence, request, because=_DENIED)
    other = created.other_bucket(target)
    taken = call("s3", "put_bucket_policy", Bucket=other, Policy=created.private(other))
    yield cases.deny("other-bucket-policy", "puts the policy of another stack's bucket", taken)
    for bucket in target.buckets:
        name, its = bucket.name, {"Bucket": bucket.bucket}
        public = call("s3", "put_bucket_policy", **its, Policy=created.open_to_all(bucket.bucket))
        said, back = f"opens the stack's bucket {name} to everybody", undone(created.policy_back(bucket))
        yield cases.deny(f"public-bucket-policy.{name}", said, public, undo=(back,))
        if not target.asks("s3:PutBucketAcl", bucket.arn):
            acl = call("s3", "put_bucket_acl", **its, ACL="public-read")
            shut = undone(call("s3", "put_bucket_acl", **its, ACL="private"))
            yield cases.deny(
                f"bucket-acl.{name}", f"opens the bucket {name} by a list", acl, because=_DENIED, undo=(shut,)
            )
    for function in target.functions:
        for fact, sentence, request, undoing in _capped_calls_of(facts, target, function):
            said = f"{sentence} the function {function.name}"
            yield cases.deny(f"{fact}.{function.name}", said, request, because=_DENIED, undo=(undone(undoing),))


def _capped_calls(target: ProvedTarget) -> Iterator[tuple[str, str, ApiRequest, ApiRequest | None]]:
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


def _capped_calls_of(
    facts: Facts, target: ProvedTarget, function: ProvedFunction
) -> Iterator[tuple[str, str, ApiRequest, ApiRequest]]:
    its, statement = {"FunctionName": function.function}, {"StatementId": "prove-capped"}
    stranger = {"Action": "lambda:InvokeFunction", "Principal": facts.beside(target).account}
    back = call("lambda", "remove_permission", **its, **statement)
    yield (
        "grant-account",
        "lets another account call",
        call("lambda", "add_permission", **its, **statement, **stranger),
        back,
    )
    if not target.asks("lambda:CreateFunctionUrlConfig", function.arn):
        url = call("lambda", "create_function_url_config", **its, AuthType="NONE")
        yield "function-url", "gives an address to", url, call("lambda", "delete_function_url_config", **its)
