"""The documents of the real stack files, and what a request to the stack's own things looks like."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from deploy_infra.documents import documents
from deploy_infra.policies.actions import OPERATIONS, On
from deploy_infra.policies.document import Document

ROOT = Path(__file__).resolve().parents[3]
BUCKET = "arn:aws:s3:::items-dev-222222222222"
FUNCTION = "arn:aws:lambda:eu-central-1:222222222222:function:items-dev"
EXECUTION_ROLE = "arn:aws:iam::222222222222:role/items-dev-execution"
API = "arn:aws:apigateway:eu-central-1::/apis/a1b2c3"
API_TAGS = "arn:aws:apigateway:eu-central-1::/tags/arn%3Aaws%3Aapigateway%3Aeu-central-1%3A%3A%2Fapis%2Fa1b2c3"
OURS = {"aws:ResourceTag/deploy:stack": "dev"}

Request = tuple[str, Mapping[str, object]]

REQUESTS: Mapping[On, tuple[Request, ...]] = {
    On.BUCKET: ((BUCKET, {}),),
    On.OBJECTS: ((f"{BUCKET}/items/a", {}),),
    On.FUNCTION: ((FUNCTION, {}), (f"{FUNCTION}:live", {}), (f"{FUNCTION}:7", {})),
    On.FUNCTION_GRANT: ((FUNCTION, {"lambda:Principal": "apigateway.amazonaws.com"}),),
    On.EXECUTION_ROLE: ((EXECUTION_ROLE, {"iam:PassedToService": "lambda.amazonaws.com"}),),
    On.API_CREATE: (("arn:aws:apigateway:eu-central-1::/apis", {"aws:RequestTag/deploy:stack": "dev"}),),
    On.API_READ: ((API, OURS), (f"{API}/routes/r1", OURS), (f"{API}/routes/gone", {})),
    On.API_CHANGE: ((API, OURS), (f"{API}/routes", OURS), (f"{API}/stages/$default", OURS)),
    On.API_TAG: ((API_TAGS, OURS),),
}
"""Requests to things of the stack dev as AWS would put them to the evaluator."""


@cache
def document(stack: str, name: str) -> Document:
    """One document of one real stack."""
    return dict(documents(ROOT, stack)[name])


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


def requests_of(operation: str) -> list[tuple[str, str, Mapping[str, object]]]:
    """What AWS would authorise when the SDK operation is made on the stack's own things: action, resource, keys."""
    return [(need.action, arn, keys) for need in OPERATIONS[operation] for arn, keys in REQUESTS[need.on]]
