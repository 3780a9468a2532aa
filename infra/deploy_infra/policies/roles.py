"""What the roles of a target account may do: deploy this stack, look at it, be it."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase

from deploy_infra.policies.actions import AuthorisedAction, On, everything, reads
from deploy_infra.policies.document import Conditions, Document, Statement, allow, document
from deploy_infra.policies.grant import RoleGrant
from deploy_infra.policies.record import reads as reads_the_record
from deploy_infra.policies.requests import requests
from deploy_infra.policies.scope import StackScope


def deployment(scope: StackScope) -> Document:
    """Everything that an up, a change, a drift check and a destroy of this stack need; no IAM write at all."""
    return document(*_statements(everything(), scope))


def preview(scope: StackScope) -> Document:
    """Looking at the same things, for what stands in their place, and at the account's record; nothing else."""
    return document(*_statements(reads(), scope), *(grant.statement for grant in (*compares(scope), *audits(scope))))


def reading_only() -> Document:
    """The session policy of a preview: whatever the role may do, this session reads.

    A session policy only takes away (what a session may do is what the role *and* this allow), so `*` grants nothing.
    """
    return document(allow("ReadOnly", sorted({need.action for need in reads()}), ["*"]))


def execution(scope: StackScope) -> Document:
    """What the running function may do: its items, and its own log."""
    return document(*(grant.statement for grant in runs(scope)))


def compares(scope: StackScope) -> list[RoleGrant]:
    """What the preview role does when drift is looked for, beside what the provider does.

    Whether an HTTP API of the stack's name stands already, which somebody else made, only the list of all can tell: AWS
    chooses the ids. Everything else that has a name is read as the provider reads it.
    """
    return [RoleGrant("ApiList", "drift", {"ApiGatewayV2:GetApis": "apigateway:GET"}, [scope.api_collection_arn])]


def audits(scope: StackScope) -> list[RoleGrant]:
    """What the preview role does when a run is audited, in a session that is not narrowed to the stack's things."""
    return reads_the_record(scope.record)


def runs(scope: StackScope) -> list[RoleGrant]:
    """What the running function does.

    Listing the bucket is what turns a missing item into 404 instead of 403 (Amazon S3 API, GetObject). Lambda itself
    writes the log, as the function.
    """
    items = {"S3:GetObject": "s3:GetObject", "S3:PutObject": "s3:PutObject"}
    log = {
        "CloudWatch Logs:CreateLogStream": "logs:CreateLogStream",
        "CloudWatch Logs:PutLogEvents": "logs:PutLogEvents",
    }
    missing = {"S3:GetObject(missing)": "s3:ListBucket"}
    return [
        RoleGrant("Items", "run", items, [f"{scope.bucket_arn}/items/*"]),
        RoleGrant("MissingIsNotForbidden", "run", missing, [scope.bucket_arn]),
        RoleGrant("OwnLog", "run", log, [f"{scope.log_group_arn}:*"]),
    ]


def _statements(needs: Iterable[AuthorisedAction], scope: StackScope) -> list[Statement]:
    """One statement for each kind of thing, in the order of `On`; actions sorted, so that documents compare."""
    asked: dict[On, set[str]] = {}
    for need in needs:
        asked.setdefault(need.on, set()).add(need.action)
    return [allow(on.value, sorted(asked[on]), _resources(on, scope), _when(on, scope)) for on in On if on in asked]


def _resources(on: On, scope: StackScope) -> list[str]:
    """On what such requests are made, each pattern once and none that another one covers."""
    asked = dict.fromkeys(arn for arns, _ in requests(on, scope) for arn in arns)
    return [arn for arn in asked if not any(other != arn and fnmatchcase(arn, other) for other in asked)]


def _when(on: On, scope: StackScope) -> Conditions | None:
    """What narrows the things that have no name of their own, or that could be given away.

    API ids are AWS's choice, so an API is ours by its tag: it must be born with it, only what carries it may be
    changed, and it cannot be changed into another's. Reading allows an absent tag, because a deleted API has none and
    must be answered "not found", not "forbidden": that is how drift is seen.
    """
    requested, carried = "aws:RequestTag/deploy:stack", "aws:ResourceTag/deploy:stack"
    ours: Conditions = {
        "StringEquals": {carried: scope.stack},
        "StringEqualsIfExists": {requested: scope.stack},
    }
    conditions: dict[On, Conditions] = {
        On.FUNCTION_GRANT: {"StringEquals": {"lambda:Principal": "apigateway.amazonaws.com"}},
        On.EXECUTION_ROLE: {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}},
        On.API_CREATE: {"StringEquals": {requested: scope.stack}},
        On.API_READ: {"StringEqualsIfExists": {carried: scope.stack}},
        On.API_CHANGE: ours,
        On.API_TAG: ours,
    }
    return conditions.get(on)
