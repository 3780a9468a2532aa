"""One stack as a user would open it with the Automation API: what both plain arms have in common."""

from __future__ import annotations

import os
import runpy
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pulumi import automation as auto


@dataclass(frozen=True)
class Place:
    """The project's folder, the engine and its home, and a work directory of the stack's own."""

    project: Path
    pulumi: Path
    pulumi_home: Path
    work_dir: Path


def open_stack(place: Place, stack: str, *, new: bool, facts: Mapping[str, str]) -> auto.Stack:
    """The stack on the state bucket, `facts` beside its settings; made where it is `new` and not there yet."""
    sys.path.insert(0, str(place.project))
    place.work_dir.mkdir(parents=True, exist_ok=True)
    if not (place.work_dir / f"Pulumi.{stack}.yaml").exists():  # the SDK keeps the stack's encrypted key in it
        shutil.copy(place.project / f"Pulumi.{stack}.yaml", place.work_dir)

    def program() -> None:
        runpy.run_path(str(place.project / "infra" / "__main__.py"))

    endpoint, region = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_REGION"]
    bucket = f"s3://deploy-state-111111111111?endpoint={endpoint}&s3ForcePathStyle=true&region={region}"
    opened = (auto.create_or_select_stack if new else auto.select_stack)(
        stack,
        project_name="items",
        program=program,
        opts=auto.LocalWorkspaceOptions(
            work_dir=str(place.work_dir),
            pulumi_home=str(place.pulumi_home),
            pulumi_command=auto.PulumiCommand(str(place.pulumi.parent.parent), skip_version_check=False),
            secrets_provider=f"awskms:///alias/deploy-state?region={region}",
            project_settings=auto.ProjectSettings(
                name="items", runtime="python", backend=auto.ProjectBackend(url=bucket)
            ),
            env_vars={"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true"},
        ),
    )
    for key, value in facts.items():
        opened.set_config(key, auto.ConfigValue(value))
    return opened
