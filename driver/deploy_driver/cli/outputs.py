"""`deploy outputs`: what deployed stacks export."""

from __future__ import annotations

from deploy_driver.cli.options import AllOption, CloudOption, Output, OutputOption, ProjectOption, StacksOption


def outputs(
    stacks: StacksOption = None,
    all_: AllOption = False,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """Show what stacks export, as last deployed.

    Secrets are masked.

    deploy outputs --stacks dev --output json
    """
    from deploy_driver.adapters.terminal import TerminalPrompt
    from deploy_driver.app import session as wiring
    from deploy_driver.app.deploy import arrive, choose, instance_of, say_nothing_to_do
    from deploy_driver.cli.output import write, write_json
    from deploy_driver.plan.plan import make_plan
    from deploy_driver.record.redaction import readable
    from deploy_driver.render.text import table
    from deploy_driver.values import Operation

    config = wiring.open_project(project, cloud)
    chosen = choose(config, stacks, all_stacks=all_)
    if not chosen:
        say_nothing_to_do()
        if output is Output.JSON:
            write_json({})
        return
    plan = make_plan(Operation.PREVIEW, chosen)
    here = arrive(config, instance_of(plan))
    run = wiring.compose(
        config, here.place, here.tools, here.run, yes=False, listeners=[], prompt=TerminalPrompt(), build=here.build
    )
    wiring.state_store(config, wiring.session(config)).check(plan.stacks)
    found = {step.stack.name: dict(run.deployer.engine.outputs(run.facts.request(step))) for step in plan.steps}
    if output is Output.JSON:
        write_json(found)
        return
    rows = [[stack, key, str(value)] for stack, values in found.items() for key, value in values.items()]
    empty = [[stack, "(not deployed)", ""] for stack, values in found.items() if not values]
    write(readable(table(["STACK", "OUTPUT", "VALUE"], rows + empty)))
