"""A record says who did what, by the names that AWS gives both."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import ALLOW_ALL, Someone, refusal, trusting
from tests.contract.cloud.records import look_up

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.sandbox

TOOLS, DEV = "111111111111", "222222222222"


def archive() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as file:
        file.writestr("index.py", "def handle(event, context):\n    return {}\n")
    return content.getvalue()


@pytest.fixture
def visitor(someone: Callable[..., Someone], make_role: Callable[..., str]) -> Callable[..., Someone]:
    """Somebody of the tools account in a role of another one."""

    def make(account: str, *statements: Any, **facts: Any) -> Someone:
        role = make_role(account, trusting(TOOLS, "sts:AssumeRole", "sts:SetSourceIdentity"), *statements)
        return someone("tools", ALLOW_ALL).become(role, **facts)

    return make


def test_a_role_session_is_named_with_its_role_and_source_identity(
    root: Callable[[str], Someone], visitor: Callable[..., Someone], unique: str
) -> None:
    who = visitor("dev", ALLOW_ALL, RoleSessionName="items-dev-7", SourceIdentity="items-dev-7-run")
    who.client("logs").create_log_group(logGroupName=unique)
    (record,) = look_up(root("dev"), ResourceName=unique)
    identity = record["userIdentity"]
    role = identity["sessionContext"]["sessionIssuer"]
    assert (record["eventSource"], record["eventName"], record["readOnly"]) == (
        "logs.amazonaws.com",
        "CreateLogGroup",
        False,
    )
    assert (identity["type"], identity["accountId"], identity["accessKeyId"]) == ("AssumedRole", DEV, who.access_key)
    assert identity["arn"] == f"arn:aws:sts::{DEV}:assumed-role/{role['userName']}/items-dev-7"
    assert identity["principalId"] == f"{role['principalId']}:items-dev-7"
    assert role["principalId"].startswith("AROA")
    assert role["arn"] == f"arn:aws:iam::{DEV}:role/{role['userName']}"
    assert identity["sessionContext"]["sourceIdentity"] == "items-dev-7-run"
    assert record["requestParameters"] == {"logGroupName": unique}
    assert "errorCode" not in record


def test_a_user_and_a_root_are_named_as_what_they_are(
    root: Callable[[str], Someone], someone: Callable[..., Someone], unique: str
) -> None:
    someone("dev", ALLOW_ALL).client("logs").create_log_group(logGroupName=unique)
    root("dev").client("logs").delete_log_group(logGroupName=unique)
    user, owner = [record["userIdentity"] for record in look_up(root("dev"), ResourceName=unique)]
    assert (user["type"], user["arn"]) == ("IAMUser", f"arn:aws:iam::{DEV}:user/{user['userName']}")
    assert (owner["type"], owner["arn"]) == ("Root", f"arn:aws:iam::{DEV}:root")


def test_a_denied_and_a_failed_call_are_recorded_with_their_error(
    root: Callable[[str], Someone], visitor: Callable[..., Someone], unique: str
) -> None:
    who = visitor("dev", {"Effect": "Allow", "Action": "lambda:GetFunction", "Resource": "*"})
    refusal(lambda: who.client("lambda").delete_function(FunctionName=unique))
    refusal(lambda: who.client("lambda").get_function(FunctionName=unique))
    denied, failed = look_up(root("dev"), ResourceName=unique)
    assert (denied["eventName"], denied["errorCode"]) == ("DeleteFunction20150331", "AccessDenied")
    assert f"{who_arn(denied)} is not authorized to perform: lambda:DeleteFunction" in denied["errorMessage"]
    assert (failed["eventName"], failed["errorCode"]) == ("GetFunction20150331v2", "ResourceNotFoundException")
    assert failed["responseElements"] is None


def who_arn(record: dict[str, Any]) -> str:
    return str(record["userIdentity"]["arn"])


def test_a_call_with_a_wrong_signature_is_nobodys(
    root: Callable[[str], Someone], someone: Callable[..., Someone], unique: str
) -> None:
    real = someone("dev", ALLOW_ALL)
    forged = Someone(real.sandbox, real.access_key, "not-the-secret")
    refusal(lambda: forged.client("logs").create_log_group(logGroupName=unique))
    assert look_up(root("dev"), ResourceName=unique) == []
    real.client("logs").create_log_group(logGroupName=unique)
    assert len(look_up(root("dev"), ResourceName=unique)) == 1


def test_a_function_is_recorded_without_its_secrets_and_its_invocation_not_at_all(
    root: Callable[[str], Someone], make_role: Callable[..., str], unique: str
) -> None:
    role = make_role("dev", trusting({"Service": "lambda.amazonaws.com"}))
    functions = root("dev").client("lambda")
    functions.create_function(
        FunctionName=unique,
        Role=role,
        Runtime="python3.11",
        Handler="index.handle",
        Code={"ZipFile": archive()},
        Environment={"Variables": {"PASSWORD": "hunter2"}},
        Tags={"a-Key": "kept"},
    )
    functions.update_function_configuration(
        FunctionName=unique, Timeout=4, Environment={"Variables": {"PASSWORD": "hunter3"}}
    )
    functions.publish_version(FunctionName=unique)
    functions.add_permission(
        FunctionName=unique, StatementId="s", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    functions.invoke(FunctionName=unique)
    records = look_up(root("dev"), ResourceName=unique)
    assert [record["eventName"] for record in records] == [
        "CreateFunction20150331",
        "UpdateFunctionConfiguration20150331v2",
        "PublishVersion20150331",
        "AddPermission20150331v2",
    ]
    created = records[0]["requestParameters"]
    assert created["environment"] == {"variables": "HIDDEN_DUE_TO_SECURITY_REASONS"}
    assert created["tags"] == {"a-Key": "kept"}
    assert created["code"] == {}
    assert records[0]["responseElements"]["functionArn"].endswith(f":function:{unique}")
    assert "hunter" not in str(records)


def test_a_bucket_is_recorded_by_s3s_names_and_its_objects_not_at_all(
    root: Callable[[str], Someone], unique: str
) -> None:
    s3 = root("dev").client("s3")
    s3.create_bucket(Bucket=unique, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket=unique, VersioningConfiguration={"Status": "Enabled"})
    s3.put_public_access_block(Bucket=unique, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_object(Bucket=unique, Key="some/key", Body=b"content")
    s3.get_object(Bucket=unique, Key="some/key")
    s3.list_objects_v2(Bucket=unique)
    s3.head_bucket(Bucket=unique)
    records = look_up(root("dev"), ResourceName=unique)
    assert [record["eventName"] for record in records] == [
        "CreateBucket",
        "PutBucketVersioning",
        "PutBucketPublicAccessBlock",
    ]
    assert records[1]["requestParameters"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_an_http_api_is_recorded_by_operations_not_by_verbs(root: Callable[[str], Someone], unique: str) -> None:
    apis = root("dev").client("apigatewayv2")
    api = apis.create_api(Name=unique, ProtocolType="HTTP")["ApiId"]
    apis.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
    apis.get_api(ApiId=api)
    apis.delete_api(ApiId=api)
    records = look_up(root("dev"), ResourceName=api)
    assert [record["eventName"] for record in records] == ["CreateApi", "CreateStage", "GetApi", "DeleteApi"]
    assert {record["eventSource"] for record in records} == {"apigateway.amazonaws.com"}


def test_iam_is_recorded_in_the_region_of_global_services(
    root: Callable[[str], Someone], make_role: Callable[..., str]
) -> None:
    name = make_role("dev", trusting(TOOLS)).rpartition("/")[2]
    refusal(lambda: root("dev").client("iam").get_role(RoleName=f"{name}-not"))
    assert look_up(root("dev"), ResourceName=name) == []
    (made,) = look_up(root("dev"), region="us-east-1", ResourceName=name)
    (missed,) = look_up(root("dev"), region="us-east-1", ResourceName=f"{name}-not")
    assert (made["eventName"], made["awsRegion"]) == ("CreateRole", "us-east-1")
    assert (missed["eventName"], missed["errorCode"]) == ("GetRole", "NoSuchEntityException")


def test_an_assumed_role_is_in_both_accounts_under_one_shared_event_id(
    root: Callable[[str], Someone], someone: Callable[..., Someone], make_role: Callable[..., str]
) -> None:
    caller, role = someone("tools", ALLOW_ALL), make_role("dev", trusting(TOOLS))
    became = caller.become(role, RoleSessionName="items-dev-9")
    (theirs,) = look_up(root("tools"), ResourceName=role)
    (ours,) = look_up(root("dev"), ResourceName=role)
    assert theirs["sharedEventID"] == ours["sharedEventID"]
    assert theirs["eventID"] != ours["eventID"]
    assert (theirs["recipientAccountId"], ours["recipientAccountId"]) == (TOOLS, DEV)
    assert theirs["userIdentity"]["accessKeyId"] == caller.access_key
    assert ours["userIdentity"] == {
        "type": "AWSAccount",
        "principalId": theirs["userIdentity"]["principalId"],
        "accountId": TOOLS,
    }
    assert ours["requestParameters"]["roleSessionName"] == "items-dev-9"
    assert ours["responseElements"]["credentials"]["accessKeyId"] == became.access_key
    assert ours["resources"] == [{"accountId": DEV, "type": "AWS::IAM::Role", "ARN": role}]
    assert became.secret_key not in str(ours)
    assert str(became.token) not in str(ours)


def test_a_refused_role_is_the_callers_record_alone(
    root: Callable[[str], Someone], someone: Callable[..., Someone], make_role: Callable[..., str]
) -> None:
    role = make_role("dev", trusting(TOOLS, StringEquals={"sts:ExternalId": "the-right-one"}))
    caller = someone("tools", ALLOW_ALL)
    refusal(lambda: caller.become(role, ExternalId="a-wrong-one"))
    (refused,) = look_up(root("tools"), ResourceName=role)
    assert (refused["errorCode"], refused["requestParameters"]["externalId"]) == ("AccessDenied", "a-wrong-one")
    assert look_up(root("dev"), ResourceName=role) == []
    caller.become(role, ExternalId="the-right-one")
    assert len(look_up(root("dev"), ResourceName=role)) == 1


def test_an_instances_credentials_are_ec2s_doing_and_say_so_ever_after(
    administrator: Someone, root: Callable[[str], Someone], unique: str
) -> None:
    administrator.client("logs").create_log_group(logGroupName=unique)
    (used,) = look_up(root("tools"), ResourceName=unique)
    context = used["userIdentity"]["sessionContext"]
    issued = look_up(root("tools"), ResourceName=context["sessionIssuer"]["arn"])
    (opened,) = [
        record
        for record in issued
        if record["userIdentity"]["type"] == "AWSService" and _key(record) == administrator.access_key
    ]
    assert opened["userIdentity"] == {"type": "AWSService", "invokedBy": "ec2.amazonaws.com"}
    assert opened["requestParameters"]["roleSessionName"] == used["userIdentity"]["arn"].rpartition("/")[2]
    assert context["ec2RoleDelivery"] == "2.0"


def _key(record: dict[str, Any]) -> str:
    return str(record["responseElements"]["credentials"]["accessKeyId"])
