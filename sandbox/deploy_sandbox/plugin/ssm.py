"""Systems Manager: parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.resource import TAGS, OutputProperty, Property, outputs
from deploy_sandbox.plugin.simple import Tagging, inputs_in, members, simple_type
from deploy_sandbox.plugin.tags import pairs

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State

_DESCRIBED = (
    Property("type", required=True),
    Property("description", default=""),
    Property("allowedPattern", default=""),
    Property("dataType", cloud_decides=True),
    Property("keyId", cloud_decides=True),
    Property("tier", cloud_decides=True),
)
_VALUE = Property("value", required=True)


def _put(account: EnteredAccount, inputs: Inputs, **more: Any) -> None:
    account.client("ssm").put_parameter(Name=inputs["name"], **members((*_DESCRIBED, _VALUE), inputs), **more)


def _create(account: EnteredAccount, inputs: Inputs) -> str:
    _put(account, inputs, **({"Tags": pairs(inputs["tagsAll"])} if inputs["tagsAll"] else {}))
    return str(inputs["name"])


def _read(account: EnteredAccount, name: str, _: State) -> State | None:
    client = account.client("ssm")
    parameter = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
    named = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
    described = client.describe_parameters(ParameterFilters=named)["Parameters"]
    if not described:
        return None
    return {
        **inputs_in(_DESCRIBED, described[0]),
        "id": name,
        "name": name,
        "value": parameter["Value"],
        "arn": parameter["ARN"],
        "version": parameter["Version"],
        "region": account.region,
    }


def _update(account: EnteredAccount, _: str, change: ResourceUpdate) -> None:
    nothing = {"description": "", "allowedPattern": ""}
    _put(account, {**nothing, **change.new}, Overwrite=True)


TYPES = (
    simple_type(
        "aws:ssm/parameter:Parameter",
        (Property("name", required=True, names=True, replaces=True), *_DESCRIBED, _VALUE, *TAGS),
        outputs=(
            *outputs("arn", "region"),
            OutputProperty("version", lambda change: change.touches("value", *(one.name for one in _DESCRIBED))),
        ),
        create=_create,
        read=_read,
        update=_update,
        delete=lambda account, name, _: account.client("ssm").delete_parameter(Name=name),
        gone=frozenset({"ParameterNotFound"}),
        tagging=Tagging(
            "ssm",
            "ResourceId",
            put="add_tags_to_resource",
            remove="remove_tags_from_resource",
            answer="TagList",
            also={"ResourceType": "Parameter"},
        ),
    ),
)
