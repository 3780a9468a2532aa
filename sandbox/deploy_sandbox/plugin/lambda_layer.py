"""Lambda: versions of layers. Nothing of one can be changed: another version takes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.archive import zipped
from deploy_sandbox.plugin.resource import InputKind, Property, outputs
from deploy_sandbox.plugin.simple import inputs_in, members, simple_type

if TYPE_CHECKING:
    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, State

_LAYER = (
    Property("description", default="", replaces=True),
    Property("licenseInfo", replaces=True),
    Property("compatibleRuntimes", InputKind.TEXTS, replaces=True),
    Property("compatibleArchitectures", InputKind.TEXTS, replaces=True),
)


def _create(account: EnteredAccount, inputs: Inputs) -> str:
    content: Any = {"ZipFile": zipped(inputs["code"])}
    made = account.functions.publish_layer_version(
        LayerName=inputs["layerName"], Content=content, **members(_LAYER, inputs)
    )
    return made["LayerVersionArn"]


def _version(arn: str) -> dict[str, Any]:
    """The layer and the number in the ARN of a version."""
    layer, _, number = arn.partition(":layer:")[2].rpartition(":")
    return {"LayerName": layer, "VersionNumber": int(number)}


def _read(account: EnteredAccount, arn: str, _: State) -> State:
    found: dict[str, Any] = dict(account.functions.get_layer_version(**_version(arn)))
    return {
        **inputs_in(_LAYER, found),
        "id": arn,
        "arn": found["LayerVersionArn"],
        "layerArn": found["LayerArn"],
        "layerName": _version(arn)["LayerName"],
        "version": str(found["Version"]),
        "createdDate": found["CreatedDate"],
        "codeSha256": found["Content"]["CodeSha256"],
        "sourceCodeSize": found["Content"]["CodeSize"],
        "region": account.region,
    }


def _delete(account: EnteredAccount, arn: str, state: State) -> None:
    if not state.get("skipDestroy"):
        account.functions.delete_layer_version(**_version(arn))


TYPES = (
    simple_type(
        "aws:lambda/layerVersion:LayerVersion",
        (
            Property("layerName", required=True, replaces=True),
            Property("code", InputKind.CODE, required=True, replaces=True, in_cloud=False),
            Property("sourceCodeHash", replaces=True, in_cloud=False),
            *_LAYER,
            Property("skipDestroy", InputKind.BOOLEAN, default=False, filled=True, in_cloud=False),
        ),
        outputs=outputs("arn", "layerArn", "version", "createdDate", "codeSha256", "sourceCodeSize", "region"),
        create=_create,
        read=_read,
        delete=_delete,
    ),
)
