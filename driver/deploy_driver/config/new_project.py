"""What a new project is made of, as a person asks for it: its name, its accounts, their region; and all that is wrong with that."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from deploy_driver.config.load import NAMES_LIMIT
from deploy_project.stacks import ACCESS, ENV_EXPECTED, TOOLS, is_access, is_env
from deploy_project.written import shown

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_ID = re.compile(r"[0-9]{12}", re.ASCII)
_ID_EXPECTED = "an AWS account's id, 12 digits"

_TAKEN = frozenset({"aws", "deploy", "pulumi", "false", "n", "no", "null", "off", "on", "true", "y", "yes"})
"""A project's name is the namespace of its settings, and stands in YAML: the first three are somebody else's, the others no texts."""

_TAKEN_BEGINNINGS = ("sthree-", "amzn-s3-demo-")
"""What no bucket's name may begin with (Amazon S3 User Guide, "General purpose bucket naming rules")."""

EXPECTED: Mapping[str, str] = {
    "NAME": "the service's name: a-z 0-9 and single hyphens, a letter first",
    "--tools": f"the account in which Jenkins runs: {_ID_EXPECTED}",
    "--account": f"an account to deploy to, as NAME=ID, such as dev=222222222222; NAME is {ENV_EXPECTED}",
    "--region": "the region of all accounts, such as eu-central-1",
}
"""What each argument is, by its name on the command line."""


@dataclass(frozen=True)
class AskedProject:
    """As it is typed; empty what nobody has said. `accounts` are NAME=ID, in the order of deployment."""

    name: str = ""
    tools: str = ""
    accounts: tuple[str, ...] = ()
    region: str = ""


@dataclass(frozen=True)
class NewAccount:
    """An account to deploy to, and what it is called: `env` is the stack's name."""

    env: str
    account: str


@dataclass(frozen=True)
class NewProject:
    """A project that can be written. `accounts` are in the order of deployment."""

    name: str
    tools: str
    accounts: tuple[NewAccount, ...]
    region: str

    @classmethod
    def of(cls, asked: AskedProject) -> NewProject:
        """What was asked for, when nothing of it is missing or wrong."""
        return cls(asked.name, asked.tools, tuple(map(_account, asked.accounts)), asked.region)


def missing(asked: AskedProject) -> list[str]:
    """Every argument that was not given, and what it is."""
    given = (asked.name, asked.tools, asked.accounts, asked.region)
    return [
        f"{what}: missing, expected {EXPECTED[what]}" for what, said in zip(EXPECTED, given, strict=True) if not said
    ]


def wrong(asked: AskedProject, regions: Collection[str]) -> list[str]:
    """Everything that is wrong with what was given; `regions` are those that there are."""
    return [*_of_name(asked), *_of_accounts(asked), *_of_region(asked.region, regions)]


def _account(said: str) -> NewAccount:
    env, _, account = said.partition("=")
    return NewAccount(env, account)


def _got(what: str, said: str, expected: str) -> str:
    return f"{what}: got {shown(said)}, expected {expected}"


def _of_name(asked: AskedProject) -> Iterator[str]:
    name = asked.name
    longest = max((_account(said).env for said in asked.accounts), key=len, default="")
    if name in _TAKEN:
        yield _got("NAME", name, "another one: in Pulumi.yaml and the stack files that means something else")
    elif f"{name}-".startswith(_TAKEN_BEGINNINGS):
        yield _got("NAME", name, "another one: S3 keeps buckets that begin like that for itself")
    elif name and not _NAME.fullmatch(name):
        yield _got("NAME", name, f"{EXPECTED['NAME']}: buckets are called after it")
    elif len(name) + len(longest) > NAMES_LIMIT:
        yield _got("NAME", name, f"at most {NAMES_LIMIT} characters together with the account's name {shown(longest)}")


def _of_accounts(asked: AskedProject) -> Iterator[str]:
    """What is wrong with each account by itself, and two that are the same."""
    said = [("--tools", NewAccount(TOOLS, asked.tools))] if asked.tools else []
    said += [("--account", _account(each)) for each in asked.accounts]
    names: set[str] = set()
    ids: dict[str, str] = {}
    for option, each in said:
        what = option if option == "--tools" else f"--account {shown(each.env)}"
        if option == "--account":
            yield from _of_env(each.env, names)
        if not _ID.fullmatch(each.account):
            yield _got(what, each.account, _ID_EXPECTED)
        elif each.account in ids:
            yield _got(what, each.account, f"another account than that of {ids[each.account]}")
        names.add(each.env)
        ids.setdefault(each.account, what)


def _of_env(env: str, names: Collection[str]) -> Iterator[str]:
    if not is_env(env):
        yield _got("--account", env, f"NAME=ID with a name of {ENV_EXPECTED}")
    elif is_access(env):
        yield _got("--account", env, f"another name: {TOOLS} and NAME{ACCESS} are there by themselves")
    elif env in names:
        yield _got("--account", env, "each name once")


def _of_region(region: str, regions: Collection[str]) -> Iterator[str]:
    if region and region not in regions:
        close = get_close_matches(region, sorted(regions), n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(sorted(regions))}"
        yield f"{_got('--region', region, 'a region of AWS')}; {hint}"
