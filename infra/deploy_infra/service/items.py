"""The whole service of one target account."""

from __future__ import annotations

from pathlib import Path

import pulumi

from deploy_infra.documents import names_of, of_service
from deploy_infra.private_bucket import PrivateBucket
from deploy_infra.service.function import LiveFunction
from deploy_infra.service.http_api import HttpApi
from deploy_infra.settings import TargetSettings
from deploy_project.stacks import role_arn

ROUTES = ("GET /health", "PUT /items/{key}", "GET /items/{key}")


class ItemsService(pulumi.ComponentResource):
    """A bucket for the items, the function that keeps them there, and the API that people call."""

    def __init__(self, settings: TargetSettings, code: Path, opts: pulumi.ResourceOptions) -> None:
        super().__init__("items:service:ItemsService", settings.stack, None, opts)
        target, sizes = settings.target, settings.service
        here = names_of(settings)
        child = pulumi.ResourceOptions(parent=self)
        store = PrivateBucket(
            "items",
            bucket=here.bucket,
            policy=of_service(settings)["items"],
            stated=False,
            empties=settings.run.empty_buckets,
            opts=child,
        )
        live = LiveFunction(
            "items",
            function=here.service,
            role_arn=role_arn(here.account, here.execution_role),
            code=code,
            memory=sizes.memory,
            timeout=sizes.timeout,
            environment={
                "BUCKET": store.bucket.bucket,
                "STACK": settings.stack,
                "MAX_ITEM_BYTES": str(sizes.max_item_bytes),
            },
            opts=child,
        )
        api = HttpApi("items", api=here.service, alias=live.alias, routes=ROUTES, timeout=sizes.timeout, opts=child)
        self.outputs = {
            "account": target.account,
            "stack": settings.stack,
            "url": api.url,
            "bucket": store.bucket.bucket,
            "function": live.function.name,
            "version": live.function.version,
            "codeSha256": live.function.code_sha256,
        }
        self.register_outputs(self.outputs)
