"""The picture of a run depends on its records alone: not on their order, their repetition, or how pages were cut."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.assurance.audit.join import AuditPicture, Known, join
from deploy_driver.assurance.audit.run_record import record_of
from deploy_driver.cloudtrail import read
from tests import records as kept_records
from tests.fakes.trail import PREVIEW, START, TOOLS, Raw, a_run, call, entrance, events, machine
from tests.samples import RUN

KNOWN = Known(
    record_of(RUN, kept_records.story(events())), TOOLS, (f"deploy-{RUN}",), frozenset({PREVIEW}), START + 86_400
)

more = st.builds(
    call,
    st.sampled_from(["s3:PutBucketPolicy", "s3:GetBucketPolicy", "sts:GetCallerIdentity"]),
    st.integers(0, 20),
    errorCode=st.sampled_from([None, "AccessDenied", "NoSuchBucket"]),
    key=st.sampled_from(["ASIAKEYONE", "ASIAKEYTWO"]),
    session=st.sampled_from([f"items-dev-b42-{RUN}", "items-dev-pulumi"]),
    eventID=st.uuids().map(str),
)
here = st.builds(machine, st.just("kms:Decrypt"), st.integers(0, 20), eventID=st.uuids().map(str))
entrances = st.lists(st.integers(10, 20), max_size=3, unique=True).map(
    lambda moments: [side for moment in moments for side in entrance(moment, key="ASIAKEYTWO")]
)


@st.composite
def told(draw: st.DrawFn) -> list[Raw]:
    """The records of some run: a whole one with parts left out, and others beside it."""
    records = [*a_run(), *draw(entrances), *draw(st.lists(more, max_size=5)), *draw(st.lists(here, max_size=2))]
    left = draw(st.sets(st.integers(0, len(records) - 1), max_size=4))
    return [record for place, record in enumerate(records) if place not in left]


def seen(records: list[Raw]) -> AuditPicture:
    return join([read(raw) for raw in records], KNOWN)


@given(told(), st.data())
def test_order_and_repetition_change_nothing(records: list[Raw], data: st.DataObject) -> None:
    again = data.draw(st.lists(st.sampled_from(records), max_size=5)) if records else []
    assert seen(data.draw(st.permutations([*records, *again]))) == seen(records)


@given(told())
def test_every_call_of_the_run_is_in_the_picture_once_and_in_the_order_of_time(records: list[Raw]) -> None:
    picture = seen(records)
    shown = [record.id for account in picture.accounts for record in account.calls]
    assert len(shown) == len(set(shown))
    for account in picture.accounts:
        assert [record.time for record in account.calls] == sorted(record.time for record in account.calls)
        assert {record.account for record in account.calls} == {account.account}
    strangers = {record.id for record in picture.others}
    assert not strangers & set(shown)


@given(told())
def test_both_sides_of_an_entrance_are_one(records: list[Raw]) -> None:
    for found in seen(records).entrances:
        assert found.here or found.there
        if found.here and found.there:
            assert found.here.shared == found.there.shared != ""
            assert (found.here.account, found.there.account) == (TOOLS, found.account)
