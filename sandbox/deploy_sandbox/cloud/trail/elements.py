"""What a record says of a call's request and response: names in lower camel case, secrets left out.

"CloudTrail record contents", requestParameters and responseElements
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html): responses of
reads are not kept, sensitive values are hidden, contents (archives, ciphertexts) are omitted. The emulator kept the raw body.
Unlike AWS, the session token of issued credentials is omitted too.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from xml.etree.ElementTree import Element, ParseError

from botocore.awsrequest import HeadersDict
from botocore.model import ListShape, MapShape, StructureShape
from botocore.parsers import ResponseParserError, create_parser
from defusedxml.ElementTree import fromstring  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import Shape

    from deploy_sandbox.cloud.calls import ObservedCall, ObservedRequest, Query

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
_OMITTED = frozenset({"secretAccessKey", "sessionToken"})


@dataclass(frozen=True)
class CallAnswer:
    """A response as the emulator gave it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def request_parameters(call: ObservedCall, request: ObservedRequest) -> dict[str, Any] | None:
    """The `requestParameters` of a call; None when it has none."""
    if call.service == "s3":
        return _s3_parameters(call, request)
    shape = call.shape.input_shape
    if shape is None:
        return None
    with suppress(ValueError, LookupError, TypeError, AttributeError):
        wire = _wire(call, request, shape)
        return (
            _structure(shape, {name: wire[key] for name in shape.members if (key := _wire_name(shape, name)) in wire})
            or None
        )
    return None


def response_elements(call: ObservedCall, answer: CallAnswer) -> dict[str, Any] | None:
    """The `responseElements` of a successful write; S3 keeps none."""
    shape = call.shape.output_shape
    if shape is None or call.service == "s3":
        return None
    parsed = _parsed(call, answer)
    return _structure(shape, {name: parsed[name] for name in shape.members if name in parsed}) or None


def failure(call: ObservedCall, answer: CallAnswer) -> tuple[str, str]:
    """The `errorCode` and `errorMessage` of a failed call."""
    error = _parsed(call, answer).get("Error", {})
    code = str(error.get("Code") or "InternalFailure").partition(":")[0]
    for shape in call.shape.error_shapes:
        if shape.metadata.get("error", {}).get("code") == code and call.service == "iam":
            code = shape.name
    return "AccessDenied" if code == "AccessDeniedException" else code, str(error.get("Message", ""))


def lower_camel(name: str) -> str:
    """A member's name as CloudTrail writes it."""
    return name[:1].lower() + name[1:]


def _parsed(call: ObservedCall, answer: CallAnswer) -> dict[str, Any]:
    response: dict[str, Any] = {
        "status_code": answer.status,
        "headers": HeadersDict(answer.headers),
        "body": answer.body,
    }
    with suppress(ResponseParserError, ValueError, LookupError, AttributeError):
        parsed: dict[str, Any] = create_parser(_protocol(call, response["headers"])).parse(
            response, cast("Shape", call.shape.output_shape)
        )
        return parsed
    return {}


def _protocol(call: ObservedCall, headers: Mapping[str, str]) -> str:
    """The protocol of an answer. A service that speaks several, as CloudWatch does, answers in that of the request."""
    declared = str(call.model.metadata["protocol"])
    if not declared.startswith("smithy"):
        return declared
    spoken = headers.get("content-type", "")
    return "json" if "json" in spoken else "query" if "xml" in spoken else declared


def _wire(call: ObservedCall, request: ObservedRequest, shape: StructureShape) -> dict[str, Any]:
    """The request's members by the names that they have on the wire."""
    if "x-amz-target" in request.headers:
        return dict(json.loads(request.body or b"{}"))
    if call.model.metadata["protocol"] == "query":
        return dict(_unfolded(shape, request.form))
    body = json.loads(request.body) if request.body.startswith(b"{") else {}
    query = {name: values[0] for name, values in request.query.items()}
    return {**query, **body, **call.labels}


def _wire_name(shape: StructureShape, name: str) -> str:
    return str(shape.members[name].serialization.get("name", name))


def _unfolded(shape: Shape, form: Query, prefix: str = "") -> Any:
    """A value of the Query protocol, whose lists are `Name.member.1` and whose structures are `Name.Member`."""
    if isinstance(shape, StructureShape):
        inner = {
            name: _unfolded(member, form, f"{prefix}.{name}".lstrip(".")) for name, member in shape.members.items()
        }
        return {name: value for name, value in inner.items() if value not in (None, {}, [])}
    if isinstance(shape, ListShape):
        values: list[Any] = []
        while (value := _unfolded(shape.member, form, f"{prefix}.member.{len(values) + 1}")) not in (None, {}, []):
            values.append(value)
        return values
    if prefix not in form:
        return None
    return int(form[prefix][0]) if shape.type_name == "integer" and form[prefix][0].isdigit() else form[prefix][0]


def _structure(shape: StructureShape, value: Mapping[str, Any]) -> dict[str, Any]:
    shown = {
        lower_camel(name): _shown(shape.members[name], member)
        for name, member in value.items()
        if name in shape.members
    }
    return {name: member for name, member in shown.items() if member is not None and name not in _OMITTED}


def _shown(shape: Shape, value: Any) -> Any:
    if shape.type_name == "blob" or value is None:
        return None
    if shape.metadata.get("sensitive"):
        return HIDDEN
    match shape, value:
        case StructureShape(), dict():
            names = {name: key for name in shape.members for key in (_wire_name(shape, name), name) if key in value}
            return _structure(shape, {name: value[key] for name, key in names.items()})
        case ListShape(), list():
            return [_shown(shape.member, item) for item in value]
        case MapShape(), dict():
            return {key: _shown(shape.value, item) for key, item in value.items()}
    return value.strftime("%b %-d, %Y, %-I:%M:%S %p") if isinstance(value, datetime) else value


def _s3_parameters(call: ObservedCall, request: ObservedRequest) -> dict[str, Any]:
    shown: dict[str, Any] = {"Host": request.headers.get("host", "")}
    if "Bucket" in call.labels:
        shown["bucketName"] = call.labels["Bucket"]
    if "resourceArn" in call.labels:
        shown["resourceArn"] = call.labels["resourceArn"]
    shown.update({name: values[0] for name, values in request.query.items() if not name.lower().startswith("x-")})
    if request.body.startswith(b"{"):
        with suppress(ValueError):
            shown["bucketPolicy"] = json.loads(request.body)
    elif request.body:
        with suppress(ParseError):
            root = fromstring(request.body)
            shown[_tag(root)] = _tree(root)
    return shown


def _tree(element: Element) -> Any:
    children: dict[str, Any] = {}
    for child in element:
        name, value = _tag(child), _tree(child)
        if name in children:
            value = [*(children[name] if isinstance(children[name], list) else [children[name]]), value]
        children[name] = value
    return children or (element.text or "").strip()


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]
