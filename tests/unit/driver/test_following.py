"""Remedies that need no account are followed as they are printed: what a gate, a lease or a reviewed plan says helps."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from deploy_driver import remedies
from deploy_driver.bundle.compare import mismatches, rewritten
from deploy_driver.errors import BusyError
from deploy_driver.lease import LASTS, Holder
from deploy_driver.plan.plan import Step, make_plan
from deploy_driver.run.gates import DataLoss, Limit
from deploy_driver.values import Changes, EngineReport, EngineStatus, Operation, Process, ResourceChange
from deploy_project.remedy import Remedy
from tests.carried import gone, printed
from tests.checkpoints import urn
from tests.fakes.leases import FakeLeases, FakeProcesses, leasing
from tests.reviews import BINDING, BUNDLE, DOCUMENT
from tests.samples import access_stack, stack

ELSEWHERE = FakeProcesses(Process("agent-2", "boot-2", 200, "2000"))


def up(**limits: int) -> Step:
    return make_plan(Operation.UP, [replace(stack("prod"), **limits)]).steps[0]  # type: ignore[arg-type]


def losing(count: int) -> EngineReport:
    lost = tuple(
        ResourceChange(urn(stack("prod"), "aws:dynamodb/table:Table", f"t{each}"), "delete") for each in range(count)
    )
    return EngineReport(EngineStatus.SUCCEEDED, Changes(delete=count, same=1), lost)


@pytest.mark.parametrize("count", [1, 3, 9])
def test_the_words_that_allow_a_deletion_allow_it(count: int) -> None:
    refusal = DataLoss().refusal(up(), losing(count))
    assert refusal
    words = shlex.split(printed(remedies.ALLOW_DELETE, refusal.remedy)["words"])
    assert words[::2] == ["--allow-delete"] * len(words[::2])
    allowed = DataLoss(words[1::2]).refusal(up(), losing(count))
    gone(remedies.ALLOW_DELETE, allowed.remedy if allowed else "")


def test_where_somebody_guards_the_stack_a_reason_goes_with_it() -> None:
    refusal = DataLoss().refusal(up(max_deletes=5), losing(1))
    assert refusal
    words = shlex.split(printed(remedies.WITH_REASON, refusal.remedy)["first"].partition("add ")[2])
    found = DataLoss(words[1::2]).refusal(up(max_deletes=5), losing(1))
    gone(remedies.WITH_REASON, found.remedy if found else "")


def test_the_limit_of_an_access_layer_is_raised_by_its_key() -> None:
    def refusal(limit: int) -> str:
        plan = make_plan(Operation.UP, [replace(access_stack(), max_deletes=limit)])
        found = Limit().refusal(plan.steps[0], EngineReport(EngineStatus.SUCCEEDED, Changes(delete=1)))
        return found.remedy if found else ""

    printed(remedies.RAISE_ACCESS_LIMIT, refusal(0))
    gone(remedies.RAISE_ACCESS_LIMIT, refusal(1))


def busy(leases: FakeLeases) -> str:
    """What a run elsewhere is told that wants dev; empty when it gets it."""
    try:
        with leasing(leases, processes=ELSEWHERE, run="second").holding(lambda: False) as held:
            held.take(["dev"])
    except BusyError as error:
        return error.remedy
    return ""


def minutes(words: str) -> int:
    found = re.search(r"--lock-timeout (\d+)m", words)
    assert found
    return 60 * int(found[1])


def test_whoever_waits_for_a_run_gets_the_stack_when_that_has_ended() -> None:
    leases = FakeLeases()
    with leasing(leases, run="first").holding(lambda: False) as held:
        held.take(["dev"])
        printed(remedies.WAIT_FOR_RUN, busy(leases))
    gone(remedies.WAIT_FOR_RUN, busy(leases))


def test_the_time_that_is_named_is_enough_for_the_lease_of_a_dead_run() -> None:
    leases, now = FakeLeases(), FakeLeases().clock.now()
    leases.objects["dev"] = (
        Holder("20261123-0000-dddddd", "", Process("gone", "b", 1, "1"), now, now, now + LASTS),
        "old",
    )
    leases.clock.time += LASTS / 2
    said = busy(leases)
    leases.clock.time += minutes(printed(remedies.WAIT_FOR_LEASE_OF_DEAD, said).text)
    gone(remedies.WAIT_FOR_LEASE_OF_DEAD, busy(leases))


@pytest.mark.parametrize(
    ("remedy", "differs"),
    [
        (remedies.REVIEWED_VERSION, {"deploy": "another"}),
        (remedies.REVIEWED_PROJECT, {"project": "another"}),
        (remedies.REVIEWED_CLOUD, {"cloud": "another"}),
        (remedies.REVIEWED_COMMIT, {"commit": "another"}),
        (remedies.REVIEWED_FILES, {"changes": {"a.py": "M sha256:1"}}),
        (remedies.REVIEWED_ENGINE, {"engine": "another"}),
        (remedies.REVIEWED_PLUGIN, {"plugin": "another"}),
        (remedies.REVIEWED_STACKS, {"stacks": BINDING.stacks[:2]}),
        (remedies.DEPLOYED_SINCE, {"stacks": (replace(BINDING.stacks[0], state="another"), *BINDING.stacks[1:])}),
    ],
)
def test_a_plan_holds_again_where_all_is_as_reviewed_and_a_new_one_for_what_is_now(
    remedy: Remedy, differs: Mapping[str, Any]
) -> None:
    now = replace(BINDING, **differs)
    printed(remedy, "\n".join(map(str, mismatches(BINDING, now))))
    gone(remedy, "\n".join(map(str, mismatches(BINDING, BINDING))))
    gone(remedy, "\n".join(map(str, mismatches(now, now))))


def test_a_document_that_somebody_edited_is_taken_as_it_was_saved() -> None:
    printed(remedies.OTHER_DOCUMENT, "\n".join(map(str, rewritten(BUNDLE, DOCUMENT + b"x"))))
    gone(remedies.OTHER_DOCUMENT, "\n".join(map(str, rewritten(BUNDLE, DOCUMENT))))
