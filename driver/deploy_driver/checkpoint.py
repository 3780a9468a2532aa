"""A stack's state as the Pulumi engine keeps it (a checkpoint), judged before any engine works on it; pure.

Whoever can write a state decides what the next run does: the engine enters accounts through the providers in it, and
deletes what it lists. So it is read here as a stranger's file.

The format is the engine's own: `VersionedCheckpoint`, `DeploymentV3` and `ResourceV3` (pulumi/pulumi
`sdk/go/common/apitype/core.go`), what makes one whole is `Snapshot.VerifyIntegrity` (`pkg/resource/deploy/snapshot.go`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from deploy_driver.digest import digest
from deploy_driver.values import Stack, Urn
from deploy_project.stacks import project_of

VERSIONS = (3, 4)
"""The versions of a checkpoint that the pinned engine writes; those before know no providers, so nobody can judge them."""

FEATURES = frozenset(
    {
        "refreshBeforeUpdate",
        "views",
        "hooks",
        "taint",
        "replaceWith",
        "snippets-prototype",
        "extensionParameterization",
        "byteString",
    }
)
"""What a checkpoint of version 4 may use: the engine's `supportedFeatures` (`pkg/resource/stack/deployment.go`)."""

PROVIDER = "pulumi:providers:aws"
_PROVIDERS = "pulumi:providers:"
_DEFAULT_PROVIDER = re.compile(r"default(_\d+)*")
_SECRET = "4dabf18193072939515e22adb298388d"  # noqa: S105 -- the key by which Pulumi marks an encrypted value, no secret
_HARMLESS = frozenset(
    {
        "__internal",
        "allowedAccountIds",
        "assumeRoles",
        "defaultTags",
        "ec2MetadataServiceEndpointMode",
        "forbiddenAccountIds",
        "ignoreTags",
        "maxRetries",
        "region",
        "retryMode",
        "s3UsEast1RegionalEndpoint",
        "s3UsePathStyle",
        "skipCredentialsValidation",
        "skipMetadataApiCheck",
        "skipRegionValidation",
        "skipRequestingAccountId",
        "stsRegion",
        "tagPolicyCompliance",
        "tokenBucketRateLimiterCapacity",
        "useDualstackEndpoint",
        "useFipsEndpoint",
        "userAgents",
        "version",
    }
)
"""Inputs of a provider that lead to no other account, no other credentials and no other endpoint than AWS's own."""


_LONG = 500
"""Characters of a problem that are shown: a stranger may have written what it quotes."""


@dataclass(frozen=True)
class Judged:
    """What a state turned out to be. The engine may work on it when there are no `problems`, one line each.

    `deployed` says whether anything was ever deployed; `resources` maps the URN of each resource that stands in the cloud
    to its type. `pending` are the URNs that were being made when the engine was last heard of: nobody knows what came of that,
    and the engine keeps them there. `newer`: nothing is wrong with it, but a newer engine wrote it; `foreign`: it is another stack's,
    or leads elsewhere. `digest` is that of the file.
    """

    resources: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    deployed: bool = False
    newer: bool = False
    foreign: bool = False
    pending: tuple[str, ...] = ()
    digest: str = ""

    @property
    def damaged(self) -> bool:
        """Whether the file is no whole state of anybody's, so that nothing speaks against putting a good one in its place."""
        return bool(self.problems) and not (self.newer or self.foreign)


def judge(content: bytes, stack: Stack, project: str) -> Judged:
    """What is wrong with this content as the state of `stack` of the service `project`; nothing of it is trusted."""
    project = project_of(project, stack.name)
    try:
        document = _document(content)
        if newer := _newer(document):
            return Judged(problems=(newer,), newer=True)
        checkpoint = _Checkpoint.model_validate(document.get("checkpoint"))
    except (ValueError, RecursionError) as error:
        return Judged(problems=(_said(error, content),))
    owner = f"organization/{project}/{stack.name}"
    if checkpoint.stack != owner:
        said = f"it is the state of {checkpoint.stack or 'no stack'}, expected {owner}"
        return Judged(problems=(said,), foreign=bool(checkpoint.stack))
    latest = checkpoint.latest
    if latest is None:
        return Judged(digest=digest(content))
    resources = {one.urn: one.type for one in latest.resources or () if one.custom and not _is_provider(one)}
    foreign = list(_foreign(latest, stack, project))
    found = [*_integrity(latest), *foreign]
    short = (text if len(text) <= _LONG else f"{text[:_LONG]}…" for text in found)
    pending = tuple(one.resource.urn for one in latest.pending_operations or () if one.type == "creating")
    problems = tuple(dict.fromkeys(short))
    return Judged(resources, problems, deployed=True, foreign=bool(foreign), pending=pending, digest=digest(content))


