"""CloudWatch: alarms on one metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.resource import TAGS, InputKind, Property, outputs
from deploy_sandbox.plugin.simple import Tagging, inputs_in, members, simple_type
from deploy_sandbox.plugin.tags import pairs

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, State

_ALARM = (
    Property("name", required=True, names=True, replaces=True, member="AlarmName"),
    Property("alarmDescription", default=""),
    Property("comparisonOperator", required=True),
    Property("evaluationPeriods", InputKind.INTEGER, required=True),
    Property("datapointsToAlarm", InputKind.INTEGER),
    Property("metricName"),
    Property("namespace"),
    Property("period", InputKind.INTEGER),
    Property("statistic"),
    Property("threshold", InputKind.NUMBER),
    Property("unit"),
    Property("treatMissingData", default="missing", filled=True),
    Property("actionsEnabled", InputKind.BOOLEAN, default=True, filled=True),
    Property("alarmActions", InputKind.TEXTS),
    Property("okActions", InputKind.TEXTS, member="OKActions"),
    Property("insufficientDataActions", InputKind.TEXTS),
)


def _put(account: EnteredAccount, inputs: Inputs, **more: Any) -> str:
    dimensions = [{"Name": name, "Value": value} for name, value in (inputs.get("dimensions") or {}).items()]
    account.client("cloudwatch").put_metric_alarm(**members(_ALARM, inputs), Dimensions=dimensions, **more)
    return str(inputs["name"])


def _create(account: EnteredAccount, inputs: Inputs) -> str:
    return _put(account, inputs, **({"Tags": pairs(inputs["tagsAll"])} if inputs["tagsAll"] else {}))


def _read(account: EnteredAccount, name: str, _: State) -> State | None:
    alarms = account.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    if not alarms:
        return None
    return {
        **inputs_in(_ALARM, alarms[0]),
        "dimensions": {one["Name"]: one["Value"] for one in alarms[0].get("Dimensions", [])} or None,
        "id": name,
        "arn": alarms[0]["AlarmArn"],
        "region": account.region,
    }


def _arn(account: EnteredAccount, name: str) -> str:
    return f"arn:{account.partition}:cloudwatch:{account.region}:{account.id}:alarm:{name}"


TYPES = (
    simple_type(
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        (*_ALARM, Property("dimensions", InputKind.TEXT_MAP, default={}), *TAGS),
        outputs=outputs("arn", "region"),
        create=_create,
        read=_read,
        update=lambda account, _, change: _put(account, change.new),
        delete=lambda account, name, _: account.client("cloudwatch").delete_alarms(AlarmNames=[name]),
        gone=frozenset({"ResourceNotFound", "ResourceNotFoundException"}),
        tagging=Tagging("cloudwatch", "ResourceARN", names=_arn),
    ),
)
