"""EventBridge: rules and their targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.errors import PluginError
from deploy_sandbox.plugin.resource import TAGS, InputKind, Property, outputs
from deploy_sandbox.plugin.simple import Tagging, inputs_in, members, simple_type
from deploy_sandbox.plugin.tags import pairs

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State

_DEFAULT = "default"
_BUS = Property("eventBusName", default=_DEFAULT, filled=True, replaces=True)
_FORCE = Property("forceDestroy", InputKind.BOOLEAN, default=False, filled=True, in_cloud=False)
_RULE = (
    Property("name", required=True, names=True, replaces=True),
    _BUS,
    Property("description", default=""),
    Property("scheduleExpression", default=""),
    Property("eventPattern", InputKind.DOCUMENT),
    Property("roleArn"),
    Property("state", default="ENABLED"),
)
_TARGET = (
    Property("arn", required=True),
    Property("input"),
    Property("inputPath"),
    Property("roleArn"),
    Property("deadLetterConfig", InputKind.OBJECT, default={}, fields=(Property("arn"),)),
    Property(
        "retryPolicy",
        InputKind.OBJECT,
        default={},
        fields=(
            Property("maximumEventAgeInSeconds", InputKind.INTEGER, default=86400),
            Property("maximumRetryAttempts", InputKind.INTEGER, default=185),
        ),
    ),
)


def _rule(id_: str) -> dict[str, str]:
    """The rule of an id: `bus/name`, and of the default bus `name`."""
    bus, _, name = id_.rpartition("/")
    return {"Name": name, "EventBusName": bus or _DEFAULT}


def _put_rule(account: EnteredAccount, inputs: Inputs, **more: Any) -> str:
    account.client("events").put_rule(**members(_RULE, {"description": "", **inputs}), **more)
    bus = inputs["eventBusName"]
    return str(inputs["name"] if bus == _DEFAULT else f"{bus}/{inputs['name']}")


def _create_rule(account: EnteredAccount, inputs: Inputs) -> str:
    return _put_rule(account, inputs, **({"Tags": pairs(inputs["tagsAll"])} if inputs["tagsAll"] else {}))


def _read_rule(account: EnteredAccount, id_: str, _: State) -> State:
    found = account.client("events").describe_rule(**_rule(id_))
    return {**inputs_in(_RULE, found), "id": id_, "arn": found["Arn"], "region": account.region}


def _rule_arn(account: EnteredAccount, id_: str) -> str:
    return f"arn:{account.partition}:events:{account.region}:{account.id}:rule/{id_}"


def _put_target(account: EnteredAccount, inputs: Inputs) -> str:
    target = {"Id": inputs["targetId"], **members(_TARGET, inputs)}
    answer = account.client("events").put_targets(
        Rule=inputs["rule"], EventBusName=inputs["eventBusName"], Targets=[target]
    )
    for refused in answer["FailedEntries"]:
        raise PluginError(f"target {inputs['targetId']}: {refused.get('ErrorCode')}: {refused.get('ErrorMessage')}")
    bus = "" if inputs["eventBusName"] == _DEFAULT else f"{inputs['eventBusName']}-"
    return f"{bus}{inputs['rule']}-{inputs['targetId']}"


def _place(id_: str, known: State) -> tuple[str, str, str]:
    """Bus, rule and target; an import says `rule/target` or `bus/rule/target`."""
    if known.get("rule"):
        return known.get("eventBusName") or _DEFAULT, known["rule"], known["targetId"]
    named, _, target = id_.rpartition("/")
    if not named:
        raise PluginError(f"{id_!r}: to import a target of a rule, give rule/target or bus/rule/target")
    rule = _rule(named)
    return rule["EventBusName"], rule["Name"], target


def _read_target(account: EnteredAccount, id_: str, known: State) -> State | None:
    bus, rule, target = _place(id_, known)
    listed = account.client("events").list_targets_by_rule(Rule=rule, EventBusName=bus)["Targets"]
    found = next((one for one in listed if one["Id"] == target), None)
    if found is None:
        return None
    prefix = "" if bus == _DEFAULT else f"{bus}-"
    return {
        **inputs_in(_TARGET, found),
        "id": f"{prefix}{rule}-{target}",
        "rule": rule,
        "targetId": target,
        "eventBusName": bus,
        "region": account.region,
    }


def _delete_target(account: EnteredAccount, id_: str, known: State) -> None:
    bus, rule, target = _place(id_, known)
    account.client("events").remove_targets(Rule=rule, EventBusName=bus, Ids=[target])


def _update_target(account: EnteredAccount, _: str, change: ResourceUpdate) -> None:
    _put_target(account, change.new)


TYPES = (
    simple_type(
        "aws:cloudwatch/eventRule:EventRule",
        (*_RULE, _FORCE, *TAGS),
        outputs=outputs("arn", "region"),
        create=_create_rule,
        read=_read_rule,
        update=lambda account, _, change: _put_rule(account, change.new),
        delete=lambda account, id_, _: account.client("events").delete_rule(**_rule(id_)),
        tagging=Tagging("events", "ResourceARN", names=_rule_arn),
    ),
    simple_type(
        "aws:cloudwatch/eventTarget:EventTarget",
        (
            Property("rule", required=True, replaces=True),
            Property("targetId", required=True, names=True, replaces=True),
            _BUS,
            *_TARGET,
            _FORCE,
        ),
        outputs=outputs("region"),
        create=_put_target,
        read=_read_target,
        update=_update_target,
        delete=_delete_target,
    ),
)
