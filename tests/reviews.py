"""A reviewed plan of three stacks for tests: valid as it is, wrong in one place where a test says so."""

from __future__ import annotations

from deploy_driver.bundle.compare import steps_of
from deploy_driver.bundle.model import FORMAT, Binding, BoundStack, Bundle
from deploy_driver.digest import digest
from deploy_driver.values import PropertyDiff, ResourceChange
from tests.samples import ACCOUNTS, RUN

NOW = 1795395720
DOCUMENT = b"# what people read\n"


def changes(env: str) -> tuple[ResourceChange, ...]:
    """What a preview of that stack says."""
    urn = f"urn:pulumi:{env}::items::aws:lambda/function:Function::items"
    return (
        ResourceChange(urn, "update", ("timeout",), (PropertyDiff("timeout", "update", 10, 12),)),
        ResourceChange(
            f"urn:pulumi:{env}::items::aws:lambda/alias:Alias::items",
            "update",
            ("functionVersion",),
            (PropertyDiff("functionVersion", "update", "1", "[unknown]"),),
        ),
    )


def bound(env: str) -> BoundStack:
    role = f"arn:aws:iam::{ACCOUNTS[env]}:role/deploy/preview/items-{env}-preview"
    settings, state = digest(f"settings of {env}".encode()), digest(f"state of {env}".encode())
    return BoundStack(env, ACCOUNTS[env], role, settings, state, steps_of(changes(env)))


BINDING = Binding(
    deploy="0.1.0",
    project="items",
    cloud="sandbox",
    commit="3f9a7c51b0d2e8a4c6f70123456789abcdef0123",
    changes={},
    program=digest(b"program"),
    lock=digest(b"lock"),
    deploy_toml=digest(b"toml"),
    project_file=digest(b"Pulumi.yaml"),
    tools_settings=digest(b"Pulumi.tools.yaml"),
    engine="3.250.0",
    plugin="7.51.1 (installed)",
    stacks=(bound("dev"), bound("staging"), bound("prod")),
)

BUNDLE = Bundle(
    format=FORMAT,
    allow_delete=(),
    config={},
    id=RUN,
    created=NOW,
    expires=NOW + 24 * 3600,
    saved_by="arn:aws:sts::111111111111:assumed-role/jenkins-deploy/i-0123456789abcdef0",
    document=digest(DOCUMENT),
    binding=BINDING,
)
