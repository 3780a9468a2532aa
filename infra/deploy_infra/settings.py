"""The settings of every stack: what they may be (`problems`), and what they are (`load`, `of_files`). The only reader of pulumi.Config."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy_project.accounts import EnterAs, TargetFacts, ToolsFacts, Values
from deploy_project.keys import (
    RUN_KEYS,
    TARGET_KEYS,
    TOOLS_KEYS,
    Key,
    apart,
    judged,
    shared,
    states_apart,
    tokens_said,
    unknown,
)
from deploy_project.project_file import read_project
from deploy_project.stackfile import Reader, Setting, StackFile, read
from deploy_project.stacks import ENV_EXPECTED, TOOLS, env_in, env_of, file_name, is_access, is_env, project_of
from deploy_project.written import Problem, ValueKind, shown

DEFAULT_PROVIDERS = "pulumi:disable-default-providers"


@dataclass(frozen=True)
class RunSettings:
    """What one run says of itself; `session_name` is empty where nobody but the plain `pulumi` CLI runs.

    `granted_duration` is how long a session AWS gave to this machine, in seconds; 0 when nobody has asked yet.
    `empty_buckets`: this run destroys the stack, so that buckets go with what is in them.
    """

    enter_as: EnterAs
    session_name: str
    granted_duration: int = 0
    empty_buckets: bool = False


@dataclass(frozen=True)
class StackSettings:
    """What every stack knows: whose it is, its name, the run, and the account that Jenkins lives in."""

    project: str
    stack: str
    run: RunSettings
    tools: ToolsFacts


@dataclass(frozen=True)
class ToolsSettings(StackSettings):
    """The access layer of the tools account: it lets Jenkins into `targets`, and into the accounts of other projects."""

    targets: tuple[TargetFacts, ...]
    others: tuple[str, ...] = ()

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts that Jenkins enters, in order."""
        return tuple(sorted({*(target.account for target in self.targets), *self.others}))


@dataclass(frozen=True)
class TargetSettings(StackSettings):
    """One layer of a target account."""

    target: TargetFacts

    @property
    def is_access(self) -> bool:
        """Whether this is the layer that says who may enter, not the one that runs there."""
        return is_access(self.stack)


def problems(root: Path, stacks: Sequence[str], reader: Reader = read) -> list[Problem]:
    """What is wrong for `stacks` in the project folder `root`, in order of file and line; empty where all is well.

    Looks at the stacks' own files, at the tools account's, and at what must differ between accounts; each file is read once.
    """
    return sorted(set(_find(root, stacks, reader)))


def load(root: Path) -> ToolsSettings | TargetSettings:
    """The settings of the stack that Pulumi is running: its configuration, and the files of the accounts it needs.

    Raises pulumi.RunError with everything that is wrong, a line each.
    """
    import pulumi

    stack = pulumi.get_stack()
    if found := problems(root, [stack]):
        raise pulumi.RunError("\n".join(["the settings are not what they must be:", *map(str, found)]))
    return _settings(root, stack, _running(stack))


def of_files(root: Path, stack: str) -> ToolsSettings | TargetSettings:
    """The same for any stack from its file alone, without Pulumi. Raises ValueError with everything that is wrong."""
    if found := problems(root, [stack]):
        raise ValueError("\n".join(map(str, found)))
    return _settings(root, stack, _in_file(root, env_of(stack)))


def _targets(root: Path) -> list[str]:
    """The target accounts that have a file, in order of name; not `tools`, and no file of an access stack's own."""
    names = (env_in(path.name) for path in root.glob("Pulumi.*.yaml"))
    return sorted(name for name in names if name != TOOLS and env_of(name) == name)


def _find(root: Path, stacks: Sequence[str], reader: Reader) -> Iterator[Problem]:
    asked = dict.fromkeys(map(env_of, stacks))
    for env in asked:
        if not is_env(env):
            expected = f"the stack's name as {ENV_EXPECTED} (before -access)"
            yield Problem("Pulumi.yaml", 1, 1, "stack", f"got {shown(env)}, expected {expected}")
    named = [env for env in asked if is_env(env)]
    if not named:
        return
    files = {env: reader(root / file_name(env)) for env in dict.fromkeys((TOOLS, *named, *_targets(root)))}
    concerned = files if TOOLS in asked else {env: files[env] for env in (TOOLS, *named)}
    for env, file in concerned.items():
        yield from _of_file(env, file)
    theirs = {file.name for env, file in concerned.items() if env != TOOLS or TOOLS in asked}
    between = (*apart(files), *shared(files.values(), "deploy:externalId"))
    yield from (problem for problem in between if problem.file in theirs)


def _of_file(env: str, file: StackFile) -> Iterator[Problem]:
    keys = _keys(env)
    values, found = judged(file, keys)
    yield from found
    yield from states_apart(file, values)
    yield from tokens_said(file, values)
    if file.settings:
        yield from unknown(file, keys, namespace="deploy:")
        got = file.settings.get(DEFAULT_PROVIDERS, Setting(ValueKind.NOTHING))
        if got.items != ("*",):
            what = f'got {got.shown()}, expected ["*"]: every provider is explicit'
            yield file.problem(DEFAULT_PROVIDERS, what)


def _keys(env: str) -> Sequence[Key]:
    return (*TOOLS_KEYS, *RUN_KEYS) if env == TOOLS else (*TARGET_KEYS, *RUN_KEYS)


def _settings(root: Path, stack: str, own: Values) -> ToolsSettings | TargetSettings:
    run, project = _run(stack, own), project_of(read_project(root).name, stack)
    if stack == TOOLS:
        targets = tuple(TargetFacts.of(env, _in_file(root, env)) for env in _targets(root))
        others = tuple(filter(None, str(own["deploy:otherAccounts"]).split(",")))
        return ToolsSettings(project, stack, run, ToolsFacts.of(own), targets, others)
    tools, target = ToolsFacts.of(_in_file(root, TOOLS)), TargetFacts.of(env_of(stack), own)
    return TargetSettings(project, stack, run, tools, target)


def _running(stack: str) -> Values:
    """What Pulumi was given for this run; the driver adds the run's own facts to it."""
    import pulumi

    keys = _keys(env_of(stack))
    given = {key.name: pulumi.Config(key.name.split(":")[0]).get(key.name.split(":")[1]) for key in keys}
    settings = {name: Setting(ValueKind.TEXT, value) for name, value in given.items() if value}
    values, found = judged(StackFile(f"configuration of {stack}", settings), keys)
    if found:
        hint = f"give it with --config-file {file_name(env_of(stack))}"
        raise pulumi.RunError("\n".join([f"the stack {stack} runs without its settings; {hint}:", *map(str, found)]))
    return values


def _in_file(root: Path, env: str) -> Values:
    """The values of an account's file, which `problems` found to be right."""
    return judged(read(root / file_name(env)), _keys(env))[0]


def _run(stack: str, values: Values) -> RunSettings:
    usual = EnterAs.BOOTSTRAP if is_access(stack) else EnterAs.DEPLOYMENT
    return RunSettings(
        EnterAs(str(values["deploy:enterAs"]) or usual),
        str(values["deploy:sessionName"]),
        int(values["deploy:grantedDuration"]),
        bool(values["deploy:emptyBuckets"]),
    )
