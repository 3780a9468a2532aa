"""A run's record put together from its accounts: complete as it is, and every way in which it can be incomplete."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy_driver import remedies
from deploy_driver.app.audit import run_of
from deploy_driver.assurance.audit.gather import TrailSource, gather
from deploy_driver.assurance.audit.join import MEANINGS, AuditKind, AuditPicture, Known, join
from deploy_driver.assurance.audit.run_record import RunRecord, record_of
from deploy_driver.assurance.audit.text import as_json, as_text
from deploy_driver.cloudtrail import read
from deploy_driver.config.load import load
from deploy_driver.record.story import RunPart
from tests import records as kept_records
from tests.carried import gone, printed, said
from tests.fakes.trail import (
    DEV,
    MACHINE,
    PREVIEW,
    ROLE,
    SESSION,
    START,
    TOOLS,
    FakeTrail,
    Raw,
    a_run,
    call,
    entrance,
    events,
    machine,
)
from tests.samples import RUN, project

GOLDEN = Path(__file__).parents[2] / "golden"
LATER = START + 86_400
RECORDED = record_of(RUN, kept_records.story(events()))
UNRECORDED = RunRecord(RUN, START)


def picture(records: Sequence[Raw], run: RunRecord = RECORDED, *, now: float = LATER) -> AuditPicture:
    """What an audit at `now` makes of these records, each in the trail of its account."""
    tools, dev = (
        TrailSource(account, FakeTrail([raw for raw in records if raw["recipientAccountId"] == account]), reach=3600)
        for account in (TOOLS, DEV)
    )
    marks = tuple(f"deploy-{one}" for one in run.ids)
    known = Known(run, TOOLS, marks, frozenset({PREVIEW}), now)
    return join(gather(run, marks, tools, [dev], now), known)


def kinds(records: Sequence[Raw], run: RunRecord = RECORDED) -> list[AuditKind]:
    return [finding.kind for finding in picture(records, run).findings]


def without(*names: str) -> list[Raw]:
    return [raw for raw in a_run() if not str(raw["eventID"]).startswith(names)]


@pytest.mark.parametrize("run", [RECORDED, UNRECORDED])
def test_a_run_that_is_on_record_on_both_sides_is_complete(run: RunRecord) -> None:
    seen = picture(a_run(), run)
    assert seen.findings == ()
    assert [(account.account, len(account.calls), account.failed) for account in seen.accounts] == [
        (TOOLS, 4, 0),
        (DEV, 6, 1),
    ]
    assert [(entry.account, entry.session, bool(entry.here), bool(entry.there)) for entry in seen.entrances] == [
        (DEV, SESSION, True, True)
    ] * 2
    assert not seen.may_still_come


@pytest.mark.parametrize(
    ("missing", "kind"),
    [("here-5", AuditKind.ONLY_IN_TARGET), ("there-5", AuditKind.ONLY_IN_TOOLS)],
)
def test_an_entrance_that_one_account_does_not_know_of_is_flagged(missing: str, kind: AuditKind) -> None:
    assert kinds(without(missing)) == [kind]


def test_calls_whose_entrance_no_trail_has_are_flagged() -> None:
    found = picture(without("here-5", "there-5")).findings
    assert [finding.kind for finding in found] == [AuditKind.NO_ENTRANCE]
    assert "s3:CreateBucket" in found[0].fact


def test_calls_are_found_by_the_name_that_a_check_s_entrance_told() -> None:
    calls_only = [raw for raw in a_run() if raw["eventName"] != "AssumeRole"]
    assert AuditKind.NOT_ENTERED in kinds([raw for raw in calls_only if raw["recipientAccountId"] == TOOLS])


def test_a_step_that_no_trail_shows_is_flagged_and_so_is_one_that_did_nothing() -> None:
    assert kinds([machine("sts:GetCallerIdentity")]) == [AuditKind.NOT_ENTERED]
    assert kinds([machine("sts:GetCallerIdentity"), *entrance(5)]) == [AuditKind.NO_CALLS]


def test_a_refused_call_is_flagged_unless_the_same_was_allowed_later() -> None:
    refused = call("s3:PutBucketPolicy", 8, errorCode="AccessDenied", errorMessage="no")
    seen = picture([*a_run(), refused])
    assert [(finding.kind, finding.fact) for finding in seen.findings] == [
        (AuditKind.DENIED, "s3:PutBucketPolicy: AccessDenied: no")
    ]
    allowed = picture([*a_run(), refused, call("s3:PutBucketPolicy", 9)])
    assert allowed.findings == ()
    assert [record.call for record in allowed.settled] == ["s3:PutBucketPolicy"]


def test_a_refused_entrance_is_the_caller_s_alone_and_no_missing_side() -> None:
    here, _ = entrance(1)
    refused = {
        **here,
        "eventID": "refused",
        "errorCode": "AccessDenied",
        "errorMessage": "no",
        "responseElements": None,
        "sharedEventID": "",
    }
    assert kinds([*a_run(), refused]) == []
    assert kinds([machine("sts:GetCallerIdentity"), refused], replace(RECORDED, steps=())) == [AuditKind.DENIED]


def test_an_answer_that_there_is_nothing_is_no_refusal() -> None:
    assert kinds([*a_run(), call("s3:GetBucketPolicy", 8, errorCode="NoSuchBucketPolicy")]) == []


def test_somebody_else_in_the_same_role_meanwhile_is_flagged() -> None:
    stranger = entrance(-600, key="ASIAOTHER", session="items-dev-pulumi")
    found = picture([*a_run(), *stranger, call("s3:DeleteBucket", 8, session="items-dev-pulumi", key="ASIAOTHER")])
    assert [finding.kind for finding in found.findings] == [AuditKind.FOREIGN]
    assert found.findings[0].fact == (
        f"arn:aws:sts::{DEV}:assumed-role/items-dev-deployment/items-dev-pulumi: s3:DeleteBucket"
    )


@pytest.mark.parametrize("at", [4, 11])
def test_somebody_else_before_or_after_is_not(at: float) -> None:
    stranger = entrance(-600, key="ASIAOTHER", session="items-dev-pulumi")
    assert kinds([*a_run(), *stranger, call("s3:DeleteBucket", at, session="items-dev-pulumi", key="ASIAOTHER")]) == []


def test_in_the_preview_role_others_may_look_meanwhile_but_change_nothing() -> None:
    step = replace(RECORDED.steps[0], role_arn=PREVIEW)
    preview = replace(RECORDED, steps=(step,))
    own = [
        machine("sts:GetCallerIdentity"),
        *entrance(5, role=PREVIEW),
        *(call("s3:GetBucketPolicy", at, role=PREVIEW) for at in (6, 9)),
    ]
    other = {"role": PREVIEW, "session": "items-dev-b7-other", "key": "ASIAOTHER"}
    others = entrance(-60, key="ASIAOTHER", role=PREVIEW, session="items-dev-b7-other")
    assert kinds([*own, *others, call("s3:GetBucketTagging", 7, **other)], preview) == []
    assert kinds([*own, *others, call("s3:PutBucketTagging", 7, **other)], preview) == [AuditKind.FOREIGN]


def test_calls_with_the_run_s_credentials_by_other_software_are_flagged() -> None:
    assert kinds([*a_run(), call("s3:ListBuckets", 8, userAgent="aws-cli/2")]) == [AuditKind.NO_MARK]
    assert kinds([*a_run(), call("kms:Decrypt", 8, userAgent="lambda.amazonaws.com")]) == []
    assert kinds([*a_run(), machine("s3:ListBuckets", 8, userAgent="aws-cli/2")]) == []


def test_a_renewed_session_shows_as_two_keys_and_is_complete() -> None:
    renewed = picture(
        [*a_run(), *entrance(9, key="ASIAKEYTWO"), call("lambda:CreateAlias20150331", 10, key="ASIAKEYTWO")]
    )
    assert renewed.findings == ()
    assert renewed.accounts[1].sessions == 2


def test_a_run_of_another_cloud_is_looked_at_there(tmp_path: Path) -> None:
    root, kept = project(tmp_path), tmp_path / ".deploy" / "runs" / RUN / "events.jsonl"
    kept.parent.mkdir(parents=True)
    on_aws = ({**event, **({"cloud": "aws"} if "cloud" in event else {})} for event in kept_records.WELL)
    kept.write_text("".join(json.dumps(event) + "\n" for event in on_aws), "utf-8")
    cloud = printed(remedies.PASS_CLOUD, said(lambda: run_of(load(root, {}), RUN)))["cloud"]
    gone(remedies.PASS_CLOUD, said(lambda: run_of(load(root, {}, cloud), RUN)))
    assert run_of(load(root, {}, cloud), RUN).run == RUN


def test_parts_of_one_run_are_no_strangers_to_each_other() -> None:
    other, whole = "20261123-0103-bbbbbb", "20261123-0101-ffffff"
    session = f"items-dev-b42-{other}"
    mark = f"Boto3/1 app/deploy-{other}"
    own = {"session": session, "key": "ASIAOTHER", "userAgent": mark}
    entered = [{**side, "userAgent": mark} for side in entrance(7, key="ASIAOTHER", session=session)]
    both = [*a_run(), *entered, call("s3:PutBucketPolicy", 8, **own)]
    assert kinds(both) == [AuditKind.FOREIGN]
    parts = (RunPart(RUN, ("dev",), 0), RunPart(other, ("dev-eu",), None))
    seen = picture(both, replace(RECORDED, run=whole, parts=parts))
    assert seen.findings == ()
    assert {entrance.session for entrance in seen.entrances} == {SESSION, session}
    assert f"{RUN} of dev, exit 0; {other} of dev-eu, no end" in as_text(seen)


def test_another_run_of_the_same_machine_is_not_this_one() -> None:
    other = machine("kms:Decrypt", 4, userAgent="Boto3/1 app/deploy-20261123-0102-ffffff")
    assert len(picture([*a_run(), {**other, "eventID": "other"}]).accounts[0].calls) == 4


def test_what_is_missing_may_still_come_while_the_run_is_young() -> None:
    assert picture(without("there-5"), now=START + 60).may_still_come
    assert not picture(without("there-5"), now=START + 20 + 901).may_still_come
    assert not picture(a_run(), now=START + 60).may_still_come
    assert picture([], UNRECORDED, now=START + 60).may_still_come


def test_every_kind_is_explained() -> None:
    assert set(MEANINGS) == set(AuditKind)


def golden(name: str, text: str) -> None:
    path = GOLDEN / name
    if not path.exists():
        path.write_text(text, "utf-8")
        pytest.fail(f"{path} was not there and has been written: look at it and run again")
    assert text == path.read_text("utf-8")


def test_a_complete_picture_as_text() -> None:
    golden("audit.txt", as_text(picture(a_run())) + "\n")


def test_what_is_wrong_comes_first() -> None:
    refused = call("s3:PutBucketPolicy", 8, errorCode="AccessDenied", errorMessage="not\nthis")
    golden("audit.wrong.txt", as_text(picture([*without("there-5"), refused], now=START + 60)) + "\n")


def test_a_picture_as_json() -> None:
    shown = as_json(picture(without("there-5"), now=START + 60))
    golden("audit.json", json.dumps(shown, indent=2) + "\n")


def test_no_access_key_is_shown() -> None:
    key = "ASIA" + "Q" * 16
    seen = picture([*a_run(), *entrance(9, key=key), call("s3:ListBuckets", 10, key=key, errorMessage=f"key {key}")])
    assert key not in json.dumps(as_json(seen))
    assert key not in as_text(seen)


@pytest.mark.parametrize(
    "raw", [{}, {"eventID": "x"}, {**a_run()[0], "eventTime": "yesterday"}, {**a_run()[0], "userIdentity": "me"}]
)
def test_what_is_no_record_is_refused(raw: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 -- the message is the parser's; that it is a ValueError is the promise
        read(raw)


class TestRunRecord:
    def test_it_tells_who_did_what_when(self) -> None:
        assert (RECORDED.operation, RECORDED.identities, RECORDED.stacks) == ("up", (MACHINE,), ("dev",))
        assert (RECORDED.started, RECORDED.ended) == (START, START + 20)
        assert [(step.account, step.role_arn) for step in RECORDED.steps] == [(DEV, ROLE)]

    def test_a_run_that_goes_on_has_no_end(self) -> None:
        assert record_of(RUN, kept_records.story(events(ended=None))).ended is None

    def test_a_record_without_a_start_is_refused(self) -> None:
        with pytest.raises(ValueError, match="when the run began"):
            record_of(RUN, kept_records.story(events()[1:]))
