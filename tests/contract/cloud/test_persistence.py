"""Everything that a caller relies on is there again after a stop and a start."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sandbox import lifecycle
from tests.contract.cloud.outsider import ALLOW_ALL, Someone, at_instance, document, trusting
from tests.contract.cloud.service import Service, get

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import boto3

def handler(event, context):
    stored = boto3.client("s3").get_object(Bucket="kept", Key="greeting")["Body"].read().decode()
    return {"statusCode": 200, "body": stored}
"""


def test_roles_sessions_objects_functions_and_apis_survive(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first = lifecycle.up(home)
    try:
        root = Someone(first, first.accounts["dev"], "test")
        iam, s3 = root.client("iam"), root.client("s3")
        role = iam.create_role(RoleName="runs", AssumeRolePolicyDocument=trusting({"Service": "lambda.amazonaws.com"}))
        iam.put_role_policy(RoleName="runs", PolicyName="does", PolicyDocument=document(ALLOW_ALL))
        s3.create_bucket(Bucket="kept", CreateBucketConfiguration={"LocationConstraint": first.region})
        s3.put_object(Bucket="kept", Key="greeting", Body=b"still here")
        service = Service(first, "dev", "items", root.client)
        service.make(role["Role"]["Arn"], CODE)
        service.permit()
        assert get(f"{service.url}/health") == (200, "still here")
        instance = at_instance(first, "administrator")
        entered = instance.become(f"arn:aws:iam::{first.accounts['dev']}:role/OrganizationAccountAccessRole")

        lifecycle.down(home)
        second = lifecycle.up(home)

        assert second.endpoint == first.endpoint
        assert get(f"{service.url}/health") == (200, "still here")
        assert instance.client("sts").get_caller_identity()["Account"] == first.accounts["tools"]
        assert entered.client("s3").get_object(Bucket="kept", Key="greeting")["Body"].read() == b"still here"
        assert at_instance(second, "administrator").client("sts").get_caller_identity()["Account"]
    finally:
        lifecycle.down(home)
