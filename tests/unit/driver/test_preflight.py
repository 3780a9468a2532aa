"""Everything is looked at before anything is touched, and all that is wrong is said at once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from deploy_driver import remedies
from deploy_driver.errors import ExitCode, NotReadyError, RefusedError
from deploy_driver.plan.plan import Plan, make_plan
from deploy_driver.record.catalogue import CheckFailed, CheckPassed, CheckStarted, Diagnostic
from deploy_driver.run.preflight import Preflight
from deploy_driver.values import Caller, Copy, Operation, Soak
from deploy_project.remedy import Remedy
from tests.carried import gone, printed
from tests.checkpoints import Document, checkpoint, content, resource, with_pending
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder
from tests.fakes.identity import JENKINS, FakeIdentity
from tests.fakes.leases import FakeLeases, leasing, lock
from tests.fakes.state import FakeState
from tests.samples import ACCOUNTS, RUN, access_stack, chain, facts, stack, tools_stack

PLAN = make_plan(Operation.UP, chain())


def required(identity: FakeIdentity, state: FakeState | None, said: Recorder) -> None:
    with leasing(state=state, said=said).holding(lambda: False) as writers:
        Preflight(identity, state, said, FakeClock()).require(PLAN, facts(), writers)


def refused(identity: FakeIdentity, state: FakeState | None, said: Recorder | None = None) -> NotReadyError:
    with pytest.raises(NotReadyError) as caught:
        required(identity, state, said or Recorder())
    assert caught.value.exit_code is ExitCode.NOT_READY
    assert "nothing was touched" in caught.value.what
    return caught.value


def test_when_all_is_well_every_fact_is_said() -> None:
    said = Recorder()
    required(FakeIdentity(), FakeState(), said)
    passed = sorted((event.check, event.stack) for event in said.of(CheckPassed))
    assert passed == [
        ("identity", ""),
        ("lease", ""),
        ("lock", "dev"),
        ("lock", "prod"),
        ("lock", "staging"),
        ("role", "dev"),
        ("role", "prod"),
        ("role", "staging"),
        ("session", ""),
        ("state", ""),
        ("state", "dev"),
        ("state", "prod"),
        ("state", "staging"),
    ]
    assert len(said.of(CheckStarted)) == len(passed)
    assert said.of(CheckFailed) == []


def test_every_role_is_entered_as_the_run_will_enter_it() -> None:
    identity = FakeIdentity()
    Preflight(identity, FakeState(), Recorder(), FakeClock()).require(PLAN, facts())
    entered = {entrance.role_arn: entrance for entrance in identity.entered}
    dev = entered["arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment"]
    assert len(entered) == 3
    assert (dev.external_id, dev.session_name) == ("items-dev-5f0c0e1b", f"items-dev-b42-{RUN}")


def test_all_that_is_wrong_is_said_at_once_each_with_its_stack_and_all_ways_out() -> None:
    identity = FakeIdentity(
        refusals={"items-dev-deployment": [NotReadyError("AccessDenied", remedy=Remedy("compare the trust policy"))]},
        leads_to={"items-staging-deployment": "999999999999"},
    )
    state = FakeState(held={"prod": (lock(),)})
    said = Recorder()
    error = refused(identity, state, said)
    elsewhere = "arn:aws:iam::333333333333:role/deploy/deployment/items-staging-deployment is in account 999999999999"
    assert error.what == "3 checks failed; nothing was touched"
    assert error.detail == (
        "dev: role: AccessDenied",
        f"staging: role: {elsewhere}, but Pulumi.staging.yaml says deploy:account is 333333333333",
        "prod: lock: the stack is locked by jenkins@agent-3 (pid 77)",
    )
    for remedy in (
        "compare the trust policy",
        "correct deploy:account",
        "`deploy exec --stack prod -- pulumi cancel --yes`",
    ):
        assert remedy in error.remedy
    assert len(said.of(CheckFailed)) == 3


def test_the_same_way_out_is_said_once() -> None:
    refusals = {
        f"items-{env}-deployment": [NotReadyError("no", remedy=Remedy("bootstrap"))] for env in ("dev", "staging")
    }
    assert refused(FakeIdentity(refusals=refusals), FakeState()).remedy == "bootstrap"


def test_without_credentials_nothing_else_is_asked() -> None:
    identity = FakeIdentity(
        broken=NotReadyError("there are no AWS credentials on this machine", remedy=Remedy("find some"))
    )
    state = FakeState()
    error = refused(identity, state)
    assert error.what == "1 check failed; nothing was touched"
    assert identity.entered == []
    assert state.asked == []


def test_an_identity_of_another_account_is_refused_and_of_the_tools_account_it_is_not() -> None:
    stranger = Caller("999999999999", "arn:aws:iam::999999999999:user/me")
    error = refused(FakeIdentity(me=stranger), FakeState())
    assert "we are arn:aws:iam::999999999999:user/me in account 999999999999" in error.detail[0]
    assert "expected account 111111111111 (tools)" in error.detail[0]
    assert "ambient AWS profile" in error.remedy
    Preflight(FakeIdentity(), FakeState(), Recorder(), FakeClock()).require(PLAN, facts())


def test_a_lock_is_in_the_way_of_changes_and_not_of_a_preview() -> None:
    locked = FakeState(held={"dev": (lock(),)})
    assert "dev: lock: the stack is locked by jenkins@agent-3 (pid 77)" in refused(FakeIdentity(), locked).detail
    preview = make_plan(Operation.PREVIEW, chain())
    Preflight(FakeIdentity(), locked, Recorder(), FakeClock()).admit(preview, facts())


def test_what_cannot_be_taken_without_a_backend_is_not_asked_for_and_the_rest_is() -> None:
    identity = FakeIdentity(refusals={"items-dev-deployment": [NotReadyError("AccessDenied")]})
    said = Recorder()
    error = refused(identity, FakeState(NotReadyError("NoSuchBucket", remedy=Remedy("bootstrap"))), said)
    assert (error.detail, error.remedy) == (("state: NoSuchBucket", "dev: role: AccessDenied"), "bootstrap")
    assert not {"lease", "lock"} & {event.check for event in said.of(CheckStarted)}


def test_a_stack_that_another_run_holds_is_said_with_all_else_that_is_wrong() -> None:
    leases, state = FakeLeases(), FakeState()
    identity = FakeIdentity(refusals={"items-dev-deployment": [NotReadyError("AccessDenied")]})
    with leasing(leases, run="first").holding(lambda: False) as first, leasing(leases).holding(lambda: False) as second:
        first.take(["prod"])
        with pytest.raises(NotReadyError) as caught:
            Preflight(identity, state, Recorder(), FakeClock()).require(PLAN, facts(), second)
    held = "lease: prod is being deployed by run first on agent-1 (pid 100), https://jenkins.example/job/items/7/, for 0 s, "
    assert caught.value.detail == (f"{held}last heard of 0 s ago", "dev: role: AccessDenied")
    assert "--lock-timeout 10m" in caught.value.remedy


def test_whom_aws_says_we_are_is_on_record_beside_the_words_for_it() -> None:
    said = Recorder()
    required(FakeIdentity(), FakeState(), said)
    found = {(event.check, event.stack): (event.account, event.arn) for event in said.of(CheckPassed)}
    machine = FakeIdentity().caller()
    assert found["identity", ""] == (machine.account, machine.arn)
    assert found["role", "prod"][0] == ACCOUNTS["prod"]
    assert ":assumed-role/items-prod-" in found["role", "prod"][1]
    assert found["lock", "prod"] == ("", "")


def test_before_bootstrap_there_is_no_backend_to_ask() -> None:
    said = Recorder()
    plan = make_plan(Operation.UP, [tools_stack(), access_stack()])
    Preflight(FakeIdentity(), None, said, FakeClock()).require(plan, facts())
    assert {event.check for event in said.of(CheckPassed)} == {"identity", "role"}


def test_nobody_changes_role_in_the_tools_account() -> None:
    identity = FakeIdentity()
    Preflight(identity, FakeState(), Recorder(), FakeClock()).require(make_plan(Operation.UP, [tools_stack()]), facts())
    assert identity.entered == []


def test_a_bug_in_a_check_is_not_taken_for_a_finding() -> None:
    def break_down(_entrance: object) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Preflight(FakeIdentity(on_assume=break_down), FakeState(), Recorder(), FakeClock()).require(PLAN, facts())


@pytest.mark.parametrize(("existing", "allowed"), [(("dev", "dev-access"), False), (("dev-access",), True)])
def test_an_access_layer_is_destroyed_only_when_nothing_stands_on_it(existing: tuple[str, ...], allowed: bool) -> None:
    access = replace(access_stack(), needs=("tools",))
    service = replace(stack(), needs=(access.name,))
    plan = make_plan(Operation.DESTROY, [access], known=[tools_stack(), access, service])
    preflight = Preflight(FakeIdentity(), FakeState(stacks=existing), Recorder(), FakeClock())
    if allowed:
        preflight.require(plan, facts())
        return
    with pytest.raises(RefusedError) as caught:
        preflight.require(plan, facts())
    assert caught.value.exit_code is ExitCode.REFUSED
    assert "dev-access carries dev" in str(caught.value)
    assert "--stacks dev" in caught.value.remedy


def kept(env: str, document: Document, moment: float = 1.0, version: str = "") -> dict[Copy, bytes]:
    return {Copy(f".pulumi/backups/items/{env}/{env}.{moment:.0f}.json", moment, version): content(document)}


def test_every_state_is_judged_before_anything_is_touched_and_what_is_whole_passes() -> None:
    said, states = Recorder(), {one.name: content(checkpoint(one)) for one in chain()}
    admitted = Preflight(FakeIdentity(), FakeState(contents=states), said, FakeClock()).require(PLAN, facts())
    assert {name: len(judged.resources) for name, judged in admitted.states.items()} == {
        "dev": 3,
        "staging": 3,
        "prod": 3,
    }
    assert "is this stack's and whole, 3 resources" in {event.fact for event in said.of(CheckPassed)}


def test_a_state_that_is_another_stacks_is_refused_with_the_newest_good_copy_and_the_way_back() -> None:
    dev, staging = stack("dev"), stack("staging")
    good, older = kept("staging", checkpoint(staging), 1795395720.0), kept("staging", checkpoint(staging), 7.0)
    bad = kept("staging", checkpoint(dev), 1795395721.0)
    state = FakeState(contents={"staging": content(checkpoint(dev))}, kept={"staging": {**older, **bad, **good}})
    error = refused(FakeIdentity(), state)
    assert "staging: state: the state is not fit to deploy with" in error.detail[0]
    assert "it is the state of organization/items/dev, expected organization/items/staging" in error.detail[0]
    assert (
        "the newest good copy is .pulumi/backups/items/staging/staging.1795395720.json of 2026-11-23 01:02:00 UTC"
        in str(error)
    )
    assert (
        error.remedy == "find out who changed it; `deploy state restore --stack staging` puts the newest good copy back"
    )


def test_an_earlier_version_is_a_copy_too_and_no_copy_is_no_way_back() -> None:
    versions = kept("dev", checkpoint(stack("dev")), 9.0, "v1")
    assert "(version v1)" in str(refused(FakeIdentity(), FakeState(contents={"dev": b""}, kept={"dev": versions})))
    error = refused(FakeIdentity(), FakeState(contents={"dev": b""}))
    assert "no copy that was found is any better" in str(error)
    assert "deploy state restore" not in error.remedy
    printed(remedies.LOOK_THROUGH_VERSIONS, error.remedy)
    found = Recorder()
    required(FakeIdentity(), FakeState(contents={"dev": content(checkpoint(stack("dev")))}), found)
    gone(remedies.LOOK_THROUGH_VERSIONS, str(found.events))


def test_what_a_newer_engine_wrote_is_not_put_back_but_left_to_it() -> None:
    newer = {**checkpoint(stack("dev")), "version": 9}
    error = refused(
        FakeIdentity(), FakeState(contents={"dev": content(newer)}, kept={"dev": kept("dev", checkpoint(stack("dev")))})
    )
    assert "the state is newer than the engine" in str(error)
    assert error.remedy == "use the version of deploy with which it was deployed, or a newer one"


@pytest.mark.parametrize("there", [None, {"version": 3, "checkpoint": {"stack": "organization/items/dev"}}])
def test_a_state_that_has_vanished_is_refused_and_that_of_a_destroyed_stack_is_none_yet(there: Document | None) -> None:
    contents = {} if there is None else {"dev": content(there)}
    deployed, destroyed = kept("dev", checkpoint(stack("dev")), 1.0), kept("dev", checkpoint(stack("dev"), []), 2.0)
    error = refused(FakeIdentity(), FakeState(contents=contents, kept={"dev": deployed}))
    assert "the state has vanished" in str(error)
    assert "deploy state restore --stack dev" in error.remedy
    Preflight(
        FakeIdentity(), FakeState(contents=contents, kept={"dev": {**deployed, **destroyed}}), Recorder(), FakeClock()
    ).require(PLAN, facts())


def test_a_preview_names_the_stack_whose_state_is_not_fit_and_looks_at_the_others() -> None:
    plan = make_plan(Operation.PREVIEW, chain())
    admitted = Preflight(FakeIdentity(), FakeState(contents={"dev": b"<html>"}), Recorder(), FakeClock()).admit(
        plan, facts()
    )
    assert set(admitted.barred) == {"dev"}


def test_what_an_earlier_run_was_making_is_looked_up_before_it_is_made_again() -> None:
    dev = stack("dev")
    entry = resource(dev, "aws:apigatewayv2/api:Api", "web", id="")
    made, updated = (with_pending(checkpoint(dev), entry, operation=word) for word in ("creating", "updating"))
    error = refused(FakeIdentity(), FakeState(contents={"dev": content(made)}))
    assert (
        "dev: state: nobody knows what came of what an earlier run was making\n    aws:apigatewayv2/api:Api web"
        in str(error)
    )
    assert "`deploy repair --stack dev`" in error.remedy
    Preflight(FakeIdentity(), FakeState(contents={"dev": content(updated)}), Recorder(), FakeClock()).require(
        PLAN, facts()
    )


def test_a_preview_only_says_it() -> None:
    dev, said = stack("dev"), Recorder()
    made = with_pending(checkpoint(dev), resource(dev, "aws:apigatewayv2/api:Api", "web", id=""))
    looks = make_plan(Operation.PREVIEW, chain())
    assert (
        Preflight(FakeIdentity(), FakeState(contents={"dev": content(made)}), said, FakeClock())
        .admit(looks, facts())
        .barred
        == {}
    )
    known = [event.fact for event in said.of(CheckPassed) if (event.check, event.stack) == ("state", "dev")]
    assert known == ["is this stack's and whole, 3 resources; of 1 more nobody knows whether they were made"]


def test_the_state_is_judged_once_no_engine_is_about_to_write_it_any_more() -> None:
    leases, said = FakeLeases(), Recorder()
    state = FakeState(held={"prod": (lock(),)}, contents={"prod": b"half of it"})
    slept = leases.clock.sleep

    def end(seconds: float) -> None:
        slept(seconds)
        state.held["prod"] = ()
        state.contents = {}

    leases.clock.sleep = end  # type: ignore[method-assign]
    error = refused(FakeIdentity(), state)
    assert [line.partition(" the stack")[0] for line in error.detail] == ["prod: lock:"]
    with leasing(leases, state, said=said, patience=60).holding(lambda: False) as writers:
        Preflight(FakeIdentity(), state, said, FakeClock()).require(PLAN, facts(), writers)
    assert said.of(CheckFailed) == []
    state.contents = {"prod": b"half of it"}
    assert ["prod: state" in line for line in refused(FakeIdentity(), state).detail] == [True]


def looked(identity: FakeIdentity, state: FakeState, room: int = 1 << 30, plan: Plan | None = None) -> Recorder:
    said = Recorder()
    Preflight(identity, state, said, FakeClock(), lambda: room).require(plan or PLAN, facts())
    return said


def seen_as(ahead: float = 0.0, ends: float | None = None) -> FakeIdentity:
    return FakeIdentity(me=replace(JENKINS, ahead=ahead, ends=ends))


@pytest.mark.parametrize(("ahead", "which"), [(420.0, "7 min behind AWS's"), (-130.0, "2 min ahead of AWS's")])
def test_a_clock_that_is_minutes_off_is_refused_and_one_that_is_seconds_off_is_not(ahead: float, which: str) -> None:
    with pytest.raises(NotReadyError) as caught:
        looked(seen_as(ahead=ahead), FakeState())
    assert f"this machine's clock is {which}" in str(caught.value)
    assert "timedatectl" in caught.value.remedy
    looked(seen_as(ahead=ahead / 20), FakeState())


def test_a_full_disk_is_refused_before_anything_is_asked_and_one_with_room_is_not() -> None:
    state = FakeState()
    with pytest.raises(NotReadyError, match="only 63 MiB can still be written") as caught:
        looked(FakeIdentity(), state, (64 << 20) - 1)
    assert state.checked == []
    assert "du -sh .deploy/runs" in caught.value.remedy
    said = looked(FakeIdentity(), state, 64 << 20)
    assert CheckPassed("disk", "64 MiB are free for the run's record") in said.of(CheckPassed)


def test_credentials_that_end_too_early_are_refused_and_those_that_last_are_not() -> None:
    state, now = FakeState(lasted={"dev": 100.0, "prod": 140.0}), FakeClock().now()
    with pytest.raises(NotReadyError, match=r"end in 4 min.*these stacks took 4 min last time") as caught:
        looked(seen_as(ends=now + 299), state)
    assert "AWS_CREDENTIAL_EXPIRATION" in caught.value.remedy
    assert "session" in {event.check for event in looked(seen_as(ends=now + 300), state).of(CheckPassed)}
    soaking = make_plan(Operation.UP, [replace(stack(), soak=Soak(600))])
    with pytest.raises(NotReadyError, match=r"end in 5 min.*these stacks took 100 s last time, and soak for 10 min"):
        looked(seen_as(ends=now + 300), state, plan=soaking)
    looked(seen_as(ends=now + 760), state, plan=soaking)


def test_a_session_of_a_role_that_is_shorter_than_its_stack_takes_is_said_and_no_other() -> None:
    said = looked(FakeIdentity(), FakeState(lasted={"dev": 7200.0, "staging": 3600.0}))
    assert [(event.stack, event.severity) for event in said.of(Diagnostic)] == [("dev", "warning")]
    assert "it took 2 h last time" in said.of(Diagnostic)[0].message
