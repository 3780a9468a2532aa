"""What is said to do about another run, a state, a window or an earlier run, done: nothing is in the way then."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.processes import process
from deploy_driver.app.as_then import back_to
from deploy_driver.app.resume import left_run, require_resumable, require_said_again, went_back_to
from deploy_driver.app.rollback import chosen
from deploy_driver.assurance.iam.levels import level, services
from deploy_driver.bundle.seal import Sealed, seal, unseal
from deploy_driver.errors import BusyError, DeployError
from deploy_driver.plan.plan import Step, make_plan
from deploy_driver.record import catalogue as said
from deploy_driver.record.standing import BackTo
from deploy_driver.run.gates import AsReviewed, AsThen, Gate, UsedOnce, closed_stack
from deploy_driver.run.leasing import SILENT
from deploy_driver.run.preflight import Preflight
from deploy_driver.values import Changes, EngineReport, EngineStatus, Operation, Schedule, Upload, Window
from deploy_project.remedy import Remedy
from tests.carried import gone, printed
from tests.checkpoints import checkpoint, content
from tests.fakes.clock import FakeClock
from tests.fakes.events import Recorder
from tests.fakes.identity import JENKINS, FakeIdentity
from tests.fakes.leases import FakeLeases, leasing, lock
from tests.fakes.plan_key import FakePlanKey
from tests.fakes.plans import FakePlans
from tests.fakes.state import FakeState
from tests.reviews import BUNDLE, DOCUMENT, changes
from tests.samples import RUN, chain, facts, stack
from tests.unit.driver.test_resuming import FIRST, HERE, SECOND, THIRD, known, run

ONE, TWO = "1" * 40, "2" * 40
NOBODY = "arn:aws:iam::999999999999:user/me"
ROLE = "items-dev-deployment"


def looked(identity: FakeIdentity, state: FakeState, room: int = 1 << 30) -> str:
    """What a preflight of three stacks says to do; empty where nothing is in the way."""
    try:
        with leasing(state=state).holding(lambda: False) as writers:
            Preflight(identity, state, Recorder(), FakeClock(), lambda: room).require(
                make_plan(Operation.UP, chain()), facts(), writers
            )
    except DeployError as error:
        return error.remedy
    return ""


NOW = FakeClock().now()
SHORT = {"dev": 1000.0}
NEWER = {"dev": content({**checkpoint(stack("dev")), "version": 9})}
WELL = {"dev": content(checkpoint(stack("dev")))}


@pytest.mark.parametrize(
    ("remedy", "wrong", "right"),
    [
        (remedies.RUN_AS_JENKINS, {"me": {"account": "999999999999", "arn": NOBODY}}, {}),
        (remedies.SET_CLOCK, {"me": {"ahead": 420.0}}, {"me": {"ahead": 2.0}}),
        (
            remedies.LONGER_GIVEN_CREDENTIALS,
            {"me": {"ends": NOW + 300}, "lasted": SHORT},
            {"me": {"ends": NOW + 9000}, "lasted": SHORT},
        ),
        (remedies.ROOM_FOR_RUNS, {"room": 1 << 20}, {}),
        (remedies.CORRECT_ACCOUNT_OR_ROLE, {"leads_to": {ROLE: "999999999999"}}, {}),
        (remedies.NEWER_DEPLOY, {"contents": NEWER}, {"contents": WELL}),
        (remedies.UNKNOWN_LOCK, {"held": {"dev": (lock(),)}}, {"held": {}}),
        (remedies.LOOK_THROUGH_VERSIONS, {"contents": {"dev": b""}}, {"contents": WELL}),
    ],
)
def test_a_run_begins_once_what_was_in_the_way_is_put_right(
    remedy: Remedy, wrong: Mapping[str, Any], right: Mapping[str, Any]
) -> None:
    def said_of(facts: Mapping[str, Any]) -> str:
        identity = FakeIdentity(replace(JENKINS, **facts.get("me", {})), leads_to=facts.get("leads_to", {}))
        state = FakeState(**{name: facts[name] for name in ("lasted", "contents", "held") if name in facts})
        return looked(identity, state, facts.get("room", 1 << 30))

    printed(remedy, said_of(wrong))
    assert said_of(right) == ""
    gone(remedy, said_of(right))


def test_who_lost_its_stacks_runs_again_when_the_other_run_has_ended() -> None:
    leases = FakeLeases()
    first = leasing(leases, run="first")
    with first.holding(lambda: False) as held:
        held.take(["dev"])
        leases.clock.time += SILENT + 1
        holder, _ = leases.objects["dev"]
        leases.objects["dev"] = replace(holder, run="other"), "other"
        with pytest.raises(BusyError) as caught:
            first.require()
    printed(remedies.SEE_OTHER_RUN, caught.value.remedy)
    leases.objects["dev"] = replace(holder, run="other", released=True), "other"
    again = leasing(leases, run="again")
    with again.holding(lambda: False) as held:
        gone(remedies.SEE_OTHER_RUN, held.take(["dev"]))
        again.require(begin=True)


def test_what_waits_for_its_window_goes_on_then() -> None:
    hours = Window(frozenset(range(7)), 9 * 60, 16 * 60, "09:00-16:00")
    shut, day = replace(stack(), schedule=Schedule(windows=(hours,))), 86400.0

    def refusal(moment: float) -> str:
        return "\n".join(found.remedy for found in closed_stack(shut, moment))

    assert printed(remedies.WAIT_OR_OVERRIDE, refusal(20000 * day + 3600))["gate"] == "window"
    gone(remedies.WAIT_OR_OVERRIDE, refusal(20000 * day + 9 * 3600))
    assert refusal(20000 * day + 9 * 3600) == ""


def refusal_of(gate: Gate, step: Step, report: EngineReport) -> str:
    found = gate.refusal(step, report)
    return f"{found.cause}\n{found.remedy}" if found else ""


def test_the_code_that_a_build_made_is_brought_along() -> None:
    gate = AsThen(BackTo(RUN, "dev", ONE, ("items sha256:" + "1" * 64,)))
    (step,) = make_plan(Operation.UP, [stack("dev")]).steps

    def refusal(digest: str) -> str:
        upload = Upload("urn:pulumi:dev::items::aws:lambda/function:Function::items", "code", digest)
        return refusal_of(gate, step, EngineReport(EngineStatus.SUCCEEDED, Changes(update=1), uploads=(upload,)))

    assert printed(remedies.SAME_CODE, refusal("2" * 64))["commit"] == ONE[:12]
    gone(remedies.SAME_CODE, refusal("1" * 64))
    assert refusal("1" * 64) == ""


def test_what_is_left_is_reviewed_as_another_plan() -> None:
    (step,) = make_plan(Operation.UP, [stack("dev")]).steps
    report = EngineReport(EngineStatus.SUCCEEDED, Changes(update=2), changes("dev"))

    def refusal(reviewed: str) -> str:
        bundle = replace(
            BUNDLE, binding=replace(BUNDLE.binding, stacks=(replace(BUNDLE.binding.stacks[0], state=reviewed),))
        )
        return refusal_of(AsReviewed(bundle, FakeState(digests={"dev": "now"})), step, report)

    printed(remedies.REVIEW_AGAIN, refusal("before"))
    gone(remedies.REVIEW_AGAIN, refusal("now"))


def test_a_plan_that_another_run_used_is_saved_and_reviewed_anew() -> None:
    (step,) = make_plan(Operation.UP, [stack("dev")]).steps
    plans, report = FakePlans({BUNDLE.id: "another"}), EngineReport(EngineStatus.SUCCEEDED, Changes(update=2))
    printed(remedies.REVIEW_AGAIN, refusal_of(UsedOnce(BUNDLE, plans, RUN), step, report))
    gone(remedies.REVIEW_AGAIN, refusal_of(UsedOnce(replace(BUNDLE, id=SECOND), plans, RUN), step, report))


def sealed_as(found: Sealed, key: FakePlanKey) -> str:
    """What is said to do about a plan that was read; empty where it holds."""
    try:
        unseal(found, key)
    except DeployError as error:
        return error.remedy
    return ""


def test_a_plan_is_taken_as_it_was_saved() -> None:
    key, sealed = FakePlanKey(), seal(BUNDLE, DOCUMENT, FakePlanKey())
    printed(remedies.AS_SAVED, sealed_as(replace(sealed, content=sealed.content + b" "), key))
    gone(remedies.AS_SAVED, sealed_as(sealed, key))
    assert sealed_as(sealed, key) == ""


def test_a_plan_of_another_format_is_saved_again() -> None:
    key = FakePlanKey()
    printed(remedies.SAVE_AGAIN, sealed_as(seal(replace(BUNDLE, format=0), DOCUMENT, key), key))
    gone(remedies.SAVE_AGAIN, sealed_as(seal(BUNDLE, DOCUMENT, key), key))


def resumable(folder: Path, events: list[said.Event], settings: tuple[str, ...] = ()) -> str:
    """What is said to do about the run; empty where it can be resumed."""
    left = left_run(known(folder, {FIRST: events}), HERE, FIRST)
    assert left
    try:
        require_resumable(left)
        require_said_again(left, settings, "items")
    except DeployError as error:
        return error.remedy
    return ""


def test_a_run_is_resumed_when_it_has_ended(tmp_path: Path) -> None:
    printed(remedies.WAIT_UNTIL_ENDED, resumable(tmp_path, run(FIRST, process=process())))
    gone(remedies.WAIT_UNTIL_ENDED, resumable(tmp_path, run(FIRST, process=process(), code=1)))


def test_a_setting_of_one_run_is_said_again(tmp_path: Path) -> None:
    told = run(FIRST, config=("items:size",))
    words = printed(remedies.SAY_AGAIN, resumable(tmp_path, told))["words"]
    option, setting = words.replace("VALUE", "3").split()
    assert option == "--config"
    assert resumable(tmp_path, told, (setting,)) == ""
    gone(remedies.SAY_AGAIN, resumable(tmp_path, told, (setting,)))


def test_the_newest_run_that_is_left_is_the_one_without_a_name(tmp_path: Path) -> None:
    records = known(tmp_path, {FIRST: run(FIRST, "dev"), SECOND: run(SECOND, "staging", stacks=("staging", "prod"))})
    with pytest.raises(DeployError) as caught:
        left_run(records, HERE, FIRST)
    [(*command, without)] = [(*words, "") for words in printed(remedies.RESUME_NEWEST, caught.value.remedy).commands]
    assert command == ["deploy", "resume"]
    left = left_run(records, HERE, without)
    assert left
    assert left.started.run == SECOND
    require_resumable(left)
    gone(remedies.RESUME_NEWEST, "\n".join(one.stack for one in left.left))


@pytest.mark.parametrize(
    ("remedy", "said_of_it", "typed", "anew"),
    [
        (remedies.BOOTSTRAP_GOES_ON, {"operation": "bootstrap"}, ["bootstrap", "--stacks"], "bootstrap"),
        (remedies.DRIFT_GOES_ON, {"operation": "drift --fix"}, ["drift", "--fix", "--stacks"], "drift --fix"),
        (remedies.REPAIR_GOES_ON, {"operation": "repair"}, ["repair", "--stack"], "repair"),
        (remedies.REVIEW_WHAT_IS_LEFT, {"plan": SECOND}, ["preview", "--stacks"], "up"),
    ],
)
def test_a_run_that_cannot_be_resumed_is_ended_by_one_that_begins_anew(
    tmp_path: Path, remedy: Remedy, said_of_it: Mapping[str, Any], typed: list[str], anew: str
) -> None:
    killed = run(FIRST, stacks=("dev",), **said_of_it)
    words = printed(remedy, resumable(tmp_path, killed)).commands[0]
    assert list(words[1 : len(typed) + 2]) == [*typed, "dev"]
    again = run(SECOND, "dev", stacks=("dev",), code=0, operation=anew)
    records = known(tmp_path, {FIRST: killed, SECOND: again})
    assert left_run(records, HERE, "") is None
    with pytest.raises(DeployError) as caught:
        left_run(records, HERE, FIRST)
    gone(remedy, caught.value.remedy)


def test_a_rollback_goes_to_another_run_where_nobody_can_read_to_which_it_went(tmp_path: Path) -> None:
    back = run(THIRD, stacks=("dev",), operation="rollback", commit=ONE, back_to=FIRST)
    records = known(tmp_path, {FIRST: [said.Progress("nothing of a run")], SECOND: COMMITS[SECOND], THIRD: back})
    left = left_run(records, HERE, "")
    assert left
    with pytest.raises(DeployError) as caught:
        went_back_to(records, left)
    assert printed(remedies.ROLL_BACK_ELSEWHERE, caught.value.remedy).commands == (
        ("deploy", "rollback", "--stack", "dev", "--to", "RUN"),
    )
    target, _ = chosen(records, HERE, "dev", SECOND)
    elsewhere = run(THIRD, stacks=("dev",), operation="rollback", commit=TWO, back_to=target.started.run)
    records = known(tmp_path, {SECOND: COMMITS[SECOND], THIRD: elsewhere})
    left = left_run(records, HERE, "")
    assert left
    gone(remedies.ROLL_BACK_ELSEWHERE, str(went_back_to(records, left)))


COMMITS = {name: run(name, "dev", code=0, commit=commit) for name, commit in ((FIRST, ONE), (SECOND, TWO))}


@pytest.mark.parametrize(
    ("remedy", "third"),
    [
        (remedies.NAME_GOOD_RUN, run(THIRD, code=1, commit=ONE)),
        (remedies.OTHER_RUN, [said.Progress("nothing of a run")]),
        (remedies.OTHER_RUN, [*run(THIRD, "dev", code=0, commit=ONE), said.RunDependsOn("project", "orders")]),
        (remedies.OTHER_RUN, run(THIRD, "dev", code=0, commit=f"{ONE}+changes")),
    ],
)
def test_another_run_is_gone_back_to(tmp_path: Path, remedy: Remedy, third: list[said.Event]) -> None:
    records = known(tmp_path, {**COMMITS, THIRD: third})

    def refusal(wanted: str) -> str:
        try:
            back_to(chosen(records, HERE, "dev", wanted)[0], "dev")
        except DeployError as error:
            return error.remedy
        return ""

    printed(remedy, refusal(THIRD))
    assert refusal(FIRST) == ""
    gone(remedy, refusal(FIRST))


def test_an_action_of_a_service_that_is_known_has_a_level() -> None:
    with pytest.raises(DeployError) as caught:
        level("nosuch:Get")
    assert printed(remedies.NAME_AN_ACTION, caught.value.remedy)["services"] == ", ".join(services())
    assert "s3" in services()
    gone(remedies.NAME_AN_ACTION, str(level("s3:GetObject")))
