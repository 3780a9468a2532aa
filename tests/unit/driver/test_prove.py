"""How a proof is carried out, counted and shown; what the cases are about is tried in the sandbox."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from threading import Event

import pytest

from deploy_driver.assurance.adapters.proof_world import of_error, of_simulation
from deploy_driver.assurance.prove.case import (
    ADMINISTRATOR,
    ApiRequest,
    CaseAnswer,
    Ec2Instance,
    Method,
    ProofCase,
    Trial,
    TrialOutcome,
    Undo,
    Verdict,
)
from deploy_driver.assurance.prove.proof import at_once_on_aws, carry_out
from deploy_driver.assurance.prove.report import ProofProgress, ProofReport, as_html, as_json, as_text, ended, summary
from deploy_driver.record.catalogue import Proved, Reason, Result, StepFinished
from tests import samples
from tests.fakes.world import FakeWorld

JENKINS = Ec2Instance("jenkins-deploy")


def case(fact: str, expected: CaseAnswer) -> ProofCase:
    return ProofCase(f"g.who.{fact}@dev", "g", "dev", f"who does {fact}", expected, "g.who.other@dev")


def trial(fact: str, expected: CaseAnswer, *, because: str = "", undo: tuple[Undo, ...] = ()) -> Trial:
    return Trial(case(fact, expected), JENKINS, ApiRequest("iam", fact), because, undo)


def tried(world: FakeWorld, *trials: Trial) -> list[Verdict]:
    return carry_out(trials, world, tell=lambda _: None, stopped=Event(), at_once=1)


@pytest.mark.parametrize(
    ("service", "code", "answer"),
    [
        ("iam", "AccessDenied", CaseAnswer.REFUSED),
        ("lambda", "AccessDeniedException", CaseAnswer.REFUSED),
        ("iam", "NoSuchEntity", CaseAnswer.ALLOWED),
        ("iam", "MalformedPolicyDocument", CaseAnswer.ALLOWED),
        ("sts", "ValidationError", CaseAnswer.REFUSED),
        ("sts", "ExpiredToken", CaseAnswer.UNDECIDED),
        ("s3", "SlowDown", CaseAnswer.UNDECIDED),
        ("s3", "503", CaseAnswer.UNDECIDED),
        ("s3", "403", CaseAnswer.REFUSED),
        ("s3", "404", CaseAnswer.ALLOWED),
    ],
)
def test_what_an_error_means(service: str, code: str, answer: CaseAnswer) -> None:
    found = of_error(service, code, "said so")
    assert found.answer is answer
    assert f"{code}: said so" in found.reason
    assert not found.done


def test_what_the_simulator_means() -> None:
    assert of_simulation([{"EvalDecision": "allowed"}]).answer is CaseAnswer.ALLOWED
    assert "explicit" in of_simulation([{"EvalDecision": "explicitDeny"}]).reason
    assert "explicit" not in of_simulation([{"EvalDecision": "implicitDeny"}]).reason
    assert of_simulation([]).answer is CaseAnswer.UNDECIDED


def test_of_several_actions_the_one_that_is_not_as_expected_counts() -> None:
    part = [
        {"EvalActionName": name, "EvalDecision": said} for name, said in (("a:Do", "allowed"), ("a:Be", "implicitDeny"))
    ]
    world = FakeWorld({"both": of_simulation(part), "none": of_simulation(part[1:])})
    allowed, refused = tried(world, trial("both", CaseAnswer.ALLOWED), trial("both", CaseAnswer.REFUSED))
    assert (allowed.happened, allowed.reason) == (CaseAnswer.REFUSED, "a:Be: the simulator says that nothing allows it")
    assert (refused.happened, refused.reason) == (CaseAnswer.ALLOWED, "a:Do: the simulator says allowed")
    (right,) = tried(world, trial("none", CaseAnswer.REFUSED))
    assert right.as_expected


def test_of_several_things_the_first_that_is_not_as_expected_counts() -> None:
    world = FakeWorld({"second": TrialOutcome(CaseAnswer.REFUSED, "no")})
    more = tuple(ApiRequest("iam", operation) for operation in ("second", "third"))
    (verdict,) = tried(world, replace(trial("first", CaseAnswer.ALLOWED), more=more))
    assert (verdict.happened, verdict.reason) == (CaseAnswer.REFUSED, "no")
    assert [operation for _, operation in world.asked] == ["first", "second"]
    assert tried(FakeWorld(), replace(trial("first", CaseAnswer.ALLOWED), more=more))[0].as_expected


def test_what_was_granted_is_undone_and_what_was_not_is_not() -> None:
    undo = (Undo(ADMINISTRATOR, ApiRequest("iam", "undo")),)
    world = FakeWorld({"refused": TrialOutcome(CaseAnswer.REFUSED, "AccessDenied")})
    tried(world, trial("granted", CaseAnswer.REFUSED, undo=undo), trial("refused", CaseAnswer.REFUSED, undo=undo))
    assert world.asked == [(JENKINS, "granted"), (ADMINISTRATOR, "undo"), (JENKINS, "refused")]


def test_a_refusal_counts_only_for_the_reason_that_the_case_is_about() -> None:
    world = FakeWorld({"do": TrialOutcome(CaseAnswer.REFUSED, "with an explicit deny")})
    right, wrong = tried(
        world,
        trial("do", CaseAnswer.REFUSED, because="explicit"),
        trial("do", CaseAnswer.REFUSED, because="BlockPublicPolicy"),
    )
    assert right.as_expected
    assert wrong.happened is CaseAnswer.UNDECIDED
    assert "not by what this case is about" in wrong.reason


def test_what_is_undecided_is_never_as_it_should_be() -> None:
    world = FakeWorld({"do": TrialOutcome(CaseAnswer.UNDECIDED, "no answer")})
    assert not any(
        verdict.as_expected
        for verdict in tried(world, *(trial("do", each) for each in CaseAnswer if each is not CaseAnswer.UNDECIDED))
    )


def test_once_stopped_no_further_trial_begins() -> None:
    stopped, world = Event(), FakeWorld()
    every = [trial(f"do{number}", CaseAnswer.ALLOWED) for number in range(20)]
    told = carry_out(every, world, tell=lambda _: stopped.set(), stopped=stopped, at_once=1)
    assert len(told) == len(world.asked) == 1


def test_accounts_take_turns_and_the_verdicts_are_told_in_the_order_of_the_trials() -> None:
    world = FakeWorld()
    every = [trial(f"{account}-{number}", CaseAnswer.ALLOWED) for account in ("dev", "prod") for number in range(3)]
    every = [replace(one, case=replace(one.case, account=one.request.operation.split("-")[0])) for one in every]
    verdicts = tried(world, *every)
    assert [verdict.case for verdict in verdicts] == [one.case for one in every]
    assert [operation for _, operation in world.asked] == ["dev-0", "prod-0", "dev-1", "prod-1", "dev-2", "prod-2"]
    assert [at_once_on_aws(some) for some in ([], every[:3], every)] == [2, 2, 4]


REPORT = ProofReport(
    "items",
    "sandbox",
    (
        Verdict(case("right", CaseAnswer.ALLOWED), CaseAnswer.ALLOWED),
        Verdict(
            case("kept-out", CaseAnswer.REFUSED), CaseAnswer.REFUSED, "AccessDenied: <script>alert(1)</script>\x1b[31m"
        ),
        Verdict(case("open", CaseAnswer.REFUSED), CaseAnswer.ALLOWED, "let in; then NoSuchEntity"),
    ),
    ("trust: nobody's roles are asked for",),
    seconds=2.5,
)


def test_what_is_put_on_record_of_each_stack() -> None:
    assert list(ended(REPORT, samples.chain()[:2])) == [
        Proved("dev", 3, 1),
        StepFinished("dev", Result.FAILED, Reason.CASES_WRONG, seconds=2.5),
        Proved("staging", 0, 0),
        StepFinished("staging", Result.SUCCEEDED, Reason.PROVED, seconds=2.5),
    ]
    stopped = ended(replace(REPORT, stopped=True), samples.chain()[:1])
    assert list(stopped) == [StepFinished("dev", Result.INTERRUPTED, Reason.STOPPED)]


def test_the_counts() -> None:
    total = REPORT.total
    assert (total.tried, total.allowed, total.refused, total.wrong) == (3, 1, 1, 1)
    assert [(count.group, count.account, count.tried) for count in REPORT.counts] == [("g", "dev", 3)]
    assert summary(REPORT) == "3 cases tried in 2.5 s: 1 allowed as they should, 1 refused as they should, 1 wrong"


def test_the_text_counts_and_ends_with_what_is_wrong() -> None:
    said = as_text(REPORT)
    assert "g.who.kept-out@dev" not in said
    assert "g.who.kept-out@dev  AccessDenied" in as_text(REPORT, refusals=True)
    assert "left out: trust: nobody's roles are asked for" in said
    assert "WRONG g.who.open@dev\n  who does open\n  expected refused, was allowed" in said
    assert "\x1b" not in said
    assert said.endswith("1 wrong")


def test_the_json_has_every_case() -> None:
    said = json.loads(json.dumps(as_json(REPORT, exit_code=1)))
    assert said["total"] == {"tried": 3, "allowed": 1, "refused": 1, "wrong": 1}
    assert [each["asExpected"] for each in said["cases"]] == [True, True, False]
    assert said["cases"][0]["method"] == Method.EXECUTED.value


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    page = as_html(REPORT)
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "1 of 3 cases did not go as they should" in page
    assert "http" not in page.replace("http-equiv", "")
    assert "prefers-color-scheme: dark" in page
    assert "width=device-width" in page


def test_progress_says_at_once_what_is_wrong() -> None:
    out = io.StringIO()
    progress = ProofProgress(out)
    for verdict in REPORT.verdicts:
        progress(verdict)
    progress.end()
    assert out.getvalue() == "WRONG g.who.open@dev: allowed, expected refused: let in; then NoSuchEntity\n"
