"""What a request to the stack's own things looks like to IAM: ARNs, and the condition keys that policies decide by."""

from __future__ import annotations

from collections.abc import Mapping

from infra.policies.actions import On
from infra.policies.scope import Scope

Asked = tuple[tuple[str, ...], Mapping[str, str]]
"""ARNs, and the condition keys with which each of them is asked for."""

_ID = "a1b2c3d4e5"
"""Stands for the id of an HTTP API, which AWS chooses."""


def requests(on: On, scope: Scope) -> tuple[Asked, ...]:
    """The requests for one kind of thing."""
    requested, carried = "aws:RequestTag/deploy:stack", "aws:ResourceTag/deploy:stack"
    ours, tagging = {carried: scope.stack}, {carried: scope.stack, requested: scope.stack}
    function = (scope.function_arn, f"{scope.function_arn}:live", f"{scope.function_arn}:1")
    api = f"{scope.api_collection_arn}/{_ID}"
    one = (f"{api}/integrations/i", f"{api}/routes/r", f"{api}/stages/$default")
    parts = (f"{api}/integrations", f"{api}/routes", f"{api}/stages")
    tags = scope.api_tags_arn.replace("*", _ID)
    asked: Mapping[On, tuple[Asked, ...]] = {
        On.BUCKET: (((scope.bucket_arn,), {}),),
        On.OBJECTS: (((f"{scope.bucket_arn}/items/an-item",), {}),),
        On.FUNCTION: ((function, {}),),
        On.FUNCTION_GRANT: ((function[:2], {"lambda:Principal": "apigateway.amazonaws.com"}),),
        On.EXECUTION_ROLE: (((scope.execution_role_arn,), {"iam:PassedToService": "lambda.amazonaws.com"}),),
        On.API_CREATE: (((scope.api_collection_arn,), {requested: scope.stack}),),
        # What is gone carries no tag: it must be answered "not found".
        On.API_READ: (((api, *one), ours), ((api, *one), {})),
        On.API_CHANGE: (((api, *parts, *one), ours), ((api, *parts, *one), tagging)),
        On.API_TAG: (((tags,), tagging),),
    }
    return asked[on]
