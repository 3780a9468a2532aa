"""Lambda in the accounts of the stacks: is a function's code the deployed one, where do its aliases lead, and putting that back."""

from __future__ import annotations

import base64
import hashlib
import urllib.request
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.adapters.identity import StsIdentity
from deploy_driver.drift.resource_state import PUBLISHED
from deploy_driver.errors import NotReadyError
from deploy_driver.ports import StateStore
from deploy_driver.values import ChangedCode, EngineRequest, LiveAlias, Urn

_LATEST = "$LATEST"
_ALIAS = "aws:lambda/alias:Alias"
_ask = partial(asking, by_code={"AccessDeniedException": remedies.POLICIES_OF_ROLES})
_SECONDS = 60
"""For one download of code; Lambda's link to it is valid for ten minutes (Lambda API, GetFunction)."""


@dataclass(frozen=True)
class LambdaCode:
    """The FunctionCode port. `aws` is this machine's identity."""

    aws: AwsSession
    state: StateStore

    def changed(self, request: EngineRequest) -> tuple[ChangedCode, ...]:
        """The functions of the stack whose code, or whose newest version, is not the one in the state.

        A function that publishes no versions is left alone: its deployed code is kept nowhere.
        """
        deployed = [one for one in self.state.resources(request.stack) if _publishes(one, request)]
        return tuple(_compared(self._lambda(request), deployed)) if deployed else ()

    def put_back(self, request: EngineRequest, changed: ChangedCode) -> None:
        """Upload the deployed code again, from a version that has it; publish it where somebody published another version."""
        functions, name = self._lambda(request), changed.function
        if changed.found != changed.deployed:
            found = _ask(
                f"code of {name}, version {changed.source}",
                lambda: functions.get_function(FunctionName=name, Qualifier=changed.source),
            )
            content = _downloaded(found["Code"]["Location"], changed)
            architectures = found["Configuration"].get("Architectures") or ["x86_64"]
            _ask(
                f"putting back the code of {name}",
                lambda: functions.update_function_code(FunctionName=name, ZipFile=content, Architectures=architectures),
            )
            _ask(f"code of {name}", lambda: functions.get_waiter("function_updated_v2").wait(FunctionName=name))
        if changed.newest != changed.version:
            _ask(
                f"publishing the code of {name}",
                lambda: functions.publish_version(FunctionName=name, CodeSha256=changed.deployed),
            )

    def live(self, request: EngineRequest) -> tuple[LiveAlias, ...]:
        """The aliases of the stack's state, and the versions that they lead to; not one that was adopted and not refreshed yet."""
        there = self.state.resources(request.stack)
        outputs = [one.get("outputs") or {} for one in there if one["type"] in PUBLISHED and not one.get("delete")]
        digests = {
            (said.get(key), said.get("version")): said.get("codeSha256", "")
            for said in outputs
            for key in ("name", "arn")
        }
        return tuple(_aliases(there, digests, request))

    def elsewhere(self, request: EngineRequest, wanted: Sequence[LiveAlias]) -> Mapping[LiveAlias, str]:
        """Those of the aliases that lead to another version in the account, and to which."""
        if not wanted:
            return {}
        functions = self._lambda(request)
        found = {one: _ask(f"alias {one.alias} of {one.function}", partial(_led, functions, one)) for one in wanted}
        return {one: version for one, version in found.items() if version not in {"", one.version}}

    def lead(self, request: EngineRequest, wanted: LiveAlias) -> None:
        """Let the alias lead to the version, once that is known to have the code that it had."""
        functions, name = self._lambda(request), wanted.function
        found = _ask(f"versions of {name}", partial(_versions, functions, name))
        digests = {version["Version"]: version["CodeSha256"] for version in found}
        if not wanted.digest or digests.get(wanted.version) != wanted.digest:
            raise NotReadyError(f"{name} has no version {wanted.version} with the code {wanted.digest} any more")
        _ask(
            f"alias {wanted.alias} of {name}",
            lambda: functions.update_alias(FunctionName=name, Name=wanted.alias, FunctionVersion=wanted.version),
        )

    def _lambda(self, request: EngineRequest) -> Any:
        """Lambda in the account of the request, as whoever the request enters."""
        if not request.entrance.role_arn:
            return self.aws.client("lambda", request.region)
        return StsIdentity(self.aws).enter(request.entrance, request.region).client("lambda")