class _Part(BaseModel):
    """A part of a checkpoint. What a newer engine adds is left alone, as our engine leaves it."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, frozen=True)

    @classmethod
    def keys(cls) -> frozenset[str]:
        """The keys of the JSON object that are read here."""
        return frozenset(info.alias or name for name, info in cls.model_fields.items())


class _Resource(_Part):
    urn: str = ""
    type: str = ""
    custom: bool = False
    delete: bool | None = None
    id: str | None = None
    inputs: dict[str, Any] | None = None
    provider: str | None = None
    parent: str | None = None
    dependencies: list[str] | None = None
    property_dependencies: dict[str, list[str] | None] | None = None
    pending_replacement: bool | None = None
    deleted_with: str | None = None
    replace_with: list[str] | None = None

    def needs(self) -> Iterator[str]:
        """The URNs that must stand before this resource."""
        yield from (urn for urn in (self.parent, self.deleted_with) if urn)
        yield from (*(self.dependencies or ()), *(self.replace_with or ()))
        yield from (urn for urns in (self.property_dependencies or {}).values() for urn in urns or ())


class _Operation(_Part):
    resource: _Resource
    type: str = ""


class _Manifest(_Part):
    magic: str = ""
    version: str = ""


class _Deployment(_Part):
    model_config = ConfigDict(alias_generator=None)

    manifest: _Manifest
    resources: list[_Resource] | None = None
    pending_operations: list[_Operation] | None = None


class _Checkpoint(_Part):
    stack: str = ""
    latest: _Deployment | None = None


class _Versioned(_Part):
    version: int = 0
    features: list[str] | None = None
    checkpoint: Any = None


_READ = frozenset(
    key
    for part in (_Versioned, _Checkpoint, _Deployment, _Manifest, _Operation, _Resource)
    for key in part.keys()  # noqa: SIM118 -- a method of ours, not a mapping's
)
_PLAIN_MAPS = frozenset({"inputs", "outputs", "propertyDependencies", "replacementTrigger"})
"""Keys of a resource whose values are maps of the program's own, in which keys may differ by case alone."""


def _document(content: bytes) -> Mapping[str, Any]:
    """The JSON object. Raises ValueError, also where the engine, which is written in Go, would read something else.

    Go takes a key in any case and merges a repeated one, Python the last that is spelled exactly: a file that says
    `provider` and `Provider` would be judged by one and obeyed by the other.
    """
    document = json.loads(content.decode("utf-8"), object_pairs_hook=_once)
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004 -- the content is wrong, not a type of ours
    _exact(document)
    return document


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise ValueError("a key stands twice in one of its objects")
    return made


