"""What the program does not name gets a name as pulumi-aws makes one up, keeps it, and obeys `pulumi:autonaming`."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox.plugin import protocol
from deploy_sandbox.plugin.autonaming import DEFAULTS, Autonaming, Naming, named
from deploy_sandbox.plugin.check import checked
from deploy_sandbox.plugin.registry import resource_type
from tests.contract.plugin.all_types import all_types

if TYPE_CHECKING:
    from tests.contract.plugin.engine import Engine

ROLE = resource_type("aws:iam/role:Role")
BUCKET = resource_type("aws:s3/bucket:Bucket")
QUEUE = resource_type("aws:sqs/queue:Queue")
TRUST = {"assumeRolePolicy": json.dumps({"Statement": []})}
HERE = Naming(logical="Orders", seed=b"seed")
_options = protocol.provider.CheckRequest.AutonamingOptions


def name_of(kind: Any, naming: Naming, **given: Any) -> str | None:
    made = named(kind, given, naming)
    return made[1] if made else None


@pytest.mark.parametrize(
    "kind", [one for one in all_types() if any(p.names for p in one.inputs)], ids=lambda k: k.token
)
def test_every_type_that_has_a_name_gets_one(kind: Any) -> None:
    made = name_of(kind, HERE)
    assert re.fullmatch(r"[Oo]rders-[0-9a-f]{7}", str(made))


def test_a_name_that_is_given_stays() -> None:
    assert name_of(ROLE, HERE, name="mine") is None
    assert checked(ROLE, {**TRUST, "name": "mine"}, {}, HERE)[0]["name"] == "mine"


def test_a_type_without_a_name_gets_none() -> None:
    assert name_of(resource_type("aws:apigatewayv2/route:Route"), HERE) is None


def test_the_seed_decides() -> None:
    other = Naming(logical="Orders", seed=b"other")
    assert name_of(ROLE, HERE) == name_of(ROLE, HERE) != name_of(ROLE, other)


def test_an_update_keeps_the_name_that_was_made_up() -> None:
    first, _ = checked(ROLE, TRUST, {}, HERE)
    assert "name" in first[DEFAULTS]
    again, _ = checked(ROLE, TRUST, {}, Naming(logical="Orders", old=first, seed=b"other"))
    assert again["name"] == first["name"]
    assert again[DEFAULTS] == first[DEFAULTS]


def test_a_name_that_the_program_took_away_is_not_kept() -> None:
    old, _ = checked(ROLE, {**TRUST, "name": "mine"}, {}, HERE)
    assert name_of(ROLE, Naming(logical="Orders", old=old, seed=b"seed")) == name_of(ROLE, HERE)


def test_a_bucket_is_lower_case_and_a_fifo_queue_ends_as_such() -> None:
    assert str(name_of(BUCKET, HERE)).startswith("orders-")
    assert re.fullmatch(r"Orders-[0-9a-f]{7}\.fifo", str(name_of(QUEUE, HERE, fifoQueue=True)))
    assert not str(name_of(QUEUE, HERE, fifoQueue=False)).endswith(".fifo")


def test_a_name_that_would_be_too_long_is_refused() -> None:
    fits, over = (Naming(logical="r" * length, seed=b"") for length in (56, 57))
    assert len(str(name_of(ROLE, fits))) == 64
    _, (failure,) = checked(ROLE, TRUST, {}, over)
    assert "longer than 64 characters" in failure.reason


@pytest.mark.parametrize(
    ("mode", "made"),
    [(Autonaming.PROPOSE, "acme-orders"), (Autonaming.ENFORCE, "Acme-Orders"), (Autonaming.DISABLE, None)],
)
def test_what_the_project_says_is_done(mode: Autonaming, made: str | None) -> None:
    naming = Naming(logical="Orders", seed=b"seed", mode=mode, proposed="Acme-Orders")
    assert name_of(BUCKET, naming) == made


@pytest.mark.sandbox
class TestOverTheProtocol:
    def test_the_engine_gets_a_name(self, dev: Engine) -> None:
        inputs, failures = dev.check(ROLE.token, TRUST, randomSeed=b"seed")
        assert failures == {}
        assert re.fullmatch(r"thing-[0-9a-f]{7}", inputs["name"])
        assert dev.check(ROLE.token, TRUST, inputs, randomSeed=b"other")[0]["name"] == inputs["name"]

    def test_the_options_arrive(self, dev: Engine) -> None:
        enforced = _options(proposed_name="ours", mode=_options.ENFORCE)
        assert dev.check(ROLE.token, TRUST, autonaming=enforced)[0]["name"] == "ours"
        _, failures = dev.check(ROLE.token, TRUST, autonaming=_options(mode=_options.DISABLE))
        assert "auto-naming is off" in failures["name"]
