"""New roles refuse for a while, because IAM is eventually consistent; a role that goes on refusing is wrong."""

from __future__ import annotations

import pytest

from deploy_driver.app.bootstrap import LIMIT, PAUSE, wait_until_assumable
from deploy_driver.errors import NotReadyError
from deploy_driver.plan.plan import Step
from deploy_driver.record.catalogue import CheckPassed, Progress
from deploy_driver.values import Operation
from deploy_project.accounts import EnterAs
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder
from tests.fakes.identity import FakeIdentity
from tests.samples import ACCOUNTS, access_stack, facts

STEPS = [Step(access_stack(), Operation.UP, enter_as) for enter_as in (EnterAs.DEPLOYMENT, EnterAs.PREVIEW)]


def denied(times: int) -> list[NotReadyError]:
    return [NotReadyError(f"AccessDenied {number}") for number in range(times)]


def test_a_role_that_lets_us_in_at_once_costs_no_time() -> None:
    clock, said = FakeClock(), Recorder()
    wait_until_assumable(FakeIdentity(), STEPS, facts(), clock, said)
    assert clock.slept == []
    assert [(event.stack, event.account) for event in said.of(CheckPassed)] == [("dev-access", ACCOUNTS["dev"])] * 2


def test_a_role_that_refuses_four_times_is_asked_a_fifth_time() -> None:
    clock, said = FakeClock(), Recorder()
    identity = FakeIdentity(refusals={"items-dev-deployment": denied(4)})
    wait_until_assumable(identity, STEPS, facts(), clock, said)
    assert clock.slept == [PAUSE] * 4
    assert len(identity.entered) == 6
    told = [event.message for event in said.of(Progress)]
    assert len(told) == 4
    assert "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment" in told[0]
    assert "AccessDenied 0" in told[0]


def test_a_role_that_refuses_for_good_is_given_up_with_the_last_reason() -> None:
    clock = FakeClock()
    begun = clock.now()
    tries = LIMIT // PAUSE
    identity = FakeIdentity(refusals={"items-dev-preview": denied(tries + 1)})
    with pytest.raises(NotReadyError, match=f"AccessDenied {tries}"):
        wait_until_assumable(identity, STEPS, facts(), clock, Recorder())
    assert clock.now() - begun == LIMIT


def test_the_limit_is_for_all_roles_together() -> None:
    half = LIMIT // PAUSE // 2
    refusals = {"items-dev-deployment": denied(half), "items-dev-preview": denied(half + 1)}
    with pytest.raises(NotReadyError):
        wait_until_assumable(FakeIdentity(refusals=refusals), STEPS, facts(), FakeClock(), Recorder())


def test_without_new_roles_there_is_nothing_to_wait_for() -> None:
    identity = FakeIdentity()
    wait_until_assumable(identity, [], facts(), FakeClock(), Recorder())
    assert identity.entered == []
