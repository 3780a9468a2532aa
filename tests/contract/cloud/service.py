"""A small service as an outsider would make it by hand: a function with an alias, and an HTTP API in front of the alias."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

from tests.contract.cloud.outsider import zipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.accounts import Sandbox


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


class Service:
    """The service's parts; nothing exists until `make`, and nobody is answered until `permit`."""

    def __init__(self, sandbox: Sandbox, account: str, name: str, clients: Callable[[str], Any]) -> None:
        self.functions, self.apis = clients("lambda"), clients("apigatewayv2")
        self.name = name
        self.scope = f"{sandbox.region}:{sandbox.accounts[account]}"
        self.alias = f"arn:aws:lambda:{self.scope}:function:{name}:live"

    def make(self, role: str, code: str) -> None:
        self.functions.create_function(
            FunctionName=self.name,
            Role=role,
            Runtime="python3.11",
            Handler="index.handler",
            Code={"ZipFile": zipped(code)},
            Publish=True,
        )
        self.functions.create_alias(FunctionName=self.name, Name="live", FunctionVersion="1")
        made = self.apis.create_api(Name=self.name, ProtocolType="HTTP")
        self.id, self.url = made["ApiId"], made["ApiEndpoint"]
        integration = self.apis.create_integration(
            ApiId=self.id, IntegrationType="AWS_PROXY", IntegrationUri=self.alias, PayloadFormatVersion="2.0"
        )
        target = f"integrations/{integration['IntegrationId']}"
        for route in ("GET /health", "GET /items/{key}"):
            self.apis.create_route(ApiId=self.id, RouteKey=route, Target=target)
        self.apis.create_stage(ApiId=self.id, StageName="$default", AutoDeploy=True)

    def permit(self, **facts: Any) -> None:
        wanted = {
            "Qualifier": "live",
            "Principal": "apigateway.amazonaws.com",
            "SourceArn": f"arn:aws:execute-api:{self.scope}:{self.id}/*/*",
            **facts,
        }
        self.functions.add_permission(
            FunctionName=self.name,
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            **{name: value for name, value in wanted.items() if value},
        )
