"""`deploy list`: which stacks there are, where, and in which order they go."""

from __future__ import annotations

from driver.cli.options import CloudOption, Output, OutputOption, ProjectOption


def list_stacks(output: OutputOption = Output.TEXT, project: ProjectOption = None, cloud: CloudOption = None) -> None:
    """List the stacks in the order of their deployment.

    Reads files only.

    deploy list --output json
    """
    from driver.cli import wiring
    from driver.cli.stdout import write, write_json
    from driver.plan.select import in_order
    from driver.render.words import table
    from driver.values import Layer

    config = wiring.open_project(project, cloud)
    ordered = [*config.layer(Layer.ACCESS), *in_order(config.layer(Layer.SERVICE))]
    if output is Output.JSON:
        entries = [
            {
                "stack": stack.name,
                "layer": stack.layer.value,
                "account": stack.account,
                "region": stack.region,
                "file": stack.file.name,
                "needs": list(stack.needs),
            }
            for stack in ordered
        ]
        write_json(entries)
        return
    rows = [[s.name, s.layer, s.account, s.region, s.file.name, ", ".join(s.needs)] for s in ordered]
    write(table(["STACK", "LAYER", "ACCOUNT", "REGION", "FILE", "NEEDS"], rows))
