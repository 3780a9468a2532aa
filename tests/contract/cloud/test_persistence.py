"""Everything that a caller relies on is there again after a stop and a start, and goes on working."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox import lifecycle
from tests.contract.cloud import belongings
from tests.contract.cloud.outsider import Someone, at_instance, refusal
from tests.contract.cloud.records import delivered, look_up, wait_until
from tests.contract.cloud.service import get

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

pytestmark = pytest.mark.sandbox


@dataclass(frozen=True)
class Survivor:
    """The owner of an account that was stopped and started: what each part looked like before, and what it held."""

    owner: Someone
    before: Mapping[str, Any]
    url: str
    secret: bytes
    instance: Someone
    entered: Someone
    events: frozenset[str]


@pytest.fixture(scope="module")
def survivor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survivor]:
    home = tmp_path_factory.mktemp("sandbox")
    try:
        first = lifecycle.up(home)
        owner = Someone(first, belongings.ACCOUNT, "test")
        url = belongings.make(owner)
        assert get(f"{url}/health") == (200, "still here 1")
        instance = at_instance(first, "administrator")
        survivor = Survivor(
            owner=owner,
            before={part: look(owner) for part, look in belongings.LOOKS.items()},
            url=url,
            secret=owner.client("kms").encrypt(KeyId=belongings.KEY_ALIAS, Plaintext=b"secret")["CiphertextBlob"],
            instance=instance,
            entered=instance.become(f"arn:aws:iam::{belongings.ACCOUNT}:role/OrganizationAccountAccessRole"),
            events=frozenset(event["eventID"] for event in look_up(owner)),
        )
        lifecycle.down(home)
        assert lifecycle.up(home).endpoint == first.endpoint
        yield survivor
    finally:
        lifecycle.down(home)


@pytest.mark.parametrize("part", belongings.LOOKS)
def test_it_looks_as_before(survivor: Survivor, part: str) -> None:
    assert survivor.before[part]
    assert belongings.LOOKS[part](survivor.owner) == survivor.before[part]


def test_the_service_still_answers(survivor: Survivor) -> None:
    assert get(f"{survivor.url}/health") == (200, "still here 1")
    assert get(f"{survivor.url}/absent")[0] == 404


def test_what_was_encrypted_is_decrypted(survivor: Survivor) -> None:
    assert survivor.owner.client("kms").decrypt(CiphertextBlob=survivor.secret)["Plaintext"] == b"secret"


def test_trust_and_boundary_still_decide(survivor: Survivor) -> None:
    administrator = survivor.entered
    entered = administrator.become(belongings.ROLE, ExternalId=belongings.EXTERNAL_ID)
    entered.client("s3").list_buckets()
    code, message = refusal(lambda: entered.client("iam").list_users())
    assert (code, "no permissions boundary allows" in message) == ("AccessDenied", True)
    assert refusal(lambda: administrator.become(belongings.ROLE, ExternalId="another"))[0] == "AccessDenied"


def test_who_was_in_stays_in(survivor: Survivor) -> None:
    accounts = survivor.owner.sandbox.accounts
    assert survivor.instance.client("sts").get_caller_identity()["Account"] == accounts["tools"]
    assert survivor.entered.client("sts").get_caller_identity()["Account"] == accounts["dev"]
    assert at_instance(survivor.owner.sandbox, "administrator").client("sts").get_caller_identity()["Account"]


def test_the_trail_goes_on_delivering(survivor: Survivor) -> None:
    survivor.owner.client("logs").create_log_group(logGroupName="/after/the/restart")

    def seen() -> list[tuple[str, Any]]:
        files = delivered(survivor.owner, belongings.TRAIL_BUCKET)
        return [(record["eventName"], record["requestParameters"]) for records in files.values() for record in records]

    assert wait_until(lambda: ("CreateLogGroup", {"logGroupName": "/after/the/restart"}) in seen())
    assert "StartLogging" in {name for name, _parameters in seen()}


def test_the_history_goes_on(survivor: Survivor) -> None:
    known = {event["eventID"] for event in look_up(survivor.owner)}
    assert survivor.events
    assert survivor.events <= known
