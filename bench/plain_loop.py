"""The other arm: what a user would write with the Automation API. One process per stack: create or select, up.

python -m bench.plain_loop PROJECT PULUMI PULUMI_HOME WORK_DIR STACK   (environment: the Jenkins instance)

How many seconds the `up` itself took is left beside the work directory, as WORK_DIR.seconds.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bench.plain_stack import Place, open_stack


def deploy(place: Place, stack: str) -> None:
    """Deploy one stack of the project."""
    name = f"items-{stack}-plain"
    facts = {"deploy:sessionName": name, "deploy:sourceIdentity": name}
    opened = open_stack(place, stack, new=True, facts=facts)
    began = time.perf_counter()
    result = opened.up()
    place.work_dir.with_suffix(".seconds").write_text(f"{time.perf_counter() - began}", "utf-8")
    print(stack, result.summary.result, result.outputs["url"].value)


if __name__ == "__main__":
    deploy(Place(*map(Path, sys.argv[1:5])), sys.argv[5])
