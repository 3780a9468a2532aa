"""`deploy list`: which stacks there are, where, and in which order they go."""

from __future__ import annotations

from driver.cli.options import AffectedOption, BaseOption, CloudOption, Output, OutputOption, ProjectOption


def list_stacks(
    affected: AffectedOption = False,
    base: BaseOption = None,
    output: OutputOption = Output.TEXT,
    project: ProjectOption = None,
    cloud: CloudOption = None,
) -> None:
    """List the stacks in the order of their deployment.

    Reads files only. With --affected: those that the change since --base concerns, in both layers, and why.

    deploy list --output json

    deploy list --affected --base origin/main
    """
    from driver.cli import wiring
    from driver.cli.selecting import affected_since, since
    from driver.cli.stdout import write, write_json
    from driver.events.readable import readable
    from driver.plan.select import in_order
    from driver.render.words import table
    from driver.values import Layer

    wanted = since(base, affected=affected, named=False)
    config = wiring.open_project(project, cloud)
    ordered = [*config.layer(Layer.ACCESS), *in_order(config.layer(Layer.SERVICE))]
    reasons = None
    if wanted:
        reasons = {one.stack.name: one.reasons for one in affected_since(config, wanted).affected}
        ordered = [stack for stack in ordered if stack.name in reasons]
    if output is Output.JSON:
        entries = [
            {
                "stack": stack.name,
                "layer": stack.layer.value,
                "account": stack.account,
                "region": stack.region,
                "file": stack.file.name,
                "needs": list(stack.needs),
                **({"reasons": list(reasons[stack.name])} if reasons is not None else {}),
            }
            for stack in ordered
        ]
        write_json(entries)
        return
    last = "NEEDS" if reasons is None else "BECAUSE OF"
    said = {s.name: ", ".join(s.needs) if reasons is None else "; ".join(reasons[s.name]) for s in ordered}
    rows = [[s.name, s.layer, s.account, s.region, s.file.name, said[s.name]] for s in ordered]
    write(readable(table(["STACK", "LAYER", "ACCOUNT", "REGION", "FILE", last], rows)))
