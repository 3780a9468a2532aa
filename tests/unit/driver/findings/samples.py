"""One subject of every kind, as it should be."""

from __future__ import annotations

from typing import Any

from deploy_driver.assurance.findings.observed import (
    InspectedAccessState,
    InspectedBoundary,
    InspectedBucket,
    InspectedExternalId,
    InspectedFunction,
    InspectedIssuer,
    InspectedKeys,
    InspectedRole,
    InspectedTrail,
    SeenBucket,
    SeenFunction,
    SeenKeys,
    SeenRole,
    SeenTrail,
)
from deploy_driver.assurance.findings.rules.records import BLOCKS

BOUNDARY = "arn:aws:iam::222222222222:policy/items-dev-boundary"


def document(**facts: Any) -> dict[str, Any]:
    """A policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], **facts}]}


TRUST = document(
    Action="sts:AssumeRole",
    Principal={"AWS": "arn:aws:iam::111111111111:root"},
    Condition={"StringEquals": {"sts:ExternalId": "items-dev-5f0c0e1b"}},
)
POLICY = document(Resource=["arn:aws:s3:::items-dev/*"])
SEEN_ROLE = SeenRole("AROAX", TRUST, {"deployer": POLICY}, (), BOUNDARY, 3600)
ROLE = InspectedRole(
    "dev-access", "deployer", "Pulumi.dev.yaml", 7, 3, TRUST, POLICY, BOUNDARY, 3600, "AROAX", SEEN_ROLE
)
CEILING = InspectedBoundary("dev-access", "items-dev-boundary", "Pulumi.dev.yaml", 4, 3, POLICY, POLICY)
SEEN_TRAIL = SeenTrail(logging=True, multi_region=True, validation=True, bucket="record")
TRAIL = InspectedTrail("dev-access", "deploy-trail", "Pulumi.dev.yaml", 4, 3, "record", SEEN_TRAIL)
SEEN_BUCKET = SeenBucket(BLOCKS, POLICY)
ACCESS_STATE = InspectedAccessState("dev-access", "deploy-state", "Pulumi.dev.yaml", 1, 3, seen=False)
BUCKET = InspectedBucket("dev", "items-dev", "Pulumi.dev.yaml", 4, 3, POLICY, SEEN_BUCKET)
FUNCTION_ARN = "arn:aws:lambda:eu-central-1:222222222222:function:items-dev:live"
GATEWAY: dict[str, Any] = {
    "Sid": "http-api",
    "Effect": "Allow",
    "Principal": {"Service": "apigateway.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": FUNCTION_ARN,
    "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:eu-central-1:222222222222:abc/*/*"}},
}
FUNCTION = InspectedFunction(
    "dev",
    "items-dev",
    "Pulumi.dev.yaml",
    4,
    3,
    "222222222222",
    frozenset({"apigateway.amazonaws.com", "s3.amazonaws.com"}),
    frozenset({"arn:aws:s3:::items-dev"}),
    SeenFunction({"live": document(**GATEWAY)}),
)
KEYS = InspectedKeys("dev-access", "account 222222222222", "Pulumi.dev.yaml", 4, 3, SeenKeys(root=False, of_users=()))
EXTERNAL_ID = InspectedExternalId("dev-access", "items-dev-5f0c0e1b", "Pulumi.dev.yaml", 9, 3, ())
ISSUER = InspectedIssuer(
    "tools",
    "https://ci.example.com/oidc",
    "Pulumi.tools.yaml",
    9,
    3,
    "sts.amazonaws.com",
    ("other", "sts.amazonaws.com"),
)

SUBJECTS = (ROLE, CEILING, TRAIL, BUCKET, ACCESS_STATE, FUNCTION, KEYS, ISSUER, EXTERNAL_ID)
