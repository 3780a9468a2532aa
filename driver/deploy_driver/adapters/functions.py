"""Lambda in the accounts of the stacks: is a function's code the deployed one, and putting that back."""

from __future__ import annotations

import base64
import hashlib
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.adapters.identity import StsIdentity
from deploy_driver.drift.resource_state import PUBLISHED
from deploy_driver.errors import NotReadyError
from deploy_driver.ports import StateStore
from deploy_driver.values import ChangedCode, EngineRequest

_LATEST = "$LATEST"
_ask = partial(
    asking, remedies={"AccessDeniedException": "run `deploy bootstrap`: it puts the policies of the roles in place"}
)
_SECONDS = 60
"""For one download of code; Lambda's link to it is valid for ten minutes (Lambda API, GetFunction)."""


@dataclass(frozen=True)
class LambdaCode:
    """The FunctionCode port. `session` is this machine's identity: a new one each time, since a run may outlast it."""

    session: Callable[[], AwsSession]
    state: Callable[[AwsSession], StateStore]

    def changed(self, request: EngineRequest) -> tuple[ChangedCode, ...]:
        """The functions of the stack whose code, or whose newest version, is not the one in the state.

        A function that publishes no versions is left alone: its deployed code is kept nowhere.
        """
        aws = self.session()
        deployed = [one for one in self.state(aws).resources(request.stack) if _publishes(one, request)]
        return tuple(_compared(_lambda(aws, request), deployed)) if deployed else ()

    def put_back(self, request: EngineRequest, changed: ChangedCode) -> None:
        """Upload the deployed code again, from a version that has it; publish it where somebody published another version."""
        functions, name = _lambda(self.session(), request), changed.function
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


def _lambda(aws: AwsSession, request: EngineRequest) -> Any:
    """Lambda in the account of the request, as whoever the request enters."""
    if not request.entrance.role_arn:
        return aws.client("lambda", request.region)
    keys = StsIdentity(aws).credentials(request.entrance, request.region).environment()
    return AwsSession(request.region, keys=keys).client("lambda")


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
            remedy=f"delete the function {name}, then run `deploy up --refresh`, which makes it again",
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
        raise NotReadyError(f"{what}: {error}", remedy="check the network from here to S3") from None
    if base64.b64encode(hashlib.sha256(content).digest()).decode() != changed.deployed:
        raise NotReadyError(f"{what}: what was downloaded is not the deployed code ({changed.deployed})")
    return content
