"""The other arm: what a user would write with the Automation API. One process per stack: create or select, up.

python -m bench.plain_loop PROJECT STACK PULUMI PULUMI_HOME WORK_DIR   (environment: the Jenkins instance)
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench.plain_stack import Place, open_stack


def deploy(place: Place, stack: str) -> None:
    """Deploy one stack of the project."""
    name = f"items-{stack}-plain"
    facts = {"deploy:sessionName": name, "deploy:sourceIdentity": name}
    result = open_stack(place, stack, new=True, facts=facts).up()
    print(stack, result.summary.result, result.outputs["url"].value)


if __name__ == "__main__":
    project, stack, *rest = sys.argv[1:6]
    deploy(Place(Path(project), *map(Path, rest)), stack)
