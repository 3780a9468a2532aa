"""AWS Lambda and Amazon API Gateway controls (Security Hub User Guide)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from tests.configuration.view import View
from tests.infra.program import Registered

FUNCTION = "aws:lambda/function:Function"
PERMISSION = "aws:lambda/permission:Permission"
STAGE = "aws:apigatewayv2/stage:Stage"
ROUTE = "aws:apigatewayv2/route:Route"
INTEGRATION = "aws:apigatewayv2/integration:Integration"

SUPPORTED_UNTIL = {
    "python3.13": date(2029, 6, 30),
    "python3.14": date(2029, 6, 30),
}
"""When Lambda deprecates a runtime (endoflife.date, "AWS Lambda"); one that is not here has to be looked up first."""

_ENOUGH_ZONES = 2


def is_narrow(_: View, permission: Registered) -> bool:
    """A service calls on behalf of one named source; an account is named, never everybody."""
    said = permission.inputs
    principal = str(said["principal"])
    if principal.endswith(".amazonaws.com"):
        return bool(said.get("sourceArn") or said.get("sourceAccount"))
    return "*" not in principal and "functionUrlAuthType" not in said


def runtime_is_supported(_: View, function: Registered) -> bool:
    until = SUPPORTED_UNTIL.get(str(function.inputs.get("runtime")))
    return until is not None and datetime.now(UTC).date() <= until


def zones_are_several(_: View, function: Registered) -> bool:
    vpc: Mapping[str, Any] | None = function.inputs.get("vpcConfig")
    zones = 0 if vpc is None else len(set(vpc["subnetIds"]))
    return vpc is None or zones >= _ENOUGH_ZONES


def logs_execution(view: View, stage: Registered) -> bool:
    """HTTP APIs have no execution log, and the control does not ask for one."""
    apis = view.beside(stage, "aws:apigatewayv2/api:Api")
    websocket = any(api.inputs["protocolType"] == "WEBSOCKET" for api in apis)
    level = stage.inputs.get("defaultRouteSettings", {}).get("loggingLevel")
    return not websocket or level in {"ERROR", "INFO"}


def says_who(_: View, route: Registered) -> bool:
    return str(route.inputs.get("authorizationType", "NONE")) != "NONE"


def logs_access(_: View, stage: Registered) -> bool:
    return bool(stage.inputs.get("accessLogSettings"))


def private_is_tls(_: View, integration: Registered) -> bool:
    said = integration.inputs
    return said.get("connectionType") != "VPC_LINK" or bool(said.get("tlsConfig"))
