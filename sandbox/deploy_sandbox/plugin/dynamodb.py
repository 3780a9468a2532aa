"""DynamoDB: tables with their indexes, stream, expiry and backups."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from deploy_sandbox.plugin.patience import until
from deploy_sandbox.plugin.resource import TAGS, InputKind, OutputProperty, Property, outputs
from deploy_sandbox.plugin.simple import Tagging, inputs_in, members, simple_type
from deploy_sandbox.plugin.tags import pairs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from deploy_sandbox.plugin.account import EnteredAccount
    from deploy_sandbox.plugin.resource import Inputs, ResourceUpdate, State

_KEYS = {"hashKey": "HASH", "rangeKey": "RANGE"}
_CAPACITY = {"readCapacity": "ReadCapacityUnits", "writeCapacity": "WriteCapacityUnits"}
_PROJECTED = (
    Property("name", required=True),
    Property("rangeKey"),
    Property("projectionType", required=True),
    Property("nonKeyAttributes", InputKind.TEXTS),
)
_ATTRIBUTES = Property(
    "attributes",
    InputKind.OBJECT_SET,
    fields=(
        Property("name", required=True, member="AttributeName"),
        Property("type", required=True, member="AttributeType"),
    ),
    member="AttributeDefinitions",
)
_PLAIN = (
    _ATTRIBUTES,
    Property("deletionProtectionEnabled", InputKind.BOOLEAN, default=False),
)
_TABLE = (
    Property("name", required=True, names=True, replaces=True),
    Property("hashKey", required=True, replaces=True),
    Property("rangeKey", replaces=True),
    Property("billingMode", default="PROVISIONED", filled=True),
    *(Property(name, InputKind.INTEGER, cloud_decides=True) for name in _CAPACITY),
    Property("tableClass", default="STANDARD"),
    Property(
        "globalSecondaryIndexes",
        InputKind.OBJECT_SET,
        fields=(
            *_PROJECTED,
            Property("hashKey", required=True),
            *(Property(name, InputKind.INTEGER, default=0) for name in _CAPACITY),
        ),
    ),
    Property("localSecondaryIndexes", InputKind.OBJECT_SET, replaces=True, fields=_PROJECTED),
    Property("streamEnabled", InputKind.BOOLEAN, default=False),
    Property("streamViewType", cloud_decides=True),
    Property(
        "serverSideEncryption",
        InputKind.OBJECT,
        default={},
        fields=(Property("enabled", InputKind.BOOLEAN, default=False), Property("kmsKeyArn", cloud_decides=True)),
    ),
    Property(
        "ttl",
        InputKind.OBJECT,
        default={},
        fields=(Property("enabled", InputKind.BOOLEAN, default=False), Property("attributeName", default="")),
    ),
    Property(
        "pointInTimeRecovery",
        InputKind.OBJECT,
        default={},
        fields=(Property("enabled", InputKind.BOOLEAN, default=False),),
    ),
    *_PLAIN,
    *TAGS,
)


def _schema(keys: Mapping[str, Any]) -> list[dict[str, str]]:
    return [{"AttributeName": keys[ours], "KeyType": kind} for ours, kind in _KEYS.items() if keys.get(ours)]


def _keys(schema: Sequence[Mapping[str, str]]) -> dict[str, str]:
    ours = {kind: name for name, kind in _KEYS.items()}
    return {ours[one["KeyType"]]: one["AttributeName"] for one in schema}


def _throughput(inputs: Mapping[str, Any]) -> dict[str, Any]:
    capacity = {theirs: inputs[ours] for ours, theirs in _CAPACITY.items() if inputs.get(ours)}
    return {"ProvisionedThroughput": capacity} if capacity else {}


def _index(index: Mapping[str, Any], table: Mapping[str, Any]) -> dict[str, Any]:
    """An index as a call takes it; a local one has the hash key of its table."""
    names = {"NonKeyAttributes": index["nonKeyAttributes"]} if index.get("nonKeyAttributes") else {}
    return {
        "IndexName": index["name"],
        "KeySchema": _schema({"hashKey": table["hashKey"], **index}),
        "Projection": {"ProjectionType": index["projectionType"], **names},
        **_throughput(index),
    }


def _indexes(found: Mapping[str, Any], kind: str) -> list[dict[str, Any]] | None:
    told = []
    for one in found.get(f"{kind}SecondaryIndexes", []):
        keys = _keys(one["KeySchema"])
        capacity = one.get("ProvisionedThroughput", {})
        told.append(
            {
                "name": one["IndexName"],
                **(keys if kind == "Global" else {"rangeKey": keys["rangeKey"]}),
                "projectionType": one["Projection"]["ProjectionType"],
                **({"nonKeyAttributes": names} if (names := one["Projection"].get("NonKeyAttributes")) else {}),
                **{ours: capacity[theirs] for ours, theirs in _CAPACITY.items() if capacity.get(theirs)},
            }
        )
    return told or None


def _encryption(inputs: Mapping[str, Any]) -> dict[str, Any]:
    wanted = inputs.get("serverSideEncryption") or {}
    key = {"SSEType": "KMS", "KMSMasterKeyId": wanted["kmsKeyArn"]} if wanted.get("kmsKeyArn") else {}
    return {"SSESpecification": {"Enabled": wanted.get("enabled", False), **key}}


def _stream(inputs: Mapping[str, Any]) -> dict[str, Any]:
    enabled = bool(inputs.get("streamEnabled"))
    view = {"StreamViewType": inputs["streamViewType"]} if enabled and inputs.get("streamViewType") else {}
    return {"StreamSpecification": {"StreamEnabled": enabled, **view}}


def _create(account: EnteredAccount, inputs: Inputs) -> str:
    tags = {"Tags": pairs(inputs["tagsAll"])} if inputs["tagsAll"] else {}
    indexes = {
        f"{kind.capitalize()}SecondaryIndexes": [_index(one, inputs) for one in inputs[f"{kind}SecondaryIndexes"]]
        for kind in ("global", "local")
        if inputs.get(f"{kind}SecondaryIndexes")
    }
    account.client("dynamodb").create_table(
        TableName=inputs["name"],
        KeySchema=_schema(inputs),
        BillingMode=inputs["billingMode"],
        TableClass=inputs.get("tableClass") or "STANDARD",
        **members(_PLAIN, inputs),
        **_throughput(inputs),
        **indexes,
        **(_stream(inputs) if inputs.get("streamEnabled") else {}),
        **(_encryption(inputs) if inputs.get("serverSideEncryption") else {}),
        **tags,
    )
    return str(inputs["name"])


def _read(account: EnteredAccount, name: str, known: State) -> State:
    client = account.client("dynamodb")
    table = client.describe_table(TableName=name)["Table"]
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups.get("PointInTimeRecoveryDescription", {}).get("PointInTimeRecoveryStatus")
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    stream, encryption = table.get("StreamSpecification", {}), table.get("SSEDescription", {})
    encrypted = encryption.get("Status") == "ENABLED"
    return {
        **inputs_in(_PLAIN, table),
        "id": name,
        "name": name,
        **_keys(table["KeySchema"]),
        "billingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        **{ours: table["ProvisionedThroughput"].get(theirs) or None for ours, theirs in _CAPACITY.items()},
        "tableClass": table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        "globalSecondaryIndexes": _indexes(table, "Global"),
        "localSecondaryIndexes": _indexes(table, "Local"),
        "streamEnabled": bool(stream.get("StreamEnabled")),
        "streamViewType": stream.get("StreamViewType"),
        "serverSideEncryption": {"enabled": True, "kmsKeyArn": encryption["KMSMasterKeyArn"]} if encrypted else None,
        "ttl": _expiry(expiry, known),
        "pointInTimeRecovery": {"enabled": True} if recovery == "ENABLED" else None,
        "arn": table["TableArn"],
        "streamArn": table.get("LatestStreamArn"),
        "streamLabel": table.get("LatestStreamLabel"),
        "region": account.region,
    }


def _expiry(found: Mapping[str, Any], known: State) -> Any:
    """The attribute by which items expire; AWS does not tell that of an expiry that is off."""
    if found["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}:
        return {"enabled": True, "attributeName": found["AttributeName"]}
    told = known.get("ttl") or {}
    return None if told.get("enabled") or not told else told


def _update(account: EnteredAccount, name: str, change: ResourceUpdate) -> None:
    for wanted in _changes(change):
        account.client("dynamodb").update_table(TableName=name, **wanted)
        _ready(account, name)
    if change.touches("ttl"):
        wanted = change.new.get("ttl") or {}
        attribute = wanted.get("attributeName") or (change.old.get("ttl") or {}).get("attributeName", "")
        account.client("dynamodb").update_time_to_live(
            TableName=name,
            TimeToLiveSpecification={"Enabled": wanted.get("enabled", False), "AttributeName": attribute},
        )
    if change.touches("pointInTimeRecovery"):
        enabled = (change.new.get("pointInTimeRecovery") or {}).get("enabled", False)
        account.client("dynamodb").update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled}
        )


def _changes(change: ResourceUpdate) -> list[dict[str, Any]]:
    """The calls that change the table itself: DynamoDB takes one kind of change at a time, and one index."""
    new = change.new
    calls: list[dict[str, Any]] = []
    if change.touches("billingMode", *_CAPACITY):
        calls.append({"BillingMode": new["billingMode"], **_throughput(new)})
    if change.touches("globalSecondaryIndexes"):
        definitions = members((_ATTRIBUTES,), new)
        calls += [{**definitions, "GlobalSecondaryIndexUpdates": [one]} for one in _index_changes(change)]
    if change.touches("streamEnabled", "streamViewType"):
        calls.append(_stream(new))
    if change.touches("serverSideEncryption"):
        calls.append(_encryption(new))
    if change.touches("tableClass"):
        calls.append({"TableClass": new.get("tableClass") or "STANDARD"})
    if change.touches("deletionProtectionEnabled"):
        calls.append({"DeletionProtectionEnabled": new.get("deletionProtectionEnabled") or False})
    return calls


def _index_changes(change: ResourceUpdate) -> list[dict[str, Any]]:
    old, new = (
        {one["name"]: _index(one, side) for one in side.get("globalSecondaryIndexes") or ()}
        for side in (change.old, change.new)
    )
    other = {name for name in {*old, *new} if _shape(old.get(name)) != _shape(new.get(name))}
    return [
        *({"Delete": {"IndexName": name}} for name in old if name in other),
        *({"Create": index} for name, index in new.items() if name in other),
        *(
            {"Update": {"IndexName": name, "ProvisionedThroughput": index["ProvisionedThroughput"]}}
            for name, index in new.items()
            if name not in other and index.get("ProvisionedThroughput") != old[name].get("ProvisionedThroughput")
        ),
    ]


def _shape(index: Mapping[str, Any] | None) -> Any:
    """What of an index cannot be changed."""
    return index and (index["KeySchema"], index["Projection"])


def _ready(account: EnteredAccount, name: str) -> None:
    def settled() -> bool:
        table = account.client("dynamodb").describe_table(TableName=name)["Table"]
        parts = (table, *table.get("GlobalSecondaryIndexes", []))
        return all(one.get("TableStatus", one.get("IndexStatus")) == "ACTIVE" for one in parts)

    until(account, settled)


TYPES = (
    simple_type(
        "aws:dynamodb/table:Table",
        _TABLE,
        outputs=(
            *outputs("arn", "region"),
            *(
                OutputProperty(name, lambda change: change.touches("streamEnabled"))
                for name in ("streamArn", "streamLabel")
            ),
        ),
        create=_create,
        read=_read,
        update=_update,
        delete=lambda account, name, _: account.client("dynamodb").delete_table(TableName=name),
        completes=frozenset({"ttl", "pointInTimeRecovery"}),
        ready=_ready,
        tagging=Tagging(
            "dynamodb",
            "ResourceArn",
            names=lambda account, name: f"arn:{account.partition}:dynamodb:{account.region}:{account.id}:table/{name}",
            listing="list_tags_of_resource",
        ),
    ),
)
