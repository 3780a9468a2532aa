"""Every key of a stack file: what it may be, and how that is said to a person who wrote something else."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

Value = str | int
Reader = Callable[[object], Value | None]


@dataclass(frozen=True)
class Key:
    """One key. `read` answers None for what it refuses; `expected` says what it takes; `default` makes it optional."""

    name: str
    read: Reader
    expected: str
    default: Value | None = None


RETENTION_DAYS = (
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731,
    1096, 1827, 2192, 2557, 2922, 3288, 3653,
)  # fmt: skip
"""What CloudWatch Logs can keep (PutRetentionPolicy, retentionInDays)."""


def _matching(pattern: str) -> Reader:
    compiled = re.compile(pattern, re.ASCII)
    return lambda got: got if isinstance(got, str) and compiled.fullmatch(got) else None


def _number(low: int, high: int) -> Reader:
    def read(got: object) -> int | None:
        if isinstance(got, bool) or not isinstance(got, str | int) or not re.fullmatch(r"[0-9]{1,9}", str(got)):
            return None
        return int(got) if low <= int(got) <= high else None

    return read


def _one_of(*allowed: int) -> Reader:
    number = _number(min(allowed), max(allowed))
    return lambda got: value if (value := number(got)) in allowed else None


def _text(name: str, pattern: str, expected: str, default: str | None = None) -> Key:
    return Key(name, _matching(pattern), expected, default)


def _role(name: str, default: str | None = None) -> Key:
    return _text(name, r"[\w+=,.@-]{1,64}", "a role name: 1 to 64 of A-Z a-z 0-9 _ + = , . @ -", default)


def _bucket(name: str, default: str | None = None) -> Key:
    expected = "a bucket name: 3 to 63 of a-z 0-9 -, no hyphen at either end"
    return _text(name, r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", expected, default)


def _alias(name: str, default: str | None = None) -> Key:
    expected = "a key alias: alias/ and 1 to 250 of A-Z a-z 0-9 _ / -"
    return _text(name, r"alias/(?!aws/)[\w/-]{1,250}", expected, default)


_RUN_NAME = r"[\w+=,.@-]{2,64}"
_RUN_NAME_SAID = "2 to 64 of A-Z a-z 0-9 _ + = , . @ -"

_ACCOUNT = (
    _text("deploy:account", r"[0-9]{12}", "12 digits in quotes"),
    _text("deploy:region", r"[a-z]{2}(-[a-z]{2,12}){1,2}-[0-9]", "a region, such as eu-central-1"),
)
RUN = (
    _text("deploy:enterAs", r"deployment|preview|bootstrap", "deployment, preview or bootstrap", ""),
    _text("deploy:sessionName", _RUN_NAME, _RUN_NAME_SAID, ""),
    _text("deploy:sourceIdentity", _RUN_NAME, _RUN_NAME_SAID, ""),
    Key("deploy:grantedDuration", _number(900, 43_200), "900 to 43200 (seconds)", 0),
    _text("deploy:emptyBuckets", r"true", "true, in a destroy", ""),
)
TOOLS_KEYS = (
    *_ACCOUNT,
    _role("deploy:jenkinsDeployRole"),
    _role("deploy:jenkinsPreviewRole"),
    _bucket("deploy:stateBucket"),
    _alias("deploy:stateKey"),
    _bucket("deploy:accessStateBucket", ""),
    _alias("deploy:accessStateKey", ""),
    _alias("deploy:planKey", "alias/deploy-plan"),
    _text("deploy:organization", r"o-[a-z0-9]{10,32}", "an organisation: o- and 10 to 32 of a-z 0-9", ""),
    *RUN,
)
TARGET_KEYS = (
    *_ACCOUNT,
    _role("deploy:bootstrapRole", "OrganizationAccountAccessRole"),
    _role("deploy:deploymentRole"),
    _role("deploy:previewRole"),
    _text("deploy:externalId", r"[\w+=,.@:/-]{2,128}", "2 to 128 of A-Z a-z 0-9 _ + = , . @ : / -"),
    Key("deploy:sessionDuration", _number(900, 43_200), "900 to 43200 (seconds)", 3600),
    *RUN,
    Key("items:memory", _number(128, 10_240), "128 to 10240 (MB)"),
    Key("items:timeout", _number(1, 29), "1 to 29 (seconds; an HTTP API waits 30)"),
    Key("items:maxItemBytes", _number(1, 4_000_000), "1 to 4000000 (bytes; Lambda takes 6 MB with base64)"),
    Key(
        "items:logRetentionDays",
        _one_of(*RETENTION_DAYS),
        f"one of {', '.join(str(days) for days in RETENTION_DAYS)} (days)",
    ),
)

Values = Mapping[str, Value]
