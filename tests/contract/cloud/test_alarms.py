"""The state of an alarm, as somebody reads it who may read that one and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploy_driver import remedies
from deploy_driver.adapters.alarms import CloudWatchAlarms
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Alarm
from tests.contract.cloud.test_event_services import ALARM, HERE
from tests.contract.cloud.test_presence import Seat
from tests.samples import stack

if TYPE_CHECKING:
    from deploy_sandbox.accounts import Sandbox


def test_an_alarm_is_read_by_its_name_and_one_that_is_not_there_is_none(
    sandbox: Sandbox, someone: Any, as_root: Any, unique: str
) -> None:
    root, (mine, absent, other, composite) = as_root("dev", "cloudwatch"), [f"{unique} {name}" for name in "abcd"]
    for name in (mine, other):
        root.put_metric_alarm(AlarmName=name, **ALARM)
    root.put_composite_alarm(AlarmName=composite, AlarmRule=f'ALARM("{mine}")')
    arns = [f"arn:aws:cloudwatch:{HERE}:alarm:{name}" for name in (mine, absent, composite)]
    reader = someone("dev", {"Effect": "Allow", "Action": "cloudwatch:DescribeAlarms", "Resource": arns})
    seat = Seat(reader, sandbox.region)
    alarms = CloudWatchAlarms(seat, lambda _: seat)

    new = alarms.read(stack("dev"), mine)
    assert new
    assert new.state == "INSUFFICIENT_DATA"
    root.set_alarm_state(AlarmName=mine, StateValue="ALARM", StateReason="9 errors")
    assert alarms.read(stack("dev"), mine) == Alarm(mine, "ALARM", "9 errors")
    assert alarms.read(stack("dev"), absent) is None
    assert alarms.read(stack("dev"), composite) is None
    with pytest.raises(NotReadyError, match=r"cloudwatch:DescribeAlarms") as refused:
        alarms.read(stack("dev"), other)
    assert refused.value.remedy == remedies.POLICIES_OF_ROLES
