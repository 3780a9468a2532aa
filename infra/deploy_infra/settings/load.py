"""The settings of one stack: of the running one, or of any by its files. The only reader of pulumi.Config."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from deploy_infra.settings.check import checked, envs, problems
from deploy_infra.settings.keys import TARGET_KEYS, TOOLS_KEYS, Key, Value
from deploy_infra.settings.model import (
    TOOLS,
    Run,
    Service,
    Target,
    TargetSettings,
    Tools,
    ToolsSettings,
    env_of,
    is_access,
)
from deploy_infra.settings.stackfile import StackFile, file_name, read

Values = dict[str, Value]


def load(root: Path) -> ToolsSettings | TargetSettings:
    """The settings of the stack that Pulumi is running: its configuration, and the files of the accounts it needs.

    Raises pulumi.RunError with everything that is wrong, a line each.
    """
    import pulumi

    stack = pulumi.get_stack()
    if found := problems(root, stack):
        raise pulumi.RunError("\n".join(["the settings are not what they must be:", *found]))
    return _settings(root, stack, _running(stack))


def of_files(root: Path, stack: str) -> ToolsSettings | TargetSettings:
    """The same for any stack from its file alone, without Pulumi. Raises ValueError with everything that is wrong."""
    if found := problems(root, stack):
        raise ValueError("\n".join(found))
    return _settings(root, stack, _in_file(root, env_of(stack)))


def _settings(root: Path, stack: str, own: Values) -> ToolsSettings | TargetSettings:
    run = _run(stack, own)
    if stack == TOOLS:
        return ToolsSettings(stack, run, _tools(own), tuple(_target(env, _in_file(root, env)) for env in envs(root)))
    return TargetSettings(stack, run, _tools(_in_file(root, TOOLS)), _target(env_of(stack), own), _service(own))


def _running(stack: str) -> Values:
    """What Pulumi was given for this run; the driver adds the run's own facts to it."""
    import pulumi

    keys = _keys(env_of(stack))
    given = {key.name: pulumi.Config(key.name.split(":")[0]).get(key.name.split(":")[1]) for key in keys}
    values, found = checked(StackFile(f"configuration of {stack}", given, {}), keys)
    if found:
        hint = f"give it with --config-file {file_name(env_of(stack))}"
        raise pulumi.RunError("\n".join([f"the stack {stack} runs without its settings; {hint}:", *map(str, found)]))
    return values


def _in_file(root: Path, env: str) -> Values:
    """The values of an account's file, which `problems` found to be right."""
    file = read(root, env)
    if not isinstance(file, StackFile):
        raise TypeError(str(file))
    return checked(file, _keys(env))[0]


def _keys(env: str) -> Sequence[Key]:
    return TOOLS_KEYS if env == TOOLS else TARGET_KEYS


def _run(stack: str, values: Values) -> Run:
    entered = str(values["deploy:enterAs"]) or ("bootstrap" if is_access(stack) else "deployment")
    granted = int(values["deploy:grantedDuration"])
    return Run(
        entered,
        str(values["deploy:sessionName"]),
        str(values["deploy:sourceIdentity"]),
        granted,
        bool(values["deploy:emptyBuckets"]),
    )


def _tools(values: Values) -> Tools:
    return Tools(
        account=str(values["deploy:account"]),
        region=str(values["deploy:region"]),
        deploy_role=str(values["deploy:jenkinsDeployRole"]),
        preview_role=str(values["deploy:jenkinsPreviewRole"]),
        state_bucket=str(values["deploy:stateBucket"]),
        state_key=str(values["deploy:stateKey"]),
        plan_key=str(values["deploy:planKey"]),
        organization=str(values["deploy:organization"]),
    )


def _target(env: str, values: Values) -> Target:
    return Target(
        env=env,
        account=str(values["deploy:account"]),
        region=str(values["deploy:region"]),
        bootstrap_role=str(values["deploy:bootstrapRole"]),
        deployment_role=str(values["deploy:deploymentRole"]),
        preview_role=str(values["deploy:previewRole"]),
        external_id=str(values["deploy:externalId"]),
        session_duration=int(values["deploy:sessionDuration"]),
    )


def _service(values: Values) -> Service:
    return Service(
        memory=int(values["items:memory"]),
        timeout=int(values["items:timeout"]),
        max_item_bytes=int(values["items:maxItemBytes"]),
        log_retention_days=int(values["items:logRetentionDays"]),
    )
