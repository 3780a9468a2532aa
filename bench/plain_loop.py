"""The other arm: what a user would write with the Automation API. One process per stack: create or select, up.

python -m bench.plain_loop PROJECT STACK PULUMI PULUMI_HOME WORK_DIR   (environment: the Jenkins instance)
"""

from __future__ import annotations

import os
import runpy
import shutil
import sys
from pathlib import Path

from pulumi import automation as auto


def deploy(project: Path, stack: str, pulumi: Path, pulumi_home: Path, work_dir: Path) -> None:
    """Deploy one stack of the project."""
    sys.path.insert(0, str(project))
    work_dir.mkdir(parents=True, exist_ok=True)
    if not (work_dir / f"Pulumi.{stack}.yaml").exists():  # the SDK keeps the stack's encrypted key in it
        shutil.copy(project / f"Pulumi.{stack}.yaml", work_dir)

    def program() -> None:
        runpy.run_path(str(project / "infra" / "__main__.py"))

    endpoint, region = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_REGION"]
    bucket = f"s3://deploy-state-111111111111?endpoint={endpoint}&s3ForcePathStyle=true&region={region}"
    selected = auto.create_or_select_stack(
        stack,
        project_name="items",
        program=program,
        opts=auto.LocalWorkspaceOptions(
            work_dir=str(work_dir),
            pulumi_home=str(pulumi_home),
            pulumi_command=auto.PulumiCommand(str(pulumi.parent.parent), skip_version_check=False),
            secrets_provider=f"awskms:///alias/deploy-state?region={region}",
            project_settings=auto.ProjectSettings(
                name="items", runtime="python", backend=auto.ProjectBackend(url=bucket)
            ),
            env_vars={"PULUMI_SKIP_UPDATE_CHECK": "true"},
        ),
    )
    for key in ("deploy:sessionName", "deploy:sourceIdentity"):
        selected.set_config(key, auto.ConfigValue(f"items-{stack}-plain"))
    result = selected.up()
    print(stack, result.summary.result, result.outputs["url"].value)


if __name__ == "__main__":
    deploy(Path(sys.argv[1]), sys.argv[2], *(Path(argument) for argument in sys.argv[3:6]))
