"""One AssumeRole request, read from its parameters and held to the rules of the STS API Reference."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any
from xml.sax.saxutils import escape

from deploy_sandbox.cloud import emulator

_NAME = r"[\w+=,.@-]*"
_EXTERNAL_ID = r"[\w+=,.@:\/-]*"
_ROLE = re.compile(r"arn:aws:iam::(?P<account>\d{12}):role/(?:.*/)?(?P<name>[\w+=,.@-]{1,64})")
_DEFAULT_SECONDS, _LEAST_SECONDS, _MOST_SECONDS = 3600, 900, 43200
_POLICY_CHARACTERS = 2048
_MOST_TAGS = 50


class InvalidRequestError(Exception):
    """The request breaks a rule of the API; the message is AWS's own."""

    def __init__(self, message: str, code: str = "ValidationError") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class AssumeRoleRequest:
    """What is asked for: durations in seconds, tags by key, session policies as the emulator keeps them."""

    role_arn: str
    account: str
    role_name: str
    session_name: str
    duration: int
    external_id: str | None
    source_identity: str | None
    tags: dict[str, str] = field(default_factory=dict)
    transitive: tuple[str, ...] = ()
    policies: dict[str, Any] | None = None

    @classmethod
    def read(cls, params: dict[str, Any]) -> AssumeRoleRequest:
        """Read and check the parameters. Raises InvalidRequestError with every rule that is broken."""
        role_arn, session_name = _one(params, "RoleArn"), _one(params, "RoleSessionName")
        duration = _one(params, "DurationSeconds")
        problems = [
            *_name_problems("roleSessionName", session_name, required=True),
            *_name_problems("sourceIdentity", _one(params, "SourceIdentity")),
            *_name_problems("externalId", _one(params, "ExternalId"), pattern=_EXTERNAL_ID, most=1224),
            *_duration_problems(duration),
        ]
        if problems:
            count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected"
            raise InvalidRequestError(escape(f"{count}: {'; '.join(problems)}"))
        role = _ROLE.fullmatch(role_arn or "")
        if role is None:
            raise InvalidRequestError(escape(f"{role_arn} is invalid"))
        return cls(
            role_arn=role[0],
            account=role["account"],
            role_name=role["name"],
            session_name=session_name or "",
            duration=int(duration or _DEFAULT_SECONDS),
            external_id=_one(params, "ExternalId"),
            source_identity=_one(params, "SourceIdentity"),
            tags=_tags(params),
            transitive=tuple(
                str(_one(params, name)) for name in params if name.startswith("TransitiveTagKeys.member.")
            ),
            policies=_policies(params, role["account"]),
        )

    def chained_from(self, session: dict[str, Any]) -> AssumeRoleRequest:
        """The request with what the caller's session hands on. Raises InvalidRequestError where it would be changed."""
        source = session.get("SourceIdentity")
        if source and self.source_identity not in (None, source):
            raise InvalidRequestError(
                "The source identity of a session cannot be changed: "
                f"{escape(str(source))} is set and {escape(str(self.source_identity))} was requested.",
                "AccessDenied",
            )
        keys = {key.lower() for key in session.get("TransitiveTagKeys") or ()}
        handed = {tag["Key"]: tag["Value"] for tag in session.get("SessionTags") or () if tag["Key"].lower() in keys}
        if keys & {key.lower() for key in self.tags}:
            raise InvalidRequestError(
                "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
                "from the calling session.",
                "InvalidParameterValue",
            )
        return replace(
            self,
            source_identity=self.source_identity or source,
            tags={**handed, **self.tags},
            transitive=tuple(dict.fromkeys((*handed, *self.transitive))),
        )

    def actions(self) -> list[str]:
        """The actions that the request performs on the role."""
        tagged = ["sts:TagSession"] if self.tags else []
        sourced = ["sts:SetSourceIdentity"] if self.source_identity else []
        return ["sts:AssumeRole", *tagged, *sourced]

    def condition_keys(self) -> dict[str, Any]:
        """The condition keys of the request, in lower case; an absent key has no entry."""
        keys: dict[str, Any] = {
            "sts:externalid": self.external_id,
            "sts:rolesessionname": self.session_name,
            "sts:sourceidentity": self.source_identity,
            "sts:transitivetagkeys": list(self.transitive) or None,
        }
        return {key: value for key, value in keys.items() if value is not None}

    def packed_size(self) -> int:
        """The share of the packed size limit that policies and tags use, in percent; AWS's own packing is not known."""
        policy = str((self.policies or {}).get("Policy") or "")
        characters = len(policy) + sum(len(key) + len(value) for key, value in self.tags.items())
        return -(-characters * 100 // _POLICY_CHARACTERS)


def _one(params: dict[str, Any], name: str) -> str | None:
    found = params.get(name)
    return str(found[0]) if found else None


def _name_problems(
    name: str, value: str | None, *, pattern: str = _NAME, most: int = 64, required: bool = False
) -> list[str]:
    if value is None:
        return [f"Value null at '{name}' failed to satisfy constraint: Member must not be null"] if required else []
    rules = [
        ("Member must have length greater than or equal to 2", len(value) < 2),  # noqa: PLR2004 -- the API's number
        (f"Member must have length less than or equal to {most}", len(value) > most),
        (f"Member must satisfy regular expression pattern: {pattern}", not re.fullmatch(pattern, value, re.ASCII)),
    ]
    return [f"Value '{value}' at '{name}' failed to satisfy constraint: {rule}" for rule, broken in rules if broken]


def _duration_problems(value: str | None) -> list[str]:
    if value is None:
        return []
    seconds = int(value) if value.lstrip("-").isdigit() else 0
    bound = f"greater than or equal to {_LEAST_SECONDS}" if seconds < _LEAST_SECONDS else ""
    bound = f"less than or equal to {_MOST_SECONDS}" if seconds > _MOST_SECONDS else bound
    return (
        [f"Value '{value}' at 'durationSeconds' failed to satisfy constraint: Member must have value {bound}"]
        if bound
        else []
    )


def _tags(params: dict[str, Any]) -> dict[str, str]:
    tags, refused = emulator.session_tags(params)
    if refused is not None:
        raise InvalidRequestError(
            "Duplicate tag keys found. Please note that Tag keys are case insensitive.", "InvalidParameterValue"
        )
    if len(tags) > _MOST_TAGS:
        raise InvalidRequestError(
            "1 validation error detected: Value at 'tags' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MOST_TAGS}"
        )
    return {tag["Key"]: tag["Value"] for tag in tags}


def _policies(params: dict[str, Any], account: str) -> dict[str, Any] | None:
    policies, refused = emulator.session_policies(params, account)
    if refused is not None:
        raise InvalidRequestError(*_message_and_code(refused[2]))
    return policies if any(policies.values()) else None


def _message_and_code(body: bytes) -> tuple[str, str]:
    text = body.decode("utf-8")
    return text.split("<Message>")[1].split("</Message>")[0], text.split("<Code>")[1].split("</Code>")[0]
