"""The other arm of the drift bench: one process per stack that asks the engine the same question.

python -m bench.plain_look PROJECT PULUMI PULUMI_HOME WORK_DIR STACK   (environment: the Jenkins preview instance)
"""

from __future__ import annotations

import os
import runpy
import shutil
import sys
from pathlib import Path

from pulumi import automation as auto


def look(project: Path, pulumi: Path, pulumi_home: Path, work_dir: Path, stack: str) -> None:
    """Preview one stack of the project against the cloud as it is."""
    sys.path.insert(0, str(project))
    work_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(project / f"Pulumi.{stack}.yaml", work_dir)

    def program() -> None:
        runpy.run_path(str(project / "infra" / "__main__.py"))

    endpoint, region = os.environ["AWS_ENDPOINT_URL"], os.environ["AWS_REGION"]
    bucket = f"s3://deploy-state-111111111111?endpoint={endpoint}&s3ForcePathStyle=true&region={region}"
    selected = auto.select_stack(
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
            env_vars={"PULUMI_SKIP_UPDATE_CHECK": "true", "PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true"},
        ),
    )
    for key, value in {
        "deploy:enterAs": "preview",
        "deploy:sessionName": f"items-{stack}-plain",
        "deploy:sourceIdentity": f"items-{stack}-plain",
    }.items():
        selected.set_config(key, auto.ConfigValue(value))
    print(stack, selected.preview(refresh=True, run_program=True).change_summary)


if __name__ == "__main__":
    project, pulumi, home, work = (Path(argument) for argument in sys.argv[1:5])
    look(project, pulumi, home, work, sys.argv[5])
