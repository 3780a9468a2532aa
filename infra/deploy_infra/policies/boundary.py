"""The most that any role of an account can be, whatever its own policy says.

A boundary's Allow is a ceiling; its Deny also holds against what a resource's own policy would grant, which a
ceiling does not (IAM User Guide, "Permissions boundaries").
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence

from deploy_infra.policies import record
from deploy_infra.policies.document import Conditions, Document, Statement, allow, deny, document
from deploy_infra.policies.grant import RoleGrant
from deploy_infra.policies.jenkins import (
    PLAN_KEY_ACTIONS,
    STATE_KEY_ACTIONS,
    EnteredRoles,
    PlanSigningKey,
    State,
    key_condition,
    record_files,
)
from deploy_infra.policies.record import TrailDelivery
from deploy_infra.policies.roles import compares, runs, watches
from deploy_infra.policies.wants import DeclaredService, Narrowing, covered, narrowed, service_word

_OTHER_DOORS = (
    "lambda:CreateFunctionUrlConfig",
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:UpdateFunctionEventInvokeConfig",
    "lambda:UpdateFunctionUrlConfig",
    "s3:BypassGovernanceRetention",
    "s3:PutAnalyticsConfiguration",
    "s3:PutBucketAcl",
    "s3:PutBucketLogging",
    "s3:PutBucketNotification",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketWebsite",
    "s3:PutInventoryConfiguration",
    "s3:PutObjectAcl",
    "s3:PutObjectVersionAcl",
    "s3:PutReplicationConfiguration",
)
"""Ways to show a function or a bucket to others, to send what happens there elsewhere, or to get past a retention: shut where
the program declares nothing that needs them.

S3 blocks public access to a new bucket by itself; a role that may not put the block cannot take it away.
"""

_ALWAYS = frozenset({"s3", "lambda", "logs", "apigateway", "kms", "sts", "cloudtrail"})
"""Services that some role of ours uses in every account."""

_ONLY_ASKED = frozenset({"logs", "kms", "iam"})
"""Services of which the ceiling allows only what is asked for, and not all actions on the stack's own things."""


