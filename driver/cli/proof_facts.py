"""What a proof has to know, from the project's settings and the program: who is who, and what everything is called."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from driver.adapters.aws import AwsSession
from driver.adapters.proof_world import AwsWorld
from driver.cli import program, wiring
from driver.config.model import DeployConfig
from driver.prove.copies import organisation
from driver.prove.facts import Facts, Target, Tools
from driver.run.naming import session_name
from driver.values import Layer, Stack


def facts_of(config: DeployConfig, chosen: Sequence[Stack], run: str) -> Facts:
    """The accounts; `chosen` are the service stacks that are proved. Raises UsageError."""
    tools, made = config.tools, program.inventory(config, config.tools)
    known = {stack.name: _target(config, stack, run) for stack in config.layer(Layer.SERVICE)}
    return Facts(
        Tools(
            account=tools.account,
            region=tools.region,
            deploy_role=config.jenkins_deploy_role,
            preview_role=config.jenkins_preview_role,
            project=config.project,
            state_bucket=config.backend.bucket,
            state_key=config.backend.key_alias,
            access_bucket=config.access_backend.bucket,
            access_key=config.access_backend.key_alias,
            plan_key=config.plan_key,
            boundary=f"arn:aws:iam::{tools.account}:policy/{made['boundary']}",
            trail=_trail(tools, made["trail"]),
            trail_bucket=made["buckets"]["trail"],
        ),
        tuple(known[stack.name] for stack in chosen),
        tuple(known.values()),
    )


def world_of(config: DeployConfig, instances: Mapping[str, str]) -> AwsWorld:
    """AWS, for whoever asks. `instances`: the metadata endpoint of each machine; empty where only this one is there."""
    region = config.backend.region
    machines = {
        config.jenkins_deploy_role: wiring.JENKINS_DEPLOY,
        config.jenkins_preview_role: wiring.JENKINS_PREVIEW,
    }

    def instance(role: str) -> AwsSession:
        endpoint = instances.get(machines.get(role, wiring.ADMINISTRATOR), "")
        return AwsSession(region, metadata_endpoint=endpoint, checked=False)

    return AwsWorld(instance, {stack.account: stack.region for stack in config.stacks}, region)


def _target(config: DeployConfig, stack: Stack, run: str) -> Target:
    access = next(one for one in config.stacks if one.env == stack.env and one.layer is Layer.ACCESS)
    made, serves = program.inventory(config, access), program.inventory(config, stack)
    says = program.documents(config, access)
    return Target(
        env=stack.env,
        account=stack.account,
        region=stack.region,
        session=session_name(config.project, stack.env, "prove", run),
        external_id=stack.external_id,
        organisation=organisation(says["deployment.trust"]),
        longest=made["roles"]["deployment"]["maxSession"],
        deployment_role=stack.deployment_role,
        preview_role=stack.preview_role,
        bootstrap_role=stack.bootstrap_role,
        execution_role=made["roles"]["execution"]["name"],
        boundary=f"arn:aws:iam::{stack.account}:policy/{made['boundary']}",
        bucket=serves["buckets"]["items"],
        function=serves["function"],
        log_group=serves["logGroup"],
        trail=_trail(stack, made["trail"]),
        trail_bucket=made["buckets"]["trail"],
        bucket_policy=json.dumps(program.documents(config, stack)["items"]),
        trail_policy=json.dumps(says["trail"]),
    )


def _trail(stack: Stack, name: str) -> str:
    return f"arn:aws:cloudtrail:{stack.region}:{stack.account}:trail/{name}"
