"""The shape of `deploy.toml`, and what leaves this package: one frozen DeployConfig."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)

from deploy_driver.config.duration import in_seconds
from deploy_driver.values import (
    DAYS,
    Backend,
    Cloud,
    CommandCheck,
    HealthCheck,
    Layer,
    Plugin,
    SmokeCheck,
    SmokeKind,
    Soak,
    Stack,
    Window,
)
from deploy_project.accounts import AgentTokens
from deploy_project.project_file import alarm_name
from deploy_project.stacks import ACCESS, ENV_EXPECTED, TOOLS, is_access, is_env


def _entry_point(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*", value):
        raise ValueError("expected package.module:function")
    return value


def _specifier(value: str) -> str:
    try:
        SpecifierSet(value)
    except InvalidSpecifier:
        raise ValueError('expected versions of `deploy`, such as ">=0.5" or "~=1.2"') from None
    return value


def _stack_name(value: str) -> str:
    if not is_env(value):
        raise ValueError(f"expected a stack's name: {ENV_EXPECTED}")
    if is_access(value):
        raise ValueError(f"expected a service stack: {TOOLS} and NAME{ACCESS} are there by themselves")
    return value


def _arguments(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value or not value[0] or any("\0" in argument for argument in value):
        raise ValueError('expected a program and its arguments, such as ["pytest", "-q", "smoke/"]')
    return value


def _expected_value(value: Any) -> Any:
    if not isinstance(value, str | int):  # a truth value is an int
        raise ValueError("expected a text, a whole number, true or false")  # noqa: TRY004 -- pydantic's word for it
    unknown = set(re.findall(r"\{(.*?)\}", value)) - PLACEHOLDERS.keys() if isinstance(value, str) else ()
    if unknown:
        raise ValueError(f"expected no placeholders but {', '.join(f'{{{name}}}' for name in PLACEHOLDERS)}")
    return value


def _smoke(value: Any) -> Any:
    if isinstance(value, Mapping) or value == SmokeKind.NONE:
        return None if value == SmokeKind.NONE else value
    raise ValueError('expected "none" or a table, such as { health = "/health" }')


_SOME = 'a list of stacks, such as ["dev"]'


def _some(value: tuple[str, ...]) -> tuple[str, ...]:
    if not value:
        raise ValueError(f"expected {_SOME}")
    return value


def _duration(value: str) -> str:
    in_seconds(value)
    return value


def _alarm(value: str) -> str:
    alarm_name(value, service="x" * 40, stack="x" * 20, account="0" * 12)  # as long as each can be
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ValueError, OSError, KeyError):  # a name that is none may be a folder of the zones' files
        raise ValueError("expected a time zone's name, such as Europe/Berlin or UTC") from None
    return value


def _days(value: str) -> str:
    if not days_of(value):
        raise ValueError('expected days, such as "Mon-Thu" or "Tue,Fri-Sun"')
    return value


def days_of(said: str) -> frozenset[int]:
    """The days of a text such as `Mon-Thu,Sat`, 0 is Monday; none where it is no such text."""
    found: set[int] = set()
    for part in said.split(","):
        names = part.strip().split("-")
        ends = [DAYS.index(day) for day in names if day in DAYS]
        if len(ends) != len(names) or len(ends) > 2:  # noqa: PLR2004 -- from one day to another
            return frozenset()
        found |= {(ends[0] + number) % len(DAYS) for number in range((ends[-1] - ends[0]) % len(DAYS) + 1)}
    return frozenset(found)


PLACEHOLDERS: Mapping[str, str] = {
    "stack": "the stack's name",
    "account": "its account",
    "version": "its output `version`",
}
"""What may stand in braces in an expected text, and what it stands for."""

EntryPoint = Annotated[StrictStr, AfterValidator(_entry_point)]
StackName = Annotated[str, AfterValidator(_stack_name)]
RoleName = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_+=,.@-]{1,64}$", description="a role's name")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, alias_generator=lambda name: name.replace("_", "-"))


class ProgramTable(_Strict):
    """`[program]`: functions of the program that the driver asks, as `package.module:function`, and how long it may be silent."""

    timeout: Annotated[StrictInt, Field(ge=1)] = 600
    access: EntryPoint = "deploy_infra.access:build"
    settings_check: EntryPoint = "deploy_infra.settings:problems"
    documents: EntryPoint = "deploy_infra.documents:documents"
    needs: EntryPoint = "deploy_infra.needs:needs"
    deletions: EntryPoint = "deploy_infra.needs:deletions"
    inventory: EntryPoint = "deploy_infra.inventory:inventory"


class SandboxTable(_Strict):
    """`[sandbox]`: where the accounts on this machine keep their state, and which AWS plugin deploys to them."""

    home: StrictStr = ".deploy/sandbox"
    plugin: Plugin = Plugin.STAND_IN


class SmokeTable(_Strict):
    """`[smoke]`, and `[stacks.NAME.smoke]` in its place for one stack: what a service has to show once it is deployed."""

    health: Annotated[StrictStr, Field(pattern=r"^/[!-~]*$", description="a path, such as /health")] = "/health"
    status: Annotated[StrictInt, Field(ge=200, le=599)] = 200
    expect: Mapping[str, Annotated[Any, AfterValidator(_expected_value)]] = {}
    command: Annotated[tuple[StrictStr, ...], AfterValidator(_arguments)] | None = None

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        if self.command and (others := sorted(self.model_fields_set - {"command"})):
            raise ValueError(f"expected `command` alone, or without it {', '.join(f'`{name}`' for name in others)}")
        return self

    def check(self) -> SmokeCheck:
        """As a value."""
        if self.command:
            return CommandCheck(self.command)
        return HealthCheck(self.health, self.status, tuple(self.expect.items()), configured=True)


Smoke = Annotated[SmokeTable | None, BeforeValidator(_smoke)]
"""None stands for `smoke = "none"`."""


_CLOCK = r"^(([01][0-9]|2[0-3]):[0-5][0-9])$"
_UNTIL = r"^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"


def _minutes(clock: str) -> int:
    hour, minute = clock.split(":")
    return int(hour) * 60 + int(minute)


class WindowTable(_Strict):
    """An entry of `window`: a time of the week in which stacks may be changed."""

    days: Annotated[StrictStr, AfterValidator(_days), Field(description='days, such as "Mon-Thu"')]
    from_: Annotated[StrictStr, Field(alias="from", pattern=_CLOCK, description='a time, such as "09:00"')]
    to: Annotated[StrictStr, Field(pattern=_UNTIL, description='a time, such as "16:00", at most "24:00"')]

    @model_validator(mode="after")
    def _of_some_length(self) -> Self:
        if self.from_ == self.to:
            raise ValueError('expected two different times; a whole day is from = "00:00", to = "24:00"')
        return self

    def window(self) -> Window:
        """As a value."""
        words = f"{self.days} {self.from_}-{self.to}"
        return Window(days_of(self.days), _minutes(self.from_), _minutes(self.to), words)


class FreezeTable(_Strict):
    """`[[freeze]]`: a time in which nothing is changed in any of its `stacks`; in none at all where it names none."""

    from_: Annotated[
        datetime, Field(alias="from", strict=True, description="a date and a time, such as 2026-12-19T00:00:00")
    ]
    until: Annotated[datetime, Field(strict=True, description="a date and a time, such as 2027-01-07T09:00:00")]
    why: Annotated[StrictStr, Field(pattern=r"\S", description="why nothing is changed")]
    stacks: tuple[StrictStr, ...] = ()


class StackTable(_Strict):
    """`[stacks.NAME]`: order, gates and limits of one service stack.

    `former_roles` are names that roles of the stack file had before: until the next deployment the state still says them.
    """

    needs: tuple[StrictStr, ...] = ()
    approve: StrictBool = False
    approvals: Annotated[StrictInt, Field(ge=0, le=9)] = 0
    author_may_approve: StrictBool = False
    max_deletes: Annotated[StrictInt, Field(ge=0)] | None = None
    smoke: Smoke = None
    smoke_timeout: Annotated[StrictInt, Field(ge=1, le=900)] = 60
    window: tuple[WindowTable, ...] | None = None
    former_roles: tuple[RoleName, ...] = ()


class RingTable(_Strict):
    """An entry of `[[rings]]`: `stacks` that are deployed after those of the entry before, and for how long they `soak`.

    `alarms` are names of CloudWatch alarms in the account of each.
    """

    stacks: Annotated[tuple[StrictStr, ...], AfterValidator(_some), Field(description=_SOME)]
    soak: Annotated[StrictStr, AfterValidator(_duration)] | None = None
    alarms: tuple[Annotated[StrictStr, AfterValidator(_alarm)], ...] = ()

    @model_validator(mode="after")
    def _watched_for_some_time(self) -> Self:
        if self.alarms and not self.soak:
            raise ValueError('expected `soak` beside `alarms`, such as soak = "10m": for how long they are watched')
        return self

    def soak_of(self, service: str, stack: str, account: str) -> Soak | None:
        """As a value, for one of its stacks."""
        named = tuple(alarm_name(said, service, stack, account) for said in self.alarms)
        return Soak(in_seconds(self.soak), named) if self.soak else None


class AccessTable(_Strict):
    """`[access]`: limits of every access layer, and `services` that the accounts admit beside Lambda, S3, API Gateway and their logs.

    An administrator writes them, as IAM's prefixes: `sqs`, `dynamodb`, `events`.
    """

    services: tuple[Annotated[StrictStr, Field(pattern=r"^[a-z0-9-]+$", description="a service such as sqs")], ...] = ()
    max_deletes: Annotated[StrictInt, Field(ge=0)] = 0


class IgnoreTable(_Strict):
    """`[[drift.ignore]]`: a difference that somebody answers for until a day; `*` stands for anything in a pattern."""

    urn: Annotated[StrictStr, Field(pattern=r"\S", description="a pattern of URNs, such as urn:pulumi:dev::*")]
    property: Annotated[StrictStr, Field(pattern=r"\S", description="a pattern of property paths, such as tags.*")]
    owner: Annotated[StrictStr, Field(pattern=r"\S", description="who answers for it")]
    reason: Annotated[StrictStr, Field(pattern=r"\S", description="why it is as it is")]
    expires: Annotated[date, Field(strict=True, description="the last day, such as 2027-01-31")]


class DriftTable(_Strict):
    """`[drift]`: what `deploy drift` leaves out."""

    ignore: tuple[IgnoreTable, ...] = ()


class DeployToml(_Strict):
    """The whole file."""

    cloud: Annotated[Cloud, Field(description='"aws" or "sandbox"')]
    requires: Annotated[StrictStr, AfterValidator(_specifier)] = ""
    program: ProgramTable = ProgramTable()
    sandbox: SandboxTable = SandboxTable()
    drift: DriftTable = DriftTable()
    smoke: Smoke = None
    access: AccessTable = AccessTable()
    time_zone: Annotated[StrictStr, AfterValidator(_zone)] = ""
    window: tuple[WindowTable, ...] = ()
    freeze: tuple[FreezeTable, ...] = ()
    rings: tuple[RingTable, ...] = ()
    stacks: Annotated[Mapping[StackName, StackTable], Field(description="a table [stacks.NAME] for each service stack")]

    def smoke_of(self, stack: StackTable) -> SmokeCheck:
        """The smoke test of a stack: its own, else that of all, else its health where it has an address."""
        said = next((table for table in (stack, self) if "smoke" in table.model_fields_set), None)
        if said is None:
            return HealthCheck()
        return said.smoke.check() if said.smoke else None

    def windows_of(self, stack: StackTable) -> tuple[Window, ...]:
        """When a stack may be changed: its own windows, else those of all."""
        return tuple(table.window() for table in (self.window if stack.window is None else stack.window))


@dataclass(frozen=True)
class IgnoreRule:
    """Drift that does not count until the end of the day on which the rule `expires`. `urn` and `property` are patterns."""

    urn: str
    property: str
    owner: str
    reason: str
    expires: date


@dataclass(frozen=True)
class DeployConfig:
    """All that a command needs to know, from every source, checked. `stacks` holds both layers, tools first.

    `plugin` is the AWS plugin of its runs; `program` is the folder of the program, relative to `root`. `backend` is where the
    states of service layers and the records of runs are, which Jenkins writes; `access_backend` where the states of access
    layers are, which only administrators write. `program_timeout` is how many seconds the program may say nothing to the engine
    while nothing is being deployed. `kept` is the folder of what runs leave on this machine,
    and need again. `tokens` are those that agents bring.
    """

    root: Path
    project: str
    cloud: Cloud
    plugin: Plugin
    backend: Backend
    access_backend: Backend
    stacks: tuple[Stack, ...]
    sandbox_home: Path
    kept: Path
    jenkins_deploy_role: str
    jenkins_preview_role: str
    plan_key: str
    approver_role: str
    tokens: AgentTokens | None
    access_program: str
    settings_check: str
    documents: str
    needs: str
    deletions: str
    inventory: str
    program: str = "."
    program_timeout: int = 600
    drift_ignore: tuple[IgnoreRule, ...] = ()

    def stack(self, name: str) -> Stack:
        """The stack of that name. Raises KeyError."""
        return {stack.name: stack for stack in self.stacks}[name]

    def layer(self, layer: Layer) -> tuple[Stack, ...]:
        """All stacks of one layer, in the files' order."""
        return tuple(stack for stack in self.stacks if stack.layer is layer)

    def access_of(self, stack: Stack) -> Stack:
        """The access layer that makes the roles of a service's stack."""
        return next(one for one in self.layer(Layer.ACCESS) if one.env == stack.env)

    @property
    def tools(self) -> Stack:
        """The access layer of Jenkins' own account."""
        return self.stack(TOOLS)
