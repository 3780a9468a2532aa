"""What the roles of a target account may do: deploy this stack, look at it, be it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from deploy_infra.policies.document import Document, Statement, allow, document
from deploy_infra.policies.grant import RoleGrant
from deploy_infra.policies.record import TrailDelivery
from deploy_infra.policies.record import reads as reads_the_record
from deploy_infra.policies.wants import (
    DeclaredService,
    ExecutionRole,
    Grant,
    Narrowing,
    Want,
    covered,
    narrowed,
    service_word,
)
from deploy_project.stacks import arn

READING_VERBS = ("Describe", "Get", "Head", "List", "Query", "Scan", "Validate")
"""How the names of actions begin that change nothing."""

_READS = ("Describe*", "Get*", "List*", "Validate*")
_SESSION_VERBS = {
    "apigateway": ("GET",),
    "dynamodb": ("Describe*", "List*"),
    "logs": ("Describe*", "List*"),
    "s3": (
        *("GetAccelerateConfiguration", "GetBucket*", "GetEncryptionConfiguration", "GetLifecycleConfiguration"),
        *("GetReplicationConfiguration", "ListBucket*", "ListTagsForResource"),
    ),
    "secretsmanager": ("Describe*", "GetResourcePolicy", "GetSecretValue", "List*"),
    "ssm": ("Describe*", "GetDocument", "GetParameter", "List*"),
    "states": ("Describe*", "List*", "Validate*"),
}
"""What of a service shows how things are set, and not what is in them: objects, items and lines of logs are not a preview's.

A value that the program itself declares is a setting: the provider reads it, one by one, and the role's policy says which.
"""
_SESSION_READS_RIGHTS = ("iam:GetPolicy*", "iam:GetRole*", "iam:List*RolePolicies")
"""What `decides` reads, in few characters."""

_HTTP_API = "aws:apigatewayv2/api:Api"
_MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"
_OF_ROLE = ("GetRole", "GetRolePolicy", "ListAttachedRolePolicies", "ListRolePolicies")
_OF_BOUNDARY = ("GetPolicy", "GetPolicyVersion")
_LOG_ACTIONS = ("logs:CreateLogStream", "logs:PutLogEvents")


def deployment(service: DeclaredService, rights: Iterable[RoleGrant]) -> Document:
    """Everything that an up, a change, a drift check and a destroy of this stack need; no IAM write at all."""
    return document(
        *_statements(service.wants, service), *_by_hand(service.grants), *(grant.statement for grant in rights)
    )


def preview(service: DeclaredService, record: TrailDelivery, rights: Iterable[RoleGrant]) -> Document:
    """Looking at the same things, for what stands in their place, and at the account's record; nothing else."""
    looks = (want for want in service.wants if want.reads)
    others = (*compares(service), *watches(service), *reads_the_record(record), *rights)
    return document(
        *_statements(looks, service), *_by_hand(reading(service.grants)), *(grant.statement for grant in others)
    )


def reading_only(admitted: Collection[str]) -> Document:
    """The session policy of a preview: whatever the role may do, this session reads how things are set.

    A session policy only takes away (what a session may do is what the role *and* this allow), so `*` grants nothing. It is
    the same for every program, and short: AWS takes 2,048 characters.
    """
    actions = [f"{word}:{verb}" for word in sorted(admitted) for verb in _SESSION_VERBS.get(word, _READS)]
    if "iam" not in admitted:
        actions += _SESSION_READS_RIGHTS
    return document(allow("ReadOnly", actions, ["*"]))


def execution(role: ExecutionRole, service: DeclaredService) -> Document:
    """What something of the service may do while it runs."""
    return document(*(grant.statement for grant in runs(role, service)))


def decides(deployment_role: str, boundary: str) -> list[RoleGrant]:
    """What the deployment role and the preview role read, to say before a change what the deployment role may not do.

    It may do what its policies allow within its boundary: those documents, of that role alone.
    """
    role = {f"IAM:{name}": f"iam:{name}" for name in _OF_ROLE}
    ceiling = {f"IAM:{name}": f"iam:{name}" for name in _OF_BOUNDARY}
    return [
        RoleGrant("DeploymentRole", "preview", role, [deployment_role]),
        RoleGrant("Boundary", "preview", ceiling, [boundary]),
    ]


