"""A deployed service shows that it works: by the answer that is expected of it, or by a command; anything else fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from deploy_driver.errors import NotReadyError
from deploy_driver.record.catalogue import NotSmokeTested, SmokeTested
from deploy_driver.run.deployer import chosen_smoke_test, smoke_test
from deploy_driver.values import ChosenSmokeTest, CommandCheck, HealthCheck, SmokeCheck, SmokeKind
from tests.fakes.prober import FakeProber
from tests.samples import stack

URL = "https://abc.execute-api.eu-central-1.amazonaws.com"
HEALTH = f"{URL}/health"
OUTPUTS = {"url": URL, "version": "7"}
HEALTHY = {"account": "222222222222", "stack": "dev", "version": "7"}
ITSELF = HealthCheck(expect=(("account", "{account}"), ("stack", "{stack}"), ("version", "{version}")), configured=True)
PYTEST = CommandCheck(("pytest", "-q", "smoke tests/"))


def shown(
    answer: Any = HEALTHY,
    check: SmokeCheck = ITSELF,
    outputs: dict[str, Any] | None = None,
    *,
    prober: FakeProber | None = None,
) -> SmokeTested:
    prober = prober or FakeProber({HEALTH: answer})
    event = smoke_test(prober, replace(stack(), smoke=check), OUTPUTS if outputs is None else outputs, lambda: False)
    assert isinstance(event, SmokeTested)
    return event


def test_a_service_that_answers_as_itself() -> None:
    prober = FakeProber({HEALTH: HEALTHY})
    made = smoke_test(prober, replace(stack(smoke_timeout=9), smoke=ITSELF), OUTPUTS, lambda: False)
    says = "answers 200: account 222222222222, stack dev, version 7"
    assert made == SmokeTested("dev", URL, "7", "222222222222", "health", HEALTH, says)
    assert prober.asked == [(HEALTH, 9)]


def test_a_version_may_be_a_number_on_either_side() -> None:
    assert shown(HEALTHY | {"version": 7}).version == "7"
    assert shown(outputs=OUTPUTS | {"version": 7}).version == "7"


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
        shown(HEALTHY | answer)
    assert caught.value.what == f"{HEALTH} answers, but {said}"


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(NotReadyError, match=r"account is None.*; stack is None.*; version is None"):
        shown({})


@pytest.mark.parametrize("answer", [None, [], "ok", 3])
def test_an_answer_that_is_no_object_is_enough_only_where_no_field_is_expected(answer: Any) -> None:
    assert shown(answer, HealthCheck()).says == "answers 200"
    with pytest.raises(NotReadyError, match="the answer is no JSON object"):
        shown(answer)


@pytest.mark.parametrize(
    ("expected", "right", "wrong"),
    [
        (True, True, 1),
        (True, True, "True"),
        (1, 1, True),
        (1, 1, "1"),
        ("True", "True", True),
        ("ok", "ok", ["ok"]),
        ("{stack} of {account}", "dev of 222222222222", "{stack} of {account}"),
        ("{other}", "{other}", ""),
    ],
)
def test_a_field_is_as_expected_in_value_and_type(expected: str | int | bool, right: Any, wrong: Any) -> None:
    check = HealthCheck(expect=(("is", expected),))
    assert shown({"is": right, "more": 1}, check).check is SmokeKind.HEALTH
    with pytest.raises(NotReadyError, match="is is "):
        shown({"is": wrong}, check)


def test_only_what_was_expected_is_confirmed() -> None:
    made = shown(check=HealthCheck(expect=(("stack", "{stack}"),)))
    assert (made.version, made.account, made.says) == ("", "", "answers 200: stack dev")


def test_another_path_and_another_status() -> None:
    check = HealthCheck("/status?deep=1", 401)
    url = f"{URL}/"
    assert shown(check=check, outputs={"url": url}, prober=FakeProber({f"{URL}/status?deep=1": None}, status=401))
    with pytest.raises(NotReadyError, match="its status is 200, expected 401"):
        shown(check=check, outputs={"url": url}, prober=FakeProber({f"{URL}/status?deep=1": None}))


def test_a_service_that_does_not_answer() -> None:
    with pytest.raises(NotReadyError, match="does not answer after 60 s"):
        shown(prober=FakeProber())


@pytest.mark.parametrize("outputs", [{}, {"url": ""}, {"url": None}, {"url": ["x"]}])
def test_a_stack_that_does_not_say_where_it_answers_fails_where_an_answer_is_asked_for(outputs: dict[str, Any]) -> None:
    with pytest.raises(NotReadyError, match="no output `url` to ask for /health") as caught:
        shown(outputs=outputs)
    assert "export `url`" in caught.value.remedy
    unasked = smoke_test(FakeProber(), stack(), outputs, lambda: False)
    assert unasked == NotSmokeTested("dev", "none is configured, and the stack has no output `url` to ask")


def test_a_version_is_expected_of_what_has_one() -> None:
    with pytest.raises(NotReadyError, match=r"`version` is expected to be '\{version\}', and the stack has no output"):
        shown(outputs={"url": URL})
    assert shown(check=HealthCheck(expect=(("stack", "{stack}"),)), outputs={"url": URL})


def test_nothing_is_asked_where_the_settings_say_so() -> None:
    prober = FakeProber({HEALTH: HEALTHY})
    event = smoke_test(prober, replace(stack(), smoke=None), OUTPUTS, lambda: False)
    assert event == NotSmokeTested("dev", 'deploy.toml says smoke = "none"')
    assert prober.asked == []


def test_a_command_that_ends_well_and_one_that_does_not() -> None:
    prober = FakeProber(commands={PYTEST.arguments: "3 passed in 0.10s"})
    made = shown(check=PYTEST, prober=prober)
    assert made.asks == "pytest -q 'smoke tests/'"
    assert made.says == "ended with exit code 0: 3 passed in 0.10s"
    assert prober.ran == [(PYTEST.arguments, OUTPUTS)]
    with pytest.raises(NotReadyError, match="exit code 1"):
        shown(check=PYTEST, prober=FakeProber())


def test_a_command_needs_no_address() -> None:
    assert shown(check=PYTEST, outputs={}, prober=FakeProber(commands={PYTEST.arguments: ""})).says == (
        "ended with exit code 0"
    )


@pytest.mark.parametrize(
    ("check", "outputs", "kind"),
    [
        (HealthCheck(), OUTPUTS, SmokeKind.HEALTH),
        (HealthCheck(), {}, SmokeKind.NONE),
        (ITSELF, {}, SmokeKind.HEALTH),
        (PYTEST, {}, SmokeKind.COMMAND),
        (None, OUTPUTS, SmokeKind.NONE),
    ],
)
def test_which_test_is_chosen(check: SmokeCheck, outputs: dict[str, Any], kind: SmokeKind) -> None:
    chosen = chosen_smoke_test(replace(stack(), smoke=check), outputs)
    assert isinstance(chosen, ChosenSmokeTest)
    assert chosen.kind is kind
