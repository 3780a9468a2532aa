"""The HTTP API in front of the function."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from deploy_infra.service.function import Function

_BURST = 20
_RATE = 50.0
_MILLISECONDS = 1000
_LONGEST = 30
"""Seconds that an HTTP API waits for a function at most."""


class HttpApi(pulumi.ComponentResource):
    """An HTTP API with explicit routes to the live aliases of functions, throttled, on the stage that needs no path.

    Texts are made with Output.format, which also takes None: that is what the outputs of a resource are that a refresh
    finds gone, while the program still runs to its end.

    `api`, `stage` and `url` are there for what it has not itself: an authorizer, a domain, an access log.
    """

    def __init__(
        self,
        name: str,
        *,
        api: str,
        routes: Mapping[str, Function],
        cors: aws.apigatewayv2.ApiCorsConfigurationArgs | None,
        description: str,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("deploy:service:HttpApi", name, None, opts)
        self._child = pulumi.ResourceOptions(parent=self)
        self._name = name
        self.api = aws.apigatewayv2.Api(
            name,
            name=api,
            description=description or None,
            protocol_type="HTTP",
            cors_configuration=cors,
            opts=self._child,
        )
        functions = {id(function): function for function in routes.values()}
        integrations = {key: self._integrate(function, len(functions) > 1) for key, function in functions.items()}
        for route, function in routes.items():
            aws.apigatewayv2.Route(
                f"{name}-{_slug(route)}",
                api_id=self.api.id,
                route_key=route,
                target=pulumi.Output.format("integrations/{}", integrations[id(function)].id),
                opts=self._child,
            )
        self.stage = aws.apigatewayv2.Stage(
            name,
            api_id=self.api.id,
            name="$default",
            auto_deploy=True,
            default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
                throttling_burst_limit=_BURST, throttling_rate_limit=_RATE
            ),
            opts=self._child,
        )
        self.url = self.api.api_endpoint
        self.register_outputs({"url": self.url})

    def _integrate(self, function: Function, several: bool) -> aws.apigatewayv2.Integration:
        """Let the API call the function's live alias, and wait a second longer for it than it may take."""
        name = f"{self._name}-{function.name}" if several else self._name
        aws.lambda_.Permission(
            name,
            statement_id=f"http-api-{self._name}",
            action="lambda:InvokeFunction",
            function=function.alias.function_name,
            qualifier=function.alias.name,
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.format("{}/*/*", self.api.execution_arn),
            # Two statements of one id cannot stand side by side, and AWS would be asked for minutes whether they can.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        return aws.apigatewayv2.Integration(
            name,
            api_id=self.api.id,
            integration_type="AWS_PROXY",
            integration_uri=function.alias.invoke_arn,
            payload_format_version="2.0",
            timeout_milliseconds=min(function.timeout + 1, _LONGEST) * _MILLISECONDS,
            opts=self._child,
        )


def _slug(route: str) -> str:
    """`GET /items/{key}` as `get-items-key`."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in route.lower()).split())