def _aliases(
    there: Iterable[Mapping[str, Any]], digests: Mapping[tuple[Any, Any], str], request: EngineRequest
) -> Iterator[LiveAlias]:
    """The aliases among the resources of a state. One that shares its calls out among versions is left alone."""
    for one in there:
        said = one.get("outputs") or {}
        if one["type"] != _ALIAS or one.get("delete") or said.get("routingConfig") or "functionVersion" not in said:
            continue
        if not request.targets or one["urn"] in request.targets:
            function, version = said["functionName"], said["functionVersion"]
            yield LiveAlias(one["urn"], function, said["name"], version, digests.get((function, version), ""))


def _led(functions: Any, wanted: LiveAlias) -> str:
    """The version that the alias leads to; empty where there is no such alias, or where it leads to several."""
    try:
        found = functions.get_alias(FunctionName=wanted.function, Name=wanted.alias)
    except functions.exceptions.ResourceNotFoundException:
        return ""
    shared = (found.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
    return "" if shared else str(found["FunctionVersion"])


def _compared(functions: Any, deployed: Iterable[Mapping[str, Any]]) -> Iterator[ChangedCode]:
    for one in deployed:
        name, outputs = one["outputs"]["name"], one["outputs"]
        found = _ask(f"versions of {name}", partial(_versions, functions, name))
        digests = {version["Version"]: version["CodeSha256"] for version in found}
        published = sorted(digests.keys() - {_LATEST}, key=int)
        there = digests.get(_LATEST, ""), *published[-1:]
        if digests and there != (outputs["codeSha256"], outputs["version"]):
            yield _changed(one["urn"], outputs, digests, published)


def _versions(functions: Any, name: str) -> Sequence[Mapping[str, Any]]:
    """Every version, `$LATEST` among them; none where the function is gone."""
    pages = functions.get_paginator("list_versions_by_function").paginate(FunctionName=name)
    try:
        return [version for page in pages for version in page["Versions"]]
    except functions.exceptions.ResourceNotFoundException:
        return ()


def _publishes(resource: Mapping[str, Any], request: EngineRequest) -> bool:
    """Whether the state has it as a function that publishes versions, and the request is about it.

    Of one that was adopted and not refreshed yet, nobody knows which code was deployed.
    """
    outputs = resource.get("outputs") or {}
    return (
        resource["type"] in PUBLISHED
        and not resource.get("delete")
        and bool(outputs.get("publish"))
        and "codeSha256" in outputs
        and (not request.targets or resource["urn"] in request.targets)
    )


def _changed(urn: str, outputs: Mapping[str, Any], digests: Mapping[str, str], published: Sequence[str]) -> ChangedCode:
    name, deployed, found = outputs["name"], outputs["codeSha256"], digests[_LATEST]
    source = next((version for version in reversed(published) if digests[version] == deployed), "")
    if found != deployed and not source:
        raise NotReadyError(
            f"the code of {name} was changed by hand, and no version has the code that was deployed ({deployed}) any more",
            remedy=remedies.DELETE_FUNCTION.of(name=name, stack=Urn(urn).stack),
        )
    return ChangedCode(
        urn, name, deployed, found, version=outputs["version"], newest=(published or [""])[-1], source=source
    )


def _downloaded(address: str, changed: ChangedCode) -> bytes:
    """The archive, which is the deployed one or nobody's. Raises NotReadyError."""
    what = f"code of {changed.function}, version {changed.source}"
    if not address.startswith(("https://", "http://")):
        raise NotReadyError(f"{what}: {address!r} is not an HTTP address")
    try:
        with urllib.request.urlopen(address, timeout=_SECONDS) as answer:  # noqa: S310 -- the scheme was checked
            content: bytes = answer.read()
    except OSError as error:
        raise NotReadyError(f"{what}: {error}", remedy=remedies.CHECK_ENDPOINT) from None
    if base64.b64encode(hashlib.sha256(content).digest()).decode() != changed.deployed:
        raise NotReadyError(f"{what}: what was downloaded is not the deployed code ({changed.deployed})")
    return content