def compares(service: DeclaredService) -> list[RoleGrant]:
    """What the preview role does when drift is looked for, or what a dead run made, beside what the provider does.

    Only lists of all tell whether an HTTP API of the stack's name or an event source mapping of its function stands already:
    AWS chooses the ids. What carries the stack's tags AWS lists for the whole account. Everything else that has a name is read
    as the provider reads it.
    """
    kinds = {want.kind for want in service.wants}
    found = [RoleGrant("TaggedList", "drift", {"Resource Groups Tagging API:GetResources": "tag:GetResources"}, ["*"])]
    if _MAPPING in kinds:
        mappings = {"Lambda:ListEventSourceMappings": "lambda:ListEventSourceMappings"}
        found.append(RoleGrant("MappingList", "drift", mappings, ["*"]))
    if _HTTP_API in kinds:
        apis = arn("apigateway", "/apis", region=service.place.region)
        found.append(RoleGrant("ApiList", "drift", {"ApiGatewayV2:GetApis": "apigateway:GET"}, [apis]))
    return found


def watches(service: DeclaredService) -> list[RoleGrant]:
    """What the preview role reads while what was deployed soaks: the states of the alarms of its ring, and of no others.

    AWS shows a metric alarm to whoever may read that one, a composite alarm only to whoever may read all (CloudWatch API, DescribeAlarms).
    """
    place = service.place
    arns = [arn("cloudwatch", f"alarm:{name}", region=place.region, account=place.account) for name in service.alarms]
    calls = {"CloudWatch:DescribeAlarms": "cloudwatch:DescribeAlarms"}
    return [RoleGrant("Alarms", "soak", calls, arns)] if arns else []


def runs(role: ExecutionRole, service: DeclaredService) -> list[RoleGrant]:
    """What something of the service does while it runs: what the program says, and its own log, which Lambda writes in its name."""
    grants = [
        RoleGrant(f"May{position}", "run", {action: action for action in grant.actions}, list(grant.resources))
        for position, grant in enumerate(role.may, 1)
    ]
    if role.log_group:
        place = service.place
        streams = f"{arn('logs', f'log-group:{role.log_group}', region=place.region, account=place.account)}:*"
        calls = {f"CloudWatch Logs:{action.removeprefix('logs:')}": action for action in _LOG_ACTIONS}
        grants.append(RoleGrant("OwnLog", "run", calls, [streams]))
    return grants


def _statements(wants: Iterable[Want], service: DeclaredService) -> list[Statement]:
    """One statement for all that is done to the same things under the same condition; sorted, so that documents compare."""
    by_action: dict[tuple[Narrowing, str, str], list[Want]] = {}
    for want in wants:
        by_action.setdefault((want.narrowing, want.to, want.action), []).append(want)
    alike: dict[tuple[Narrowing, str, str, tuple[str, ...]], list[Want]] = {}
    for (narrowing, to, action), same in sorted(by_action.items()):
        things = tuple(covered(sorted(arn for want in same for arn in want.resources)))
        alike.setdefault((narrowing, to, service_word(action), things), []).append(same[0])
    made, names = [], Counter[str]()
    for (narrowing, to, word, things), examples in sorted(alike.items()):
        name = _sid(word, examples[0].shape, narrowing, to)
        names[name] += 1
        sid = name if names[name] == 1 else f"{name}{names[name]}"
        made.append(allow(sid, [want.action for want in examples], things, narrowed(examples[0], service.place)))
    return sorted(made, key=lambda statement: str(statement["Sid"]))


def _sid(word: str, shape: str, narrowing: Narrowing, to: str) -> str:
    """A name for a statement, of letters and digits: `LambdaFunction`, `ApigatewayOurs`, `IamRolePassedLambda`."""
    place = "tags" if "/tags/" in shape else shape.split(":", 5)[-1].replace("${name}", "").replace("*", " all ")
    said = re.sub(r"[^A-Za-z0-9]+", " ", f"{word} {place}").split()
    beside = [] if narrowing is Narrowing.NOTHING else [narrowing.name, to.partition(".")[0]]
    return "".join(part[:1].upper() + part[1:].lower() for part in (*said, *beside))


def by_hand(grants: Iterable[Grant], phase: str) -> list[RoleGrant]:
    """What the program gives to whoever deploys beside what follows from its resources."""
    return [
        RoleGrant(f"ByHand{position}", phase, {action: action for action in grant.actions}, list(grant.resources))
        for position, grant in enumerate(grants, 1)
    ]


def reading(grants: Iterable[Grant]) -> Iterator[Grant]:
    """What of it changes nothing."""
    for grant in grants:
        actions = tuple(action for action in grant.actions if action.partition(":")[2].startswith(READING_VERBS))
        if actions:
            yield Grant(actions, grant.resources)


def _by_hand(grants: Iterable[Grant]) -> Iterator[Statement]:
    return (grant.statement for grant in by_hand(grants, ""))
