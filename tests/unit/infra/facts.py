"""The documents of the real stack files, and what a request to the stack's own things looks like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from deploy_driver.adapters.sources import make_importable
from deploy_infra.documents import Documents, documents
from deploy_infra.policies.document import Document
from deploy_infra.policies.resource_types import ActionRequest, resource_types

ROOT = Path(__file__).resolve().parents[3]
BUCKET = "arn:aws:s3:::items-dev-222222222222"
FUNCTION = "arn:aws:lambda:eu-central-1:222222222222:function:items-dev"
EXECUTION_ROLE = "arn:aws:iam::222222222222:role/deploy/execution/items-dev-execution"
API = "arn:aws:apigateway:eu-central-1::/apis/a1b2c3"
API_TAGS = "arn:aws:apigateway:eu-central-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-central-1%3A%3A%2Fapis%2Fa1b2c3"
OURS = {"aws:ResourceTag/deploy:project": "items", "aws:ResourceTag/deploy:stack": "dev"}
BORN = {"aws:RequestTag/deploy:project": "items", "aws:RequestTag/deploy:stack": "dev"}
GATEWAY = {"lambda:Principal": "apigateway.amazonaws.com"}
TO_LAMBDA = {"iam:PassedToService": "lambda.amazonaws.com"}

_CONCRETE = {
    "${partition}": "aws",
    "${region}": "eu-central-1",
    "${account}": "222222222222",
    "${input:role}": EXECUTION_ROLE,
    "apis%2F*": "apis%2Fa1b2c3",
    "apis/*": "apis/a1b2c3",
    "stages/*": "stages/$default",
    "function:${name}:*": "function:items-dev:live",
    "function:${parent}:*": "function:items-dev:live",
    "function:${name}": "function:items-dev",
    "function:${parent}": "function:items-dev",
    "${name}": "items-dev-222222222222",
    "${parent}": "items-dev-222222222222",
    "222222222222/*": "222222222222/items/a",
    "/*": "/x1",
}
"""What stands in place of the table's placeholders in a request to the things of the stack dev, in this order."""

Calls = Mapping[str, Mapping[str, tuple[ActionRequest, ...]]]


@cache
def calls_of(kind: str) -> Calls:
    """The operations of one type by phase, with their requests, where the inputs are those of the service `items`."""
    given = {"publish", "forceDestroy", "role", "tags"}
    return {
        phase.value: {
            operation: tuple(each for each in requests if not each.when or given & set(each.when.split("|")))
            for operation, requests in operations.items()
        }
        for phase, operations in resource_types()[kind].calls.items()
    }


@cache
def _documents(stack: str) -> Documents:
    make_importable(ROOT, ROOT / "infra")
    return documents(ROOT, stack)


def document(stack: str, name: str) -> Document:
    """One document of one real stack."""
    return dict(_documents(stack)[name])


@cache
def recorded() -> Mapping[str, Mapping[str, list[str]]]:
    """The SDK operations that the real AWS provider was recorded to make, per resource type and phase, with those of later versions."""
    found, since = (_types(name) for name in ("aws-provider-calls.json", "aws-provider-calls-since.json"))
    for kind, phases in since.items():
        for phase, operations in phases.items():
            found[kind][phase].extend(operations)
    return found


def _types(name: str) -> dict[str, dict[str, list[str]]]:
    types: dict[str, dict[str, list[str]]] = json.loads(Path(__file__).with_name(name).read_text("utf-8"))["types"]
    return types


def requests_of(kind: str, phase: str, operation: str) -> list[tuple[str, str, Mapping[str, object]]]:
    """What AWS would authorise when the operation is made on the stack's own things: action, resource, keys."""
    found = []
    for request in calls_of(kind)[phase][operation]:
        arn = request.on
        for placeholder, text in _CONCRETE.items():
            arn = arn.replace(placeholder, text)
        found.append((request.action, arn, _keys(kind, request)))
    return found


def _keys(kind: str, request: ActionRequest) -> Mapping[str, object]:
    if request.passed_to:
        return TO_LAMBDA
    if request.action == "lambda:AddPermission":
        return GATEWAY
    if not kind.startswith("aws:apigateway"):
        return {}
    return BORN if request.on.endswith("/apis") else OURS


DEMO_TYPES = tuple(
    f"aws:{kind}"
    for kind in (
        "s3/bucket:Bucket",
        "s3/bucketVersioning:BucketVersioning",
        "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "s3/bucketOwnershipControls:BucketOwnershipControls",
        "s3/bucketPolicy:BucketPolicy",
        "lambda/function:Function",
        "lambda/alias:Alias",
        "lambda/permission:Permission",
        "apigatewayv2/api:Api",
        "apigatewayv2/integration:Integration",
        "apigatewayv2/route:Route",
        "apigatewayv2/stage:Stage",
    )
)
"""What the service `items` is made of."""
