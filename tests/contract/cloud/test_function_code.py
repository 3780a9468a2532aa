"""Is a function's code what was deployed, and is it put back: asked of Lambda itself."""

from __future__ import annotations

import base64
import hashlib
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.functions import LambdaCode
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Backend, EngineRequest, LiveAlias
from tests.carried import gone, printed, said
from tests.contract.cloud.outsider import trusting, zipped
from tests.contract.cloud.test_presence import Seat
from tests.fakes.state import FakeState

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.accounts import Sandbox
    from tests.contract.cloud.outsider import Someone

LAMBDA = trusting({"Service": "lambda.amazonaws.com"})
URN = "urn:pulumi:dev::items::aws:lambda/function:Function::items"
ALIAS = "urn:pulumi:dev::items::aws:lambda/alias:Alias::items"


def digest(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


OURS, OTHERS = zipped("def answer(*_): return 1"), zipped("def answer(*_): return 2")


@dataclass
class Deployed:
    """A function whose version 1 a run deployed, and the adapter that is asked about it."""

    client: Any
    name: str
    seat: Seat
    state: FakeState

    @property
    def code(self) -> LambdaCode:
        return LambdaCode(self.seat, self.state)

    def request(self, *targets: str) -> EngineRequest:
        backend = Backend("111111111111", "eu-central-1", "b", "alias/k")
        return EngineRequest("dev", Path(), {}, {}, backend, targets=targets, region="eu-central-1")

    def versions(self) -> list[tuple[str, str]]:
        found = self.client.list_versions_by_function(FunctionName=self.name)["Versions"]
        return [(one["Version"], one["CodeSha256"]) for one in found]

    def by_hand(self, *, publish: bool) -> None:
        self.client.update_function_code(FunctionName=self.name, ZipFile=OTHERS)
        if publish:
            self.client.publish_version(FunctionName=self.name)

    def put_back(self) -> list[tuple[str, str]]:
        (changed,) = self.code.changed(self.request())
        self.code.put_back(self.request(), changed)
        return self.versions()


@pytest.fixture
def deployed(
    as_root: Callable[[str, str], Any], root: Callable[[str], Someone], make_role: Any, unique: str, sandbox: Sandbox
) -> Deployed:
    client = as_root("dev", "lambda")
    client.create_function(
        FunctionName=unique,
        Role=make_role("dev", LAMBDA),
        Runtime="python3.13",
        Handler="index.answer",
        Architectures=["arm64"],
        Code={"ZipFile": OURS},
        Publish=True,
    )
    outputs = {"name": unique, "publish": True, "codeSha256": digest(OURS), "version": "1"}
    resource = {"type": "aws:lambda/function:Function", "urn": URN, "outputs": outputs}
    other = {"type": "aws:s3/bucket:Bucket", "urn": "u"}
    return Deployed(client, unique, Seat(root("dev"), sandbox.region), FakeState(listed={"dev": (other, resource)}))


def test_what_was_deployed_is_not_changed(deployed: Deployed) -> None:
    assert deployed.code.changed(deployed.request()) == ()


def test_code_that_was_not_published_is_put_back_and_no_version_is_made(deployed: Deployed) -> None:
    deployed.by_hand(publish=False)
    assert deployed.put_back() == [("$LATEST", digest(OURS)), ("1", digest(OURS))]
    assert deployed.code.changed(deployed.request()) == ()
    found = deployed.client.get_function_configuration(FunctionName=deployed.name)
    assert found["Architectures"] == ["arm64"]


@pytest.mark.parametrize("reverted", [False, True], ids=["as published", "code put back by hand"])
def test_after_a_version_of_others_comes_one_of_ours(deployed: Deployed, reverted: bool) -> None:
    deployed.by_hand(publish=True)
    if reverted:
        deployed.client.update_function_code(FunctionName=deployed.name, ZipFile=OURS)
    assert deployed.put_back() == [
        *(("$LATEST", digest(OURS)), ("1", digest(OURS))),
        *(("2", digest(OTHERS)), ("3", digest(OURS))),
    ]


def test_only_the_targets_are_asked_about(deployed: Deployed) -> None:
    deployed.by_hand(publish=True)
    assert deployed.code.changed(deployed.request("urn:of:another")) == ()
    assert len(deployed.code.changed(deployed.request("urn:of:another", URN))) == 1


def test_a_function_that_is_gone_or_publishes_nothing_is_left_to_the_engine(deployed: Deployed) -> None:
    (_, resource) = deployed.state.listed["dev"]
    quiet = {**resource, "outputs": {**resource["outputs"], "publish": False}}
    deployed.by_hand(publish=True)
    deployed.state.listed = {"dev": (quiet,)}
    assert deployed.code.changed(deployed.request()) == ()
    deployed.state.listed = {"dev": (resource,)}
    deployed.client.delete_function(FunctionName=deployed.name)
    assert deployed.code.changed(deployed.request()) == ()


def test_where_no_version_has_the_deployed_code_there_is_a_way_out(deployed: Deployed) -> None:
    deployed.by_hand(publish=True)
    deployed.client.delete_function(FunctionName=deployed.name, Qualifier="1")
    with pytest.raises(NotReadyError, match="no version has the code that was deployed") as refused:
        deployed.code.changed(deployed.request())
    assert printed(remedies.DELETE_FUNCTION, refused.value.remedy)["name"] == deployed.name
    deployed.client.delete_function(FunctionName=deployed.name)
    gone(remedies.DELETE_FUNCTION, said(lambda: deployed.code.changed(deployed.request())))
    assert deployed.code.changed(deployed.request()) == ()


def test_the_link_to_a_versions_code_leads_to_that_version(deployed: Deployed) -> None:
    """AWS: the deployment package of the function or version; the emulator's own link led to `$LATEST` always."""
    deployed.by_hand(publish=False)

    def behind(**qualifier: str) -> str:
        address = deployed.client.get_function(FunctionName=deployed.name, **qualifier)["Code"]["Location"]
        with urllib.request.urlopen(address, timeout=10) as answer:
            return digest(answer.read())

    assert behind() == digest(OTHERS)
    assert behind(Qualifier="1") == digest(OURS)


def aliased(deployed: Deployed, version: str = "1") -> LiveAlias:
    """The alias `live`, which a run has led to that version; as the state has it."""
    deployed.client.create_alias(FunctionName=deployed.name, Name="live", FunctionVersion=version)
    outputs = {"name": "live", "functionName": deployed.name, "functionVersion": version}
    alias = {"type": "aws:lambda/alias:Alias", "urn": ALIAS, "outputs": outputs}
    deployed.state.listed = {"dev": (*deployed.state.listed["dev"], alias)}
    return LiveAlias(ALIAS, deployed.name, "live", version, digest(OURS))


def led(deployed: Deployed) -> str:
    return str(deployed.client.get_alias(FunctionName=deployed.name, Name="live")["FunctionVersion"])


def test_an_alias_of_the_state_leads_where_it_was_led_or_elsewhere(deployed: Deployed) -> None:
    ours, request = aliased(deployed), deployed.request()
    assert deployed.code.live(request) == (ours,)
    assert deployed.code.live(deployed.request("urn:of:another")) == ()
    assert deployed.code.elsewhere(request, [ours]) == {}
    deployed.by_hand(publish=True)
    deployed.client.update_alias(FunctionName=deployed.name, Name="live", FunctionVersion="2")
    assert deployed.code.elsewhere(request, [ours]) == {ours: "2"}
    deployed.code.lead(request, ours)
    assert led(deployed) == "1"
    assert deployed.code.elsewhere(request, [ours]) == {}


def test_an_alias_that_is_gone_or_leads_to_several_versions_is_left_to_the_engine(deployed: Deployed) -> None:
    ours, request = aliased(deployed), deployed.request()
    deployed.by_hand(publish=True)
    shared = {"AdditionalVersionWeights": {"1": 0.5}}
    deployed.client.update_alias(FunctionName=deployed.name, Name="live", FunctionVersion="2", RoutingConfig=shared)
    assert deployed.code.elsewhere(request, [ours]) == {}
    deployed.client.delete_alias(FunctionName=deployed.name, Name="live")
    assert deployed.code.elsewhere(request, [ours]) == {}


def test_no_alias_is_led_to_a_version_that_is_not_what_it_was(deployed: Deployed) -> None:
    ours = aliased(deployed)
    deployed.by_hand(publish=True)
    theirs = LiveAlias(ALIAS, deployed.name, "live", "2", digest(OURS))
    for wanted in (theirs, LiveAlias(ALIAS, deployed.name, "live", "7", digest(OURS))):
        with pytest.raises(NotReadyError, match=f"has no version {wanted.version} with the code"):
            deployed.code.lead(deployed.request(), wanted)
    assert led(deployed) == ours.version
