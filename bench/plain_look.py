"""The other arm of the drift bench: one process per stack that asks the engine the same question.

python -m bench.plain_look PROJECT PULUMI PULUMI_HOME WORK_DIR STACK   (environment: the Jenkins preview instance)
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.plain_stack import Place, open_stack


def look(place: Place, stack: str) -> None:
    """Preview one stack of the project against the cloud as it is; the run's facts stand in the copied stack file."""
    name = f"items-{stack}-plain"
    facts = {"deploy:enterAs": "preview", "deploy:sessionName": name, "deploy:sourceIdentity": name}
    file = f"Pulumi.{stack}.yaml"
    place.work_dir.mkdir(parents=True, exist_ok=True)
    said = "".join(f"  {key}: {value}\n" for key, value in facts.items())
    (place.work_dir / file).write_text((place.project / file).read_text("utf-8").rstrip() + f"\n{said}", "utf-8")
    opened = open_stack(place, stack, new=False, facts={})
    print(stack, opened.preview(refresh=True, run_program=True).change_summary)


if __name__ == "__main__":
    look(Place(*map(Path, sys.argv[1:5])), sys.argv[5])
