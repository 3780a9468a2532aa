"""What the deployment and preview roles cannot do, tried through `deploy exec`; the twin of each is what they can."""

from __future__ import annotations

import json
import sys

import pytest

from tests.e2e.project import Project

TRY = """
import json, sys
import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
service, call, parameters = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
try:
    getattr(boto3.client(service, config=Config(s3={"addressing_style": "path"})), call)(**parameters)
except ClientError as error:
    print(error.response["Error"]["Code"])
else:
    print("done")
"""

BUCKET = "items-dev-222222222222"
STRANGERS = "items-prod-444444444444"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


def attempt(project: Project, service: str, call: str, *options: str, **parameters: object) -> str:
    done = project.deploy(
        "exec", "--stack", "dev", *options, "--", sys.executable, "-c", TRY, service, call, json.dumps(parameters)
    )
    assert done.code == 0, done
    return done.out.strip()


@pytest.fixture
def deployed(project: Project) -> Project:
    done = project.deploy("up", "--stacks", "dev")
    assert done.code == 0, done
    return project


def test_the_deployment_role_does_its_work_and_nothing_else(deployed: Project) -> None:
    assert attempt(deployed, "s3", "get_bucket_versioning", Bucket=BUCKET) == "done"
    assert attempt(deployed, "lambda", "get_function", FunctionName="items-dev") == "done"

    denied = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AllAccessDisabled"}
    assert attempt(deployed, "s3", "create_bucket", Bucket=STRANGERS) in denied
    assert attempt(deployed, "s3", "delete_bucket", Bucket="deploy-trail-222222222222") in denied
    assert attempt(deployed, "iam", "create_role", RoleName="more", AssumeRolePolicyDocument=TRUST) in denied
    assert attempt(deployed, "iam", "delete_role_permissions_boundary", RoleName="items-dev-deployment") in denied
    assert attempt(deployed, "dynamodb", "list_tables") in denied
    assert attempt(deployed, "ec2", "describe_instances") in denied
    assert attempt(deployed, "cloudtrail", "stop_logging", Name="deploy-trail") in denied
    assert attempt(deployed, "lambda", "delete_function", FunctionName="somebody-elses") in denied


def test_the_preview_role_reads_and_writes_nothing(deployed: Project) -> None:
    assert attempt(deployed, "s3", "get_bucket_versioning", "--read-only", Bucket=BUCKET) == "done"
    refused = attempt(
        deployed,
        "s3",
        "put_bucket_versioning",
        "--read-only",
        Bucket=BUCKET,
        VersioningConfiguration={"Status": "Suspended"},
    )
    assert refused == "AccessDenied"


def test_a_command_gets_the_credentials_and_nothing_else(deployed: Project) -> None:
    planted = {"AWS_PROFILE": "mine", "AWS_ACCESS_KEY_ID": "444444444444", "BUILD_SECRET": "s3cr3t"}
    done = deployed.deploy("exec", "--stack", "dev", "--", "env", env=planted)
    assert done.code == 0, done
    seen = dict(line.split("=", 1) for line in done.out.splitlines() if "=" in line)
    assert seen["AWS_ACCESS_KEY_ID"].startswith("ASIA")
    assert "AWS_PROFILE" not in seen
    assert "AWS_EC2_METADATA_SERVICE_ENDPOINT" not in seen
    assert "BUILD_SECRET" not in seen
    assert deployed.deploy("exec", "--stack", "dev", "--", "sh", "-c", "exit 7").code == 7
