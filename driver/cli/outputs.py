"""`deploy outputs`: what deployed stacks export."""

from __future__ import annotations

from driver.cli.options import AllOption, CloudOption, Output, OutputOption, ProjectOption, StacksOption


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
    from driver.adapters.terminal import TerminalPrompt
    from driver.cli import wiring
    from driver.cli.operate import arrive, choose, instance_of, say_nothing_to_do
    from driver.cli.stdout import write, write_json
    from driver.events.readable import readable
    from driver.plan.plan import make_plan
    from driver.render.words import table
    from driver.values import Operation

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
    found = {step.stack.name: dict(run.runner.engine.outputs(run.facts.request(step))) for step in plan.steps}
    if output is Output.JSON:
        write_json(found)
        return
    rows = [[stack, key, str(value)] for stack, values in found.items() for key, value in values.items()]
    empty = [[stack, "(not deployed)", ""] for stack, values in found.items() if not values]
    write(readable(table(["STACK", "OUTPUT", "VALUE"], rows + empty)))
