"""Records every management call in the accounts it concerns.

"CloudTrail record contents"
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html). A call is
recorded whether it succeeded, failed or was denied; a call whose credentials are not valid belongs to nobody and is not.
AssumeRole into another account is in both accounts under one sharedEventID; refused, it is the caller's alone.
The emulator recorded successful calls only, without error codes, in one account.
"""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ministack.core import responses, router

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.calls import ObservedRequest, identify
from deploy_sandbox.cloud.replace import replace
from deploy_sandbox.cloud.trail import history, names
from deploy_sandbox.cloud.trail.elements import CallAnswer, failure, request_parameters, response_elements
from deploy_sandbox.cloud.trail.identity import TrailCaller, caller
from deploy_sandbox.cloud.trail.resources import resources

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from deploy_sandbox.cloud.calls import ObservedCall

Answered = tuple[int, dict[str, str], Any]

_FAILED = 400


def install() -> None:
    """Record what passes the emulator's dispatch, and silence its own recording."""
    replace("app", "_dispatch_service_request", _recording)
    replace("app", "_maybe_record_cloudtrail", lambda _original: lambda *_facts: None)


def service_assumed_role(service: str, access_key_id: str, session: Mapping[str, Any]) -> None:
    """Record that an AWS service opened a session in a role, as `ec2.amazonaws.com` does for an instance profile."""
    _entered("AssumeRole", {"type": "AWSService", "invokedBy": service}, service, access_key_id, session)


def provider_assumed_role(provider: str, subject: str, session: Mapping[str, Any]) -> None:
    """Record that whoever an identity provider calls `subject` opened a session in a role (CloudTrail User Guide, "userIdentity")."""
    identity = {"type": "WebIdentityUser", "identityProvider": provider, "userName": subject}
    address = responses.get_request_client_ip()
    _entered("AssumeRoleWithWebIdentity", identity, address, session["AccessKeyId"], session)


def _entered(
    operation: str, identity: Mapping[str, str], by: str, access_key_id: str, session: Mapping[str, Any]
) -> None:
    account, (_, role_name, session_name) = _account_of(session["Arn"]), session["Arn"].split("/")
    role_arn = (emulator.role(account, role_name) or {}).get("Arn", "")
    record = _base("sts.amazonaws.com", operation, responses.get_region(), read_only=True) | {
        "userIdentity": identity,
        "sourceIPAddress": by,
        "userAgent": by,
        "requestParameters": {"roleArn": role_arn, "roleSessionName": session_name},
        "responseElements": {"credentials": {"accessKeyId": access_key_id}},
        "resources": _role_resource(role_arn),
        "recipientAccountId": account,
        "sharedEventID": str(uuid.uuid4()),
    }
    _keep(record, username="", access_key_id="")


def _recording(dispatch: Callable[..., Awaitable[Answered]]) -> Callable[..., Awaitable[Answered]]:
    async def recording(*facts: Any) -> Answered:
        *received, request_id = facts
        request = ObservedRequest(*received)
        call = identify(request)
        status, answered, content = await dispatch(*facts)
        if call is not None and names.is_recorded(call):
            answer = CallAnswer(status, answered, content if isinstance(content, bytes) else b"")
            _record(call, request, answer, request_id)
        return status, answered, content

    return recording


def _record(call: ObservedCall, request: ObservedRequest, answer: CallAnswer, request_id: str) -> None:
    by = caller(router.extract_access_key_id(request.headers, request.query), responses.get_account_id())
    if by is None:
        return
    agent = request.headers.get("user-agent", "")
    region = names.region_of(call, responses.get_region())
    record = _base(names.event_source(call), names.event_name(call), region, read_only=names.is_read_only(call)) | {
        "userIdentity": by.identity,
        "sourceIPAddress": responses.get_request_client_ip(),
        "userAgent": f"[{agent}]" if call.service == "s3" else agent,
        "requestParameters": request_parameters(call, request),
        "requestID": request_id,
        "recipientAccountId": by.account,
    }
    if answer.status >= _FAILED:
        record["errorCode"], record["errorMessage"] = failure(call, answer)
    elif not record["readOnly"] or call.operation.startswith("AssumeRole"):
        record["responseElements"] = response_elements(call, answer)
    if call.action == "sts:AssumeRole":
        _keep_assume_role(record, by)
    else:
        _keep(record, by.username, by.access_key_id)


def _keep_assume_role(record: dict[str, Any], by: TrailCaller) -> None:
    role_arn = str((record["requestParameters"] or {}).get("roleArn", ""))
    owner = _account_of(role_arn)
    record["resources"] = _role_resource(role_arn)
    if "errorCode" in record or owner in ("", by.account):
        _keep(record, by.username, by.access_key_id)
        return
    record["sharedEventID"] = str(uuid.uuid4())
    _keep(record, by.username, by.access_key_id)
    theirs = {"eventID": str(uuid.uuid4()), "userIdentity": by.from_outside(), "recipientAccountId": owner}
    _keep(record | theirs, username="", access_key_id="")


def _base(source: str, name: str, region: str, *, read_only: bool) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": None,
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": source,
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": "",
        "userAgent": "",
        "requestParameters": None,
        "responseElements": None,
        "requestID": str(uuid.uuid4()),
        "eventID": str(uuid.uuid4()),
        "readOnly": read_only,
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": "",
        "eventCategory": "Management",
    }


def _role_resource(role_arn: str) -> list[dict[str, str]]:
    return [{"accountId": _account_of(role_arn), "type": "AWS::IAM::Role", "ARN": role_arn}] if role_arn else []


def _account_of(arn: str) -> str:
    """The account an ARN names: its fifth part; nothing for what is no ARN."""
    return dict(enumerate(arn.split(":"))).get(4, "")


def _keep(record: dict[str, Any], username: str, access_key_id: str) -> None:
    event = history.TrailEvent(
        number=history.next_number(),
        id=record["eventID"],
        name=record["eventName"],
        source=record["eventSource"],
        time=time.time(),
        region=record["awsRegion"],
        username=username,
        access_key_id=access_key_id,
        read_only=record["readOnly"],
        resources=resources(record),
        text=json.dumps(record, default=str),
    )
    history.keep(record["recipientAccountId"], event)
