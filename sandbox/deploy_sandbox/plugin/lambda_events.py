"""Lambda: what makes a function run by itself, and what becomes of it then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.patience import until
from deploy_sandbox.plugin.resource import TAGS, InputKind, OutputProperty, Property, ResourceUpdate, outputs
from deploy_sandbox.plugin.simple import Tagging, inputs_in, member, members, simple_type

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, State

_MAPPING = (
    Property("eventSourceArn", required=True, replaces=True),
    Property("functionName", InputKind.FUNCTION, required=True),
    Property("batchSize", InputKind.INTEGER, cloud_decides=True),
    Property("enabled", InputKind.BOOLEAN, default=True, filled=True),
    Property(
        "filterCriteria",
        InputKind.OBJECT,
        default={},
        fields=(Property("filters", InputKind.OBJECT_SET, fields=(Property("pattern"),)),),
    ),
    Property("functionResponseTypes", InputKind.TEXTS),
    Property("maximumBatchingWindowInSeconds", InputKind.INTEGER, default=0),
    Property(
        "scalingConfig",
        InputKind.OBJECT,
        default={},
        fields=(Property("maximumConcurrency", InputKind.INTEGER),),
    ),
    Property("startingPosition", replaces=True),
    Property("bisectBatchOnFunctionError", InputKind.BOOLEAN, default=False),
    Property("maximumRecordAgeInSeconds", InputKind.INTEGER, cloud_decides=True),
    Property("maximumRetryAttempts", InputKind.INTEGER, cloud_decides=True),
    Property("parallelizationFactor", InputKind.INTEGER, cloud_decides=True),
)
_DESTINATION = (Property("destination"),)
_INVOKED = (
    Property("maximumEventAgeInSeconds", InputKind.INTEGER, cloud_decides=True),
    Property("maximumRetryAttempts", InputKind.INTEGER, default=2, filled=True),
    Property(
        "destinationConfig",
        InputKind.OBJECT,
        default={},
        fields=(
            Property("onFailure", InputKind.OBJECT, default={}, fields=_DESTINATION),
            Property("onSuccess", InputKind.OBJECT, default={}, fields=_DESTINATION),
        ),
    ),
)
_NOTHING: dict[InputKind, Any] = {InputKind.OBJECT: {}, InputKind.TEXTS: [], InputKind.INTEGER: 0}
"""What takes a setting of a mapping away."""
_STATES = {"Enabled", "Disabled"}


def _create(account: EnteredAccount, inputs: Inputs) -> str:
    tags = {"Tags": inputs["tagsAll"]} if inputs["tagsAll"] else {}
    return str(account.functions.create_event_source_mapping(**members(_MAPPING, inputs), **tags)["UUID"])


def _read(account: EnteredAccount, id_: str, _: State) -> State:
    found: dict[str, Any] = dict(account.functions.get_event_source_mapping(UUID=id_))
    return {
        **inputs_in(_MAPPING, found),
        "id": id_,
        "functionName": found["FunctionArn"],
        "enabled": found["State"] in {"Enabled", "Enabling", "Creating"},
        "arn": found.get("EventSourceMappingArn"),
        "functionArn": found["FunctionArn"],
        "lastModified": found["LastModified"].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "state": found["State"],
        "stateTransitionReason": found.get("StateTransitionReason"),
        "uuid": id_,
        "region": account.region,
    }


def _update(account: EnteredAccount, id_: str, change: ResourceUpdate) -> None:
    gone = {
        member(one): _NOTHING[one.kind]
        for one in _MAPPING
        if one.name in change.names and change.new.get(one.name) is None and one.kind in _NOTHING
    }
    wanted = {**gone, **members(_MAPPING, change.new, only=change.names)}
    account.functions.update_event_source_mapping(UUID=id_, **wanted)
    _ready(account, id_)


def _ready(account: EnteredAccount, id_: str) -> None:
    until(account, lambda: account.functions.get_event_source_mapping(UUID=id_)["State"] in _STATES)


def _arn(account: EnteredAccount, id_: str) -> str:
    return f"arn:{account.partition}:lambda:{account.region}:{account.id}:event-source-mapping:{id_}"


def _moved(change: ResourceUpdate) -> bool:
    return change.touches(*(one.name for one in _MAPPING))


def _of(inputs: State) -> dict[str, Any]:
    qualifier = {"Qualifier": inputs["qualifier"]} if inputs.get("qualifier") else {}
    return {"FunctionName": inputs["functionName"], **qualifier}


def _known(id_: str, known: State) -> State:
    """The function and qualifier of an invocation's settings; an import says `function` or `function:qualifier`."""
    if known.get("functionName"):
        return known
    name, _, qualifier = id_.partition(":")
    return {"functionName": name, "qualifier": qualifier or None}


def _put_invoked(account: EnteredAccount, inputs: Inputs) -> str:
    account.functions.put_function_event_invoke_config(**_of(inputs), **members(_INVOKED, inputs))
    return ":".join(filter(None, (inputs["functionName"], inputs.get("qualifier"))))


def _read_invoked(account: EnteredAccount, id_: str, known: State) -> State:
    of = _known(id_, known)
    found: dict[str, Any] = dict(account.functions.get_function_event_invoke_config(**_of(of)))
    named = {"functionName": of["functionName"], "qualifier": of.get("qualifier")}
    return {**inputs_in(_INVOKED, found), **named, "id": id_, "region": account.region}


def _delete_invoked(account: EnteredAccount, id_: str, known: State) -> None:
    account.functions.delete_function_event_invoke_config(**_of(_known(id_, known)))


TYPES = (
    simple_type(
        "aws:lambda/eventSourceMapping:EventSourceMapping",
        (*_MAPPING, *TAGS),
        outputs=(
            *outputs("arn", "uuid", "region"),
            OutputProperty("functionArn", lambda change: change.touches("functionName")),
            OutputProperty("lastModified", _moved),
            OutputProperty("state", _moved),
            OutputProperty("stateTransitionReason", _moved),
        ),
        create=_create,
        read=_read,
        update=_update,
        delete=lambda account, id_, _: account.functions.delete_event_source_mapping(UUID=id_),
        ready=_ready,
        tagging=Tagging("lambda", "Resource", names=_arn, listing="list_tags", paired=False),
    ),
    simple_type(
        "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig",
        (
            Property("functionName", InputKind.FUNCTION, required=True, replaces=True),
            Property("qualifier", replaces=True),
            *_INVOKED,
        ),
        outputs=outputs("region"),
        create=_put_invoked,
        read=_read_invoked,
        update=lambda account, _, change: _put_invoked(account, change.new),
        delete=_delete_invoked,
    ),
)
