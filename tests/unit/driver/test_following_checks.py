"""What is said when a check, an upload or a smoke test refuses, done: it does not refuse any more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy_driver import remedies
from deploy_driver.bundle.seal import Sealed, seal, unseal
from deploy_driver.config.root import RUNNING, require_own_driver
from deploy_driver.plan.plan import Plan, make_plan
from deploy_driver.run.deployer import smoke_test
from deploy_driver.run.preflight import Preflight
from deploy_driver.values import HealthCheck, Operation, SmokeCheck
from deploy_project.remedy import Remedy
from tests.carried import gone, is_helped, printed, said
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder
from tests.fakes.identity import JENKINS, FakeIdentity
from tests.fakes.plan_key import FakePlanKey
from tests.fakes.prober import FakeProber
from tests.fakes.state import FakeState
from tests.reviews import BUNDLE, DOCUMENT
from tests.samples import access_stack, chain, facts, stack, tools_stack
from tests.unit.driver.test_deployer import World
from tests.unit.driver.test_uploads import B, Run, handing, upload


def looks(identity: FakeIdentity, state: FakeState, plan: Plan | None = None) -> Callable[[], object]:
    preflight = Preflight(identity, state, Recorder(), FakeClock())
    return lambda: preflight.require(plan or make_plan(Operation.UP, chain()), facts())


def test_a_role_of_another_account_is_corrected() -> None:
    elsewhere = FakeIdentity(leads_to={"items-staging-deployment": "999999999999"})
    is_helped(remedies.CORRECT_ACCOUNT_OR_ROLE, looks(elsewhere, FakeState()), looks(FakeIdentity(), FakeState()))


def test_credentials_are_replaced_by_some_that_last() -> None:
    state, now = FakeState(lasted={"dev": 240.0}), FakeClock().now()
    short, long = (FakeIdentity(me=replace(JENKINS, ends=now + left)) for left in (200, 3600))
    is_helped(remedies.LONGER_GIVEN_CREDENTIALS, looks(short, state), looks(long, state))


def test_what_an_access_layer_carries_is_destroyed_first() -> None:
    access = replace(access_stack(), needs=("tools",))
    service = replace(stack(), needs=(access.name,))
    plan = make_plan(Operation.DESTROY, [access], known=[tools_stack(), access, service])
    refused = said(looks(FakeIdentity(), FakeState(stacks=("dev", "dev-access")), plan))
    [(_, verb, _, first)] = printed(remedies.DESTROY_FIRST, refused).commands
    assert verb == "destroy"
    left = tuple(name for name in ("dev", "dev-access") if name not in first.split(","))
    gone(remedies.DESTROY_FIRST, said(looks(FakeIdentity(), FakeState(stacks=left), plan)))


def test_a_copied_folder_runs_its_own_driver(tmp_path: Path) -> None:
    own, other = (tmp_path / name / "driver" / RUNNING.name for name in ("copy", "old"))
    own.mkdir(parents=True)
    is_helped(
        remedies.COPIED_FOLDER,
        lambda: require_own_driver(tmp_path / "copy", other),
        lambda: require_own_driver(tmp_path / "copy", own),
    )


def test_a_plan_is_taken_as_it_was_saved() -> None:
    key = FakePlanKey()
    saved = seal(BUNDLE, DOCUMENT, key)
    edited = Sealed(saved.content + b" ", saved.signature, saved.document)
    is_helped(remedies.AS_SAVED, lambda: unseal(edited, key), lambda: unseal(saved, key))


ASKED = HealthCheck(expect=(("version", "{version}"),), configured=True)
URL = "https://abc.execute-api.eu-central-1.amazonaws.com"


def smoke_tests(outputs: Mapping[str, Any], check: SmokeCheck | None = ASKED) -> Callable[[], object]:
    prober = FakeProber({f"{URL}/health": {"version": "7"}})
    return lambda: smoke_test(prober, replace(stack(), smoke=check), outputs, lambda: False)


@pytest.mark.parametrize(
    ("remedy", "outputs", "after"),
    [
        (remedies.EXPORT_URL, {"version": "7"}, smoke_tests({"version": "7", "url": URL})),
        (remedies.EXPORT_URL, {"version": "7"}, smoke_tests({"version": "7"}, None)),
        (remedies.EXPORT_VERSION, {"url": URL}, smoke_tests({"version": "7", "url": URL})),
        (remedies.EXPORT_VERSION, {"url": URL}, smoke_tests({"url": URL}, HealthCheck(configured=True))),
    ],
)
def test_what_a_smoke_test_needs_is_exported_or_not_asked_for(
    remedy: Remedy, outputs: Mapping[str, Any], after: Callable[[], object]
) -> None:
    is_helped(remedy, smoke_tests(outputs), after)


def test_a_service_is_expected_to_answer_what_its_logs_say_that_it_does() -> None:
    def deploys(version: str) -> str:
        asked = replace(stack(), smoke=HealthCheck(expect=(("version", version),)))
        return World().run(Operation.UP, asked).steps[0].remedy

    assert printed(remedies.SERVICE_LOGS, deploys("8"))["account"] == stack().account
    gone(remedies.SERVICE_LOGS, deploys("7"))
    assert deploys("7") == ""


def test_a_package_that_is_built_once_is_the_same_everywhere() -> None:
    ended = []
    for package in (B, upload().digest):
        staging = handing(upload(package, "staging"))
        run = Run({("up", "dev"): handing(upload()), ("preview", "staging"): staging, ("up", "staging"): staging})
        run.up()
        run.preview("staging")
        ended.append(run.up("staging").remedy)
    printed(remedies.BUILD_ONCE, ended[0])
    gone(remedies.BUILD_ONCE, ended[1])


def test_what_was_changed_while_it_was_uploaded_is_deployed_again() -> None:
    run = Run({("up", "dev"): handing(upload(path="a.zip"))}, {"a.zip": f"sha256:{B}"})
    printed(remedies.LOOK_AND_DEPLOY_AGAIN, run.up().remedy)
    again = Run({("up", "dev"): handing(upload(B, path="a.zip"))}, {"a.zip": f"sha256:{B}"})
    gone(remedies.LOOK_AND_DEPLOY_AGAIN, again.up().remedy)
