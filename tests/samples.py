"""Stacks, facts and whole project folders for tests: valid as they are, wrong in one place where a test says so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from deploy_driver.run.requests import RunFacts
from deploy_driver.values import Backend, Layer, Stack

ACCOUNTS = {"dev": "222222222222", "staging": "333333333333", "prod": "444444444444"}
BACKEND = Backend("111111111111", "eu-central-1", "deploy-state-111111111111", "alias/deploy-state")
ACCESS_BACKEND = replace(
    BACKEND,
    bucket="deploy-state-111111111111-access",
    key_alias="alias/deploy-state-access",
    marker=".deploy/moved/items.json",
)
RUN = "20261123-0102-3f9a7c"


def stack(
    name: str = "dev",
    *,
    needs: tuple[str, ...] = (),
    approve: bool = False,
    max_deletes: int | None = None,
    smoke_timeout: int = 60,
) -> Stack:
    """The service stack of an account."""
    account = ACCOUNTS.get(name, "555555555555")
    return Stack(
        name,
        name,
        Layer.SERVICE,
        account,
        "eu-central-1",
        Path(f"Pulumi.{name}.yaml"),
        BACKEND,
        deployment_role=f"items-{name}-deployment",
        preview_role=f"items-{name}-preview",
        bootstrap_role="OrganizationAccountAccessRole",
        external_id=f"items-{name}-5f0c0e1b",
        needs=needs,
        approve=approve,
        max_deletes=max_deletes,
        smoke_timeout=smoke_timeout,
    )


def access_stack(env: str = "dev") -> Stack:
    """The access stack of a target account."""
    return Stack(
        f"{env}-access",
        env,
        Layer.ACCESS,
        ACCOUNTS[env],
        "eu-central-1",
        Path(f"Pulumi.{env}.yaml"),
        ACCESS_BACKEND,
        deployment_role=f"items-{env}-deployment",
        preview_role=f"items-{env}-preview",
        bootstrap_role="OrganizationAccountAccessRole",
        external_id=f"items-{env}-5f0c0e1b",
    )


def tools_stack() -> Stack:
    """The access stack of Jenkins' own account."""
    file = Path("Pulumi.tools.yaml")
    return Stack("tools", "tools", Layer.ACCESS, BACKEND.account, BACKEND.region, file, ACCESS_BACKEND)


def chain() -> tuple[Stack, Stack, Stack]:
    """dev, then staging, then prod."""
    return stack("dev"), stack("staging", needs=("dev",)), stack("prod", needs=("staging",))


def facts(environment: Mapping[str, str] | None = None) -> RunFacts:
    """The facts of one run."""
    return RunFacts(RUN, "items", "b42", BACKEND.account, environment or {"PATH": "/usr/bin"})


TOOLS_FILE = """\
config:
  pulumi:disable-default-providers: ["*"]
  deploy:account: "111111111111"
  deploy:region: eu-central-1
  deploy:jenkinsDeployRole: jenkins-deploy
  deploy:jenkinsPreviewRole: jenkins-preview
  deploy:stateBucket: deploy-state-111111111111
  deploy:stateKey: alias/deploy-state
"""

DEPLOY_TOML = """\
cloud = "sandbox"

[stacks.dev]

[stacks.staging]
needs = ["dev"]

[stacks.prod]
needs = ["staging"]
max-deletes = 0
"""


def target_file(env: str, **replaced: str) -> str:
    """A target's stack file; `replaced` are lines' values by key, without the namespace, as YAML."""
    values = {
        "account": f'"{ACCOUNTS[env]}"',
        "region": "eu-central-1",
        "bootstrapRole": "OrganizationAccountAccessRole",
        "deploymentRole": f"items-{env}-deployment",
        "previewRole": f"items-{env}-preview",
        "externalId": f"items-{env}-5f0c0e1b",
        "sessionDuration": "3600",
    } | replaced
    lines = [f"  deploy:{key}: {value}" for key, value in values.items() if value]
    return "\n".join(["config:", *lines, '  pulumi:disable-default-providers: ["*"]', ""])


def project(folder: Path, files: Mapping[str, str | bytes | None] | None = None) -> Path:
    """A whole project, with `files` in the place of its own; None takes a file away."""
    whole: dict[str, str | bytes | None] = {
        "deploy.toml": DEPLOY_TOML,
        "Pulumi.yaml": "name: items\nmain: infra\nruntime: python\n",
        "Pulumi.tools.yaml": TOOLS_FILE,
        **{f"Pulumi.{env}.yaml": target_file(env) for env in ACCOUNTS},
        **(files or {}),
    }
    for name, text in whole.items():
        if text is not None:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder
