"""Reads what deployed stacks export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deploy_driver.app.console import Console
from deploy_driver.app.deploy import choose, instance_of
from deploy_driver.app.session import LocalProject, compose, new_run, start_session
from deploy_driver.plan.plan import make_plan
from deploy_driver.values import Operation


def outputs_of(
    project: LocalProject, stacks: str | None, *, all_stacks: bool = False
) -> Mapping[str, Mapping[str, Any]]:
    """The outputs of each selected stack, as last deployed, with secrets masked; none of a stack that is not deployed."""
    chosen = choose(project.config, stacks, all_stacks=all_stacks)
    if not chosen:
        return {}
    plan, tools = make_plan(Operation.PREVIEW, chosen), project.find_tools()
    session = start_session(project, instance_of(plan), new_run())
    run = compose(session, tools, Console())
    session.state_store().check(plan.stacks)
    return {step.stack.name: dict(run.deployer.engine.outputs(run.facts.request(step))) for step in plan.steps}