def _exact(value: object) -> None:
    if isinstance(value, list):
        for item in value:
            _exact(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            exact = _EXACT.get(key.casefold())
            if exact and key != exact:
                raise ValueError(f"its key {key!r} is spelled {exact!r} by the engine")
            if key not in _PLAIN_MAPS:
                _exact(item)


_EXACT = {key.casefold(): key for key in _READ}


def _newer(document: Mapping[str, Any]) -> str:
    """Why a newer engine must have written it; empty when none need have. Raises ValueError when it is of no version at all."""
    versioned = _Versioned.model_validate(document)
    if versioned.version > max(VERSIONS):
        known = " and ".join(str(version) for version in VERSIONS)
        return f"a newer engine wrote it: it is of version {versioned.version}, and the engine here reads {known}"
    if versioned.version < min(VERSIONS):
        raise ValueError(f"it is of version {versioned.version}, expected {VERSIONS[0]} or {VERSIONS[1]}")
    unknown = sorted(set(versioned.features or ()) - FEATURES)
    return (
        f"a newer engine wrote it: it needs {', '.join(unknown)}, which the engine here does not know"
        if unknown
        else ""
    )


def _said(error: Exception, content: bytes) -> str:
    if not content.strip():
        return "the file is empty"
    if content.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd")):
        return "the file is compressed"
    if isinstance(error, json.JSONDecodeError):
        where = "it ends in the middle" if error.pos >= len(error.doc.rstrip()) else f"line {error.lineno}: {error.msg}"
        return f"it is not whole JSON: {where}; it begins with {error.doc[:20]!r} and has {len(content)} bytes"
    if isinstance(error, ValidationError):
        first = error.errors(include_url=False, include_input=False)[0]
        return f"it is no checkpoint: {'.'.join(map(str, first['loc']))}: {first['msg']}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)


def _integrity(latest: _Deployment) -> Iterator[str]:
    """What the engine would call a snapshot integrity failure, before it is in the middle of something."""
    version = latest.manifest.version
    if latest.manifest.magic != (hashlib.sha256(version.encode()).hexdigest() if version else ""):
        yield "its magic number does not belong to its engine version: it was cut or edited"
    seen: set[str] = set()
    live: set[str] = set()
    providers: set[str] = set()
    for one in latest.resources or ():
        if not one.urn or not one.type:
            yield f"a resource has no {'type' if one.urn else 'urn'}: {one.urn or one.type or 'neither has it the other'}"
        if one.id and not one.custom:
            yield f"{one.urn}: has an id, and no provider makes it"
        if one.urn in live and not one.delete:
            yield f"{one.urn}: is listed twice"
        yield from (
            f"{one.urn}: needs {need}, which is not listed before it" for need in one.needs() if need not in seen
        )
        if _is_provider(one):
            providers.add(f"{one.urn}::{one.id}")
        if one.provider and one.provider not in providers and not one.pending_replacement:
            yield f"{one.urn}: its provider {one.provider} is not listed before it"
        seen.add(one.urn)
        live |= set() if one.delete else {one.urn}


def _foreign(latest: _Deployment, stack: Stack, project: str) -> Iterator[str]:
    """What is not this stack's: another project's or stack's URN, another provider, another account."""
    pending = [operation.resource for operation in latest.pending_operations or ()]
    for one in (*(latest.resources or ()), *pending):
        beginning = f"urn:pulumi:{stack.name}::{project}::"
        if not one.urn.startswith(beginning) or Urn(one.urn).type != one.type:
            yield f"{one.urn}: is not a {one.type} of {beginning}"
        if _is_provider(one):
            yield from (f"{one.urn}: {why}" for why in _elsewhere(one, stack))
        elif one.custom and not one.type.startswith("aws:"):
            yield f"{one.urn}: is made by another plugin than aws"
        elif one.custom and not one.provider:
            yield f"{one.urn}: hangs on no provider, so the engine would make one up"
        if one.provider and not (one.provider.startswith(beginning) and Urn(one.provider).type == PROVIDER):
            yield f"{one.urn}: hangs on {one.provider}, expected an aws provider of this stack"


def _elsewhere(one: _Resource, stack: Stack) -> Iterator[str]:
    """Why a provider would not work in this stack's account, in the way that its stack file says."""
    inputs = one.inputs or {}
    if one.type != PROVIDER:
        yield f"is a provider of another plugin than aws: {one.type}"
        return
    if _DEFAULT_PROVIDER.fullmatch(one.urn.rsplit("::", 1)[-1]):
        yield "is a default provider, and every provider is explicit here"
    for key in sorted(inputs.keys() - _HARMLESS):
        yield f"sets {key}, which may lead elsewhere"
    if inputs.get("__internal"):
        yield "names a plugin of its own"
    allowed, roles = _plain(inputs.get("allowedAccountIds")), _roles(_plain(inputs.get("assumeRoles")))
    if allowed != [stack.account]:
        yield f"works in {_short(allowed, 'any account')}, expected {stack.account} alone ({stack.file.name}: deploy:account)"
    own = stack.own_roles
    if own and not (len(roles) == 1 and roles[0] in own):
        yield f"enters as {_short(roles, 'no role')}, expected {' or '.join(own)}"
    if not own and roles:
        yield f"enters as {_short(roles, 'no role')}, expected no role: the run begins in this account"


def _roles(value: Any) -> list[str]:
    """The ARNs of the roles that a provider takes one after the other."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(role, dict) for role in value):
        return ["roles that cannot be read"]
    return [str(role.get("roleArn")) for role in value]


def _plain(value: Any) -> Any:
    """A provider's input: providers keep what is no text as JSON in a text. What is encrypted stays as it is."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        return value


def _is_provider(one: _Resource) -> bool:
    return one.type.startswith(_PROVIDERS)


def _short(value: Any, nothing: str) -> str:
    """A provider's input as people read it."""
    if isinstance(value, dict) and _SECRET in value:
        return "an encrypted value"
    return (", ".join(map(str, value)) if isinstance(value, list) else str(value or "")) or nothing


_SESSION = ("sessionName", "sourceIdentity")
"""What of the roles that a provider takes is another one in every run."""

_OF_GOAL = {
    *("type", "name", "custom", "parent", "provider", "inputDiff", "outputDiff", "deleteBeforeReplace"),
    *("aliases", "structuredAliases"),
}
"""What a plan says of a resource that is in its URN, in a difference, or in no state."""

_OF_STATE = {
    *("urn", "type", "custom", "id", "parent", "provider", "inputs", "outputs"),
    *("created", "modified", "sourcePosition", "stackTrace"),
}
"""What a state says of a resource that is in its URN, in a difference, or that only tells where and when it was made."""


def leaves_as_is(plan: bytes, state: bytes) -> bool:
    """Whether an `up` with this plan of the engine (`DeploymentPlanV1`) would write the same state again.

    Where this cannot tell, it would not. Beside inputs and outputs a state has what the engine needs to know about resources
    later, in which order to delete them for example, and no preview shows when only that differs.
    """
    planned, latest = json.loads(plan), json.loads(state)["checkpoint"].get("latest") or {}
    goals = {urn: entry for urn, entry in planned["resourcePlans"].items() if "goal" in entry}
    there = {one["urn"]: one for one in latest.get("resources") or ()}
    return (
        len(there) == len(latest.get("resources") or ())
        and not latest.get("pending_operations")
        and planned["manifest"]["version"] == latest["manifest"]["version"]
        and goals.keys() == there.keys() == planned["resourcePlans"].keys()
        and all(_is_left(goals[urn], one) for urn, one in there.items())
    )


def _is_left(entry: Mapping[str, Any], there: Mapping[str, Any]) -> bool:
    goal = entry["goal"]
    options = (goal.keys() - _OF_GOAL) | (there.keys() - _OF_STATE)
    if goal.get("outputDiff") or any(_normal(goal.get(key)) != _normal(there.get(key)) for key in options):
        return False
    if str(there["type"]).startswith(_PROVIDERS):
        return _same_provider(goal.get("inputDiff") or {}, there.get("inputs") or {})
    return not goal.get("inputDiff") and list(entry.get("steps") or ()) == ["same"]


def _same_provider(diff: Mapping[str, Any], inputs: Mapping[str, Any]) -> bool:
    """Whether a provider differs in nothing but the run's session."""
    updates = diff.get("updates") or {}
    if diff.keys() - {"updates"} or updates.keys() - {"assumeRoles"}:
        return False
    return not updates or _unnamed(updates["assumeRoles"]) == _unnamed(inputs.get("assumeRoles"))


def _unnamed(value: Any) -> Any:
    roles = _plain(value)
    if not isinstance(roles, list) or not all(isinstance(role, dict) for role in roles):
        return roles
    return [{key: said for key, said in role.items() if key not in _SESSION} for role in roles]


def _normal(value: Any) -> Any:
    """What the engine says of dependencies and options, without an order and without what is empty."""
    if isinstance(value, dict):
        return {key: _normal(said) for key, said in value.items() if said} or None
    if isinstance(value, list):
        return sorted(map(json.dumps, value)) or None
    return value or None
