"""Reads what deployed stacks export. It is a question and no run: no record is kept, and no folder stays."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from deploy_driver.app.deploy import choose, instance_of
from deploy_driver.app.session import EngineTools, LocalProject, Session, engine_of, new_run, start_session
from deploy_driver.plan.plan import Step, make_plan
from deploy_driver.values import Operation


def outputs_of(
    project: LocalProject, stacks: str | None, *, all_stacks: bool = False
) -> Mapping[str, Mapping[str, Any]]:
    """The outputs of each selected stack, as last deployed, with secrets masked; none of a stack that is not deployed."""
    chosen = choose(project.config, stacks, all_stacks=all_stacks)
    plan, tools = make_plan(Operation.PREVIEW, chosen), project.find_tools()
    session = start_session(project, instance_of(plan), new_run())
    session.state_store().check(plan.stacks)
    return read_outputs(session, tools, plan.steps)


def read_outputs(session: Session, tools: EngineTools, steps: Iterable[Step]) -> Mapping[str, Mapping[str, Any]]:
    """The outputs of each step's stack, with secrets masked, through an engine that works in a folder of its own."""
    with TemporaryDirectory(prefix="deploy-") as folder:
        engine = engine_of(session, tools, Path(folder))
        return {step.stack.name: dict(engine.outputs(session.facts.request(step))) for step in steps}
