"""What runs in each account: a bucket for the items, a function that keeps them there, and the HTTP API that people call."""

import pulumi

from deploy_infra.service import this_stack

here = this_stack(__file__)
config = pulumi.Config()

store = here.bucket("items")
keeper = here.function(
    "items",
    code="handler",
    handler="handler.app.answer",
    description="Keeps items in a bucket and gives them back",
    may=[store.read_write],
    memory=config.require_int("memory"),
    timeout=config.require_int("timeout"),
    log_days=config.require_int("logRetentionDays"),
    environment={
        "BUCKET": store.bucket.bucket,
        "STACK": here.stack,
        "MAX_ITEM_BYTES": config.require("maxItemBytes"),
    },
)
api = here.http_api(
    "items",
    {"GET /health": keeper, "PUT /items/{key}": keeper, "GET /items/{key}": keeper},
    description="Puts and gets items",
)

pulumi.export("account", here.account)
pulumi.export("stack", here.stack)
pulumi.export("url", api.url)
pulumi.export("bucket", store.bucket.bucket)
pulumi.export("function", keeper.function.name)
pulumi.export("version", keeper.function.version)
pulumi.export("codeSha256", keeper.function.code_sha256)
