"""The deployed service answers as itself, from its own account, in the version just deployed; anything else fails."""

from __future__ import annotations

from typing import Any

import pytest

from deploy_driver.errors import NotReadyError
from deploy_driver.run.deployer import smoke_test
from tests.fakes.prober import FakeProber
from tests.samples import stack

URL = "https://abc.execute-api.eu-central-1.amazonaws.com"
OUTPUTS = {"url": URL, "version": "7"}
HEALTHY = {"account": "222222222222", "stack": "dev", "version": "7"}


def test_a_service_that_answers_as_itself() -> None:
    prober = FakeProber({URL: HEALTHY})
    tested = smoke_test(prober, stack(smoke_timeout=9), OUTPUTS)
    assert (tested.stack, tested.url, tested.version, tested.account) == ("dev", URL, "7", "222222222222")
    assert prober.asked == [(URL, 9)]


def test_a_version_may_be_a_number_on_either_side() -> None:
    smoke_test(FakeProber({URL: HEALTHY | {"version": 7}}), stack(), OUTPUTS)
    smoke_test(FakeProber({URL: HEALTHY}), stack(), OUTPUTS | {"version": 7})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"account": "333333333333"}, "account is '333333333333', expected '222222222222'"),
        ({"stack": "staging"}, "stack is 'staging', expected 'dev'"),
        ({"version": "6"}, "version is '6', expected '7'"),
        ({"version": None}, "version is None, expected '7'"),
    ],
)
def test_a_service_that_answers_as_somebody_else(answer: dict[str, Any], said: str) -> None:
    with pytest.raises(NotReadyError) as caught:
        smoke_test(FakeProber({URL: HEALTHY | answer}), stack(), OUTPUTS)
    assert caught.value.what == f"{URL}/health answers, but {said}"


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(NotReadyError, match=r"account is None.*; stack is None.*; version is None"):
        smoke_test(FakeProber({URL: {}}), stack(), OUTPUTS)


def test_a_service_that_does_not_answer() -> None:
    with pytest.raises(NotReadyError, match="does not answer after 60 s"):
        smoke_test(FakeProber(), stack(), OUTPUTS)


@pytest.mark.parametrize("outputs", [{}, {"url": ""}, {"url": None}, {"url": ["x"]}])
def test_a_stack_that_does_not_say_where_it_answers(outputs: dict[str, Any]) -> None:
    with pytest.raises(NotReadyError, match="no output `url`") as caught:
        smoke_test(FakeProber(), stack(), outputs)
    assert "export `url`" in caught.value.remedy
