"""The HTTP API in front of the function."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

_BURST = 20
_RATE = 50.0
_MILLISECONDS = 1000


class HttpApi(pulumi.ComponentResource):
    """An HTTP API with explicit routes to one alias of one function, throttled, on the stage that needs no path.

    Texts are made with Output.format, which also takes None: that is what the outputs of a resource are that a refresh
    finds gone, while the program still runs to its end.

    It has no authorizer, no custom domain, no CORS and no access log: it is a demonstration of deploying, not of exposing.
    """

    def __init__(
        self,
        name: str,
        *,
        api: str,
        alias: aws.lambda_.Alias,
        routes: Sequence[str],
        timeout: int,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("items:service:HttpApi", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.api = aws.apigatewayv2.Api(
            name, name=api, description="Puts and gets items", protocol_type="HTTP", opts=child
        )
        integration = aws.apigatewayv2.Integration(
            name,
            api_id=self.api.id,
            integration_type="AWS_PROXY",
            integration_uri=alias.invoke_arn,
            payload_format_version="2.0",
            timeout_milliseconds=(timeout + 1) * _MILLISECONDS,
            opts=child,
        )
        for route in routes:
            aws.apigatewayv2.Route(
                f"{name}-{_slug(route)}",
                api_id=self.api.id,
                route_key=route,
                target=pulumi.Output.format("integrations/{}", integration.id),
                opts=child,
            )
        aws.apigatewayv2.Stage(
            name,
            api_id=self.api.id,
            name="$default",
            auto_deploy=True,
            default_route_settings=aws.apigatewayv2.StageDefaultRouteSettingsArgs(
                throttling_burst_limit=_BURST, throttling_rate_limit=_RATE
            ),
            opts=child,
        )
        aws.lambda_.Permission(
            name,
            statement_id="http-api",
            action="lambda:InvokeFunction",
            function=alias.function_name,
            qualifier=alias.name,
            principal="apigateway.amazonaws.com",
            source_arn=pulumi.Output.format("{}/*/*", self.api.execution_arn),
            # Two statements of one id cannot stand side by side, and AWS would be asked for minutes whether they can.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        self.url = self.api.api_endpoint
        self.register_outputs({"url": self.url})


def _slug(route: str) -> str:
    """`GET /items/{key}` as `get-items-key`."""
    return "-".join("".join(letter if letter.isalnum() else " " for letter in route.lower()).split())
