"""What requests to the stack's own things look like to IAM: on what, and the condition keys that policies decide by."""

from __future__ import annotations

from collections.abc import Mapping

from deploy_infra.policies.actions import On
from deploy_infra.policies.scope import StackScope

Asked = tuple[tuple[str, ...], Mapping[str, str]]
"""ARNs, with IAM's `*` for what nobody knows beforehand, and the condition keys with which each of them is asked for."""


def requests(on: On, scope: StackScope) -> tuple[Asked, ...]:
    """The requests for one kind of thing."""
    requested, carried = "aws:RequestTag/deploy:stack", "aws:ResourceTag/deploy:stack"
    ours, tagging = {carried: scope.stack}, {carried: scope.stack, requested: scope.stack}
    api = scope.apis_arn
    one = (f"{api}/integrations/*", f"{api}/routes/*", f"{api}/stages/$default")
    parts = (f"{api}/integrations", f"{api}/routes", f"{api}/stages")
    asked: Mapping[On, tuple[Asked, ...]] = {
        On.BUCKET: (((scope.bucket_arn,), {}),),
        On.OBJECTS: (((scope.objects_arn,), {}),),
        On.FUNCTION: ((tuple(scope.function_arns), {}),),
        On.FUNCTION_GRANT: (((scope.function_arn, scope.alias_arn), {"lambda:Principal": "apigateway.amazonaws.com"}),),
        On.EXECUTION_ROLE: (((scope.execution_role_arn,), {"iam:PassedToService": "lambda.amazonaws.com"}),),
        On.API_CREATE: (((scope.api_collection_arn,), {requested: scope.stack}),),
        # What is gone carries no tag: it must be answered "not found".
        On.API_READ: (((api, *one), ours), ((api, *one), {})),
        On.API_CHANGE: (((api, *parts, *one), ours), ((api, *parts, *one), tagging)),
        On.API_TAG: (((scope.api_tags_arn,), tagging),),
    }
    return asked[on]
