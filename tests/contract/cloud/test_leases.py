"""Leases on S3: one of many takers gets one, a beat replaces what was seen, and who may only read can do no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from deploy_driver.adapters.leases import PREFIX, S3Leases
from deploy_driver.adapters.processes import ThisMachine
from deploy_driver.adapters.terminal import WallClock
from deploy_driver.errors import BusyError, NotReadyError
from deploy_driver.lease import LASTS, Holder
from deploy_driver.run.leasing import Leasing
from deploy_driver.values import Backend, Process
from tests.contract.cloud.outsider import Someone
from tests.contract.cloud.test_plan_key import REGION, TOOLS
from tests.contract.cloud.test_presence import Seat
from tests.fakes.leases import FakeProcesses
from tests.fakes.state import FakeState

pytestmark = pytest.mark.sandbox

HOLDER = Holder("20261123-0102-bbbbbb", "", Process("agent-1", "boot", 7, "70"), 100.0, 100.5, 1000.25)


@pytest.fixture
def leases_of(as_root: Callable[[str, str], Any], unique: str) -> Callable[[Someone], S3Leases]:
    as_root("tools", "s3").create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": REGION})
    backends = dict.fromkeys(("dev", "prod", "tools"), Backend(TOOLS, REGION, unique, "alias/none"))
    return lambda who: S3Leases(Seat(who, REGION), backends, "items")


def grants(bucket: str, *actions: str) -> list[Any]:
    """As Jenkins' roles have them."""
    kept = {"Effect": "Allow", "Action": list(actions), "Resource": f"arn:aws:s3:::{bucket}/{PREFIX}*"}
    listed = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"}
    return [kept, listed]


@pytest.fixture
def leases(leases_of: Callable[[Someone], S3Leases], someone: Callable[..., Someone], unique: str) -> S3Leases:
    return leases_of(someone("tools", *grants(unique, "s3:GetObject", "s3:PutObject")))


def test_a_lease_is_written_only_in_the_place_of_what_was_seen(
    leases: S3Leases, as_root: Callable[[str, str], Any], unique: str
) -> None:
    nothing = leases.read("dev")
    assert (nothing.holder, nothing.tag) == (None, "")
    assert abs(nothing.now - WallClock().now()) < 60
    first = leases.write("dev", HOLDER, "")
    assert first
    assert leases.write("dev", replace(HOLDER, run="other"), "") == ""
    assert leases.read("dev").holder == HOLDER
    later = replace(HOLDER, beat=200.0)
    second = leases.write("dev", later, first)
    assert leases.write("dev", replace(HOLDER, run="other"), first) == ""
    assert leases.write("dev", later, first) == second, "an earlier try of the same"
    assert (leases.read("dev").holder, leases.read("dev").tag) == (later, second)
    as_root("tools", "s3").delete_object(Bucket=unique, Key=f"{PREFIX}items/dev.json")
    assert leases.write("dev", HOLDER, second) == "", "there is nothing any more"
    assert leases.write("tools", HOLDER, "")
    assert as_root("tools", "s3").get_object(Bucket=unique, Key=f"{PREFIX}deploy-platform/tools.json")


def test_what_cannot_be_read_runs_out_as_if_it_could(
    leases: S3Leases, as_root: Callable[[str, str], Any], unique: str
) -> None:
    as_root("tools", "s3").put_object(Bucket=unique, Key=f"{PREFIX}items/dev.json", Body=b"<html>")
    seen = leases.read("dev")
    assert seen.holder
    assert seen.holder.expires == seen.holder.taken + LASTS
    assert abs(seen.holder.taken - seen.now) < 60
    newer = {**json.loads(b'{"run":"r","build":"","taken":1,"beat":2,"expires":3,"process":{"host":"h"}}'), "more": [1]}
    as_root("tools", "s3").put_object(Bucket=unique, Key=f"{PREFIX}items/dev.json", Body=json.dumps(newer).encode())
    assert leases.read("dev").holder == Holder("r", "", Process("h"), 1, 2, 3)


def test_who_may_only_read_reads_and_takes_nothing(
    leases_of: Callable[[Someone], S3Leases], leases: S3Leases, someone: Callable[..., Someone], unique: str
) -> None:
    leases.write("dev", HOLDER, "")
    reader = leases_of(someone("tools", *grants(unique, "s3:GetObject")))
    assert reader.read("dev").holder == HOLDER
    with pytest.raises(NotReadyError, match="writing the lease of prod: AccessDenied") as caught:
        reader.write("prod", HOLDER, "")
    assert "`deploy bootstrap --stacks tools`" in caught.value.remedy


def test_of_many_at_once_one_takes_both_stacks_and_all_others_are_told_who(leases: S3Leases) -> None:
    def run(number: int) -> str:
        processes = FakeProcesses(Process(f"agent-{number}", "boot", number, "1"))
        of = Leasing(leases, FakeState(), processes, WallClock(), lambda _: None, run=f"run-{number}")
        with of.holding(lambda: False) as held:
            try:
                held.take(["dev", "prod"])
                of.require(begin=True)
            except BusyError as error:
                busy.append(str(error))
                return ""
            finished.result()
            return f"run-{number}"

    busy: list[str] = []
    with ThreadPoolExecutor(max_workers=33) as pool:
        finished = pool.submit(_until, lambda: len(busy) == 31)
        won = [name for name in pool.map(run, range(32)) if name]
    assert len(won) == 1
    assert len(busy) == 31
    assert all(f"is being deployed by {won[0].replace('run-', 'run run-')}" in told for told in busy)
    assert [leases.read(stack).holder.released for stack in ("dev", "prod")] == [True, True]  # type: ignore[union-attr]


def _until(what: Callable[[], bool]) -> None:
    for _ in range(1200):
        if what():
            return
        WallClock().sleep(0.1)


def test_a_dead_process_of_this_machine_holds_nothing(leases: S3Leases) -> None:
    now = leases.read("dev").now
    gone = replace(ThisMachine().me, started="1")
    assert leases.write("dev", Holder("killed", "", gone, now, now, now + LASTS), "")
    mine = Leasing(leases, FakeState(), ThisMachine(), WallClock(), lambda _: None, run="next")
    with mine.holding(lambda: False) as held:
        held.take(["dev"])
        assert leases.read("dev").holder.run == "next"  # type: ignore[union-attr]