def target(service: DeclaredService, delivery: TrailDelivery, trail_arn: str, rights: Sequence[RoleGrant]) -> Document:
    """The ceiling of a target account's roles: this stack's own things. `rights` is what they read of their own roles."""
    asked, alarms = list(_asked(service)), watches(service)
    words = sorted({service_word(action) for action, *_ in asked} - {"iam"})
    doors = [door for door in _OTHER_DOORS if door not in {action for action, *_ in asked}]
    callers = sorted({want.to for want in service.wants if want.narrowing is Narrowing.CALLED})
    return document(
        *(statement for word in words for statement in _own(word, asked)),
        *_passed(service),
        *(grant.statement for grant in (*rights, *alarms)),
        *(grant.statement for grant in compares(service) if "*" in grant.resources),
        *_record_is_read(delivery.bucket_arn),
        deny("NoStrangerCalls", ["lambda:AddPermission"], ["*"], {"StringNotEquals": {"lambda:Principal": callers}})
        if callers
        else deny("NoStrangerCalls", ["lambda:AddPermission"], ["*"]),
        deny("NoOtherDoors", doors, ["*"]),
        _nothing_else(
            *sorted(f"{word}:*" for word in set(words) - _ALWAYS),
            *("iam:PassRole", *_read_of((*rights, *alarms)), "tag:GetResources"),
        ),
        deny("NoOtherRole", ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"], ["*"]),
        *_record_stands(trail_arn, delivery.bucket_arn),
    )


Asked = tuple[str, tuple[str, ...], Conditions | None]
"""An action, on what, and what narrows it."""


def _asked(service: DeclaredService) -> Iterator[Asked]:
    """Everything that some role of the stack does, but for roles that are passed."""
    for want in service.wants:
        if want.narrowing is not Narrowing.PASSED:
            yield want.action, want.resources, narrowed(want, service.place)
    for grant in service.grants:
        for action in grant.actions:
            yield action, grant.resources, None
    for own in (grant for role in service.roles for grant in runs(role, service)):
        for action in own.calls.values():
            yield action, tuple(own.resources), None


def _own(word: str, asked: Iterable[Asked]) -> Iterator[Statement]:
    """All actions of a service on the stack's own things; of those that know no thing, only what is asked for."""
    of_word = [each for each in asked if service_word(each[0]) == word]
    things = covered(sorted(arn for _, arns, _ in of_word for arn in arns if arn != "*"))
    title = word.replace("-", "").title()
    if things:
        actions = (
            sorted({action for action, arns, _ in of_word if arns != ("*",)}) if word in _ONLY_ASKED else [f"{word}:*"]
        )
        yield allow(f"Own{title}", actions, things)
    anywhere: dict[str, tuple[set[str], Conditions | None]] = {}
    for action, arns, when in of_word:
        if "*" in arns:
            anywhere.setdefault(json.dumps(when, sort_keys=True), (set(), when))[0].add(action)
    for position, (_, (actions_there, when)) in enumerate(sorted(anywhere.items()), 1):
        yield allow(f"Any{title}{position}", sorted(actions_there), ["*"], when)


def _read_of(rights: Iterable[RoleGrant]) -> list[str]:
    return sorted({action for grant in rights for action in grant.calls.values()})


def _passed(service: DeclaredService) -> Iterator[Statement]:
    """The roles that may be passed, each to its own service."""
    passed = [want for want in service.wants if want.narrowing is Narrowing.PASSED]
    for to in sorted({want.to for want in passed}):
        arns = covered(sorted(arn for want in passed if want.to == to for arn in want.resources))
        when = {"StringEquals": {"iam:PassedToService": to}}
        yield allow(f"Pass{to.partition('.')[0].title()}", ["iam:PassRole"], arns, when)


def jenkins(
    state: State, plan_key: PlanSigningKey, entered: EnteredRoles, trail_arn: str, trail_bucket_arn: str
) -> Document:
    """The ceiling of the tools account's roles: the state, its key, the key of plans, and the roles of the targets."""
    return document(
        allow("TargetRoles", ["sts:AssumeRole", "sts:SetSourceIdentity"], entered.roles, entered.condition),
        allow("State", ["s3:ListBucket", "s3:*Object"], [state.bucket_arn, f"{state.bucket_arn}/*"]),
        allow("StateKey", list(STATE_KEY_ACTIONS), [state.keys_arn], key_condition(state)),
        allow("PlanKey", list(PLAN_KEY_ACTIONS), [plan_key.keys_arn], key_condition(plan_key)),
        *_record_is_read(trail_bucket_arn),
        _nothing_else(),
        *_records_stay(state),
        *_record_stands(trail_arn, trail_bucket_arn),
    )


def _record_is_read(trail_bucket_arn: str) -> tuple[Statement, ...]:
    """Who is meant to read the record, may: the event history has no ARN, the delivered files have."""
    return (
        allow("History", ["cloudtrail:LookupEvents"], ["*"]),
        allow("Records", list(record.ACTIONS), [trail_bucket_arn, f"{trail_bucket_arn}/AWSLogs/*"]),
    )


def _record_stands(trail_arn: str, trail_bucket_arn: str) -> tuple[Statement, ...]:
    """Nobody stops the trail; nobody does anything to its bucket but read."""
    return (
        deny("TrailStands", ["cloudtrail:*"], [trail_arn]),
        {
            "Sid": "RecordStands",
            "Effect": "Deny",
            "NotAction": list(record.ACTIONS),
            "Resource": [trail_bucket_arn, f"{trail_bucket_arn}/*"],
        },
    )


def _records_stay(state: State) -> tuple[Statement, ...]:
    """Nobody removes the records of runs, or puts one where there is one."""
    files = record_files(state)
    return (
        deny("RecordsStay", ["s3:DeleteObject"], files),
        deny("RecordsAreNew", ["s3:PutObject"], files, {"Null": {"s3:if-none-match": "true"}}),
    )


def _nothing_else(*but: str) -> Statement:
    """No service that no role here uses, IAM and Organizations before all, except `but`."""
    return {
        "Sid": "NothingElse",
        "Effect": "Deny",
        "NotAction": [*(f"{word}:*" for word in sorted(_ALWAYS)), *but],
        "Resource": ["*"],
    }
