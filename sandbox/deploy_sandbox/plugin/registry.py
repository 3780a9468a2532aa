"""Every resource type that this plugin knows; a service's files are imported when one of its types is first used."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from deploy_sandbox.plugin.errors import REAL_PLUGIN, PluginError

if TYPE_CHECKING:
    from deploy_sandbox.plugin.resource import ResourceType

_FILES = {
    "apigatewayv2": ("apigatewayv2",),
    "cloudtrail": ("cloudtrail",),
    "cloudwatch": ("logs", "events", "alarms"),
    "dynamodb": ("dynamodb",),
    "iam": ("iam",),
    "lambda": ("lambda_function", "lambda_alias", "lambda_permission", "lambda_events", "lambda_layer"),
    "s3": ("s3_bucket", "s3_settings"),
    "secretsmanager": ("secretsmanager",),
    "sns": ("sns",),
    "sqs": ("sqs",),
    "ssm": ("ssm",),
}


@cache
def resource_type(token: str) -> ResourceType:
    """The type with this token (`aws:s3/bucket:Bucket`). PluginError naming it when there is none."""
    service = token.removeprefix("aws:").split("/")[0]
    known = {one.token: one for one in _types(service)}
    if token not in known:
        raise PluginError(f"{token} is not a type that the sandbox's AWS plugin knows. {REAL_PLUGIN}")
    return known[token]


def _types(service: str) -> list[ResourceType]:
    modules = [import_module(f"deploy_sandbox.plugin.{file}") for file in _FILES.get(service, ())]
    return [one for module in modules for one in module.TYPES]
