"""What one stack calls its own: the only things that its roles may reach."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from deploy_infra.policies.record import TrailDelivery
from deploy_project.stacks import arn


@dataclass(frozen=True)
class StackScope:
    """The ARNs of one target account's service, and the tag that marks what has no name of its own."""

    account: str
    region: str
    stack: str
    bucket_arn: str
    function_arn: str
    alias_arn: str
    execution_role_arn: str
    log_group_arn: str
    trail_arn: str
    trail_bucket_arn: str

    @property
    def record(self) -> TrailDelivery:
        """Where the account's trail is delivered."""
        return TrailDelivery(self.account, self.trail_bucket_arn)

    @property
    def objects_arn(self) -> str:
        """Every object of the stack's bucket."""
        return f"{self.bucket_arn}/*"

    @property
    def function_arns(self) -> list[str]:
        """The function, and its versions and aliases."""
        return [self.function_arn, f"{self.function_arn}:*"]

    @property
    def api_collection_arn(self) -> str:
        """Where HTTP APIs are created (API Gateway Management V2: resource type `Apis`)."""
        return arn("apigateway", "/apis", region=self.region)

    @property
    def apis_arn(self) -> str:
        """Every HTTP API with its routes, integrations and stages. AWS chooses their ids, so a tag narrows this."""
        return f"{self.api_collection_arn}/*"

    @property
    def api_tags_arn(self) -> str:
        """Where the tags of HTTP APIs are written; the API's own ARN is URL-encoded inside (resource type `Tags`)."""
        return arn("apigateway", f"/tags/{quote(self.api_collection_arn, safe='')}%2F*", region=self.region)
