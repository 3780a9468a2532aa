"""Which resources a call touched, as LookupEvents lists them and finds calls by them.

"Resource types supported by CloudTrail" names them as AWS CloudFormation does; the name is the one the caller used.
"""

from __future__ import annotations

from typing import Any

_TYPES = {
    "apigateway.amazonaws.com": {"apiId": "AWS::ApiGatewayV2::Api"},
    "cloudtrail.amazonaws.com": {
        "name": "AWS::CloudTrail::Trail",
        "trailName": "AWS::CloudTrail::Trail",
        "s3BucketName": "AWS::S3::Bucket",
    },
    "iam.amazonaws.com": {
        "roleName": "AWS::IAM::Role",
        "userName": "AWS::IAM::User",
        "policyArn": "AWS::IAM::Policy",
        "policyName": "AWS::IAM::Policy",
        "instanceProfileName": "AWS::IAM::InstanceProfile",
        "permissionsBoundary": "AWS::IAM::Policy",
    },
    "kms.amazonaws.com": {"keyId": "AWS::KMS::Key", "targetKeyId": "AWS::KMS::Key", "aliasName": "AWS::KMS::Alias"},
    "lambda.amazonaws.com": {"functionName": "AWS::Lambda::Function", "role": "AWS::IAM::Role"},
    "logs.amazonaws.com": {"logGroupName": "AWS::Logs::LogGroup"},
    "s3.amazonaws.com": {"bucketName": "AWS::S3::Bucket", "resourceArn": "AWS::S3::Bucket"},
    "sts.amazonaws.com": {"roleArn": "AWS::IAM::Role"},
}


def resources(record: dict[str, Any]) -> list[dict[str, str]]:
    """The `Resources` of a record for LookupEvents: type and name of each."""
    named = {**(record["responseElements"] or {}), **(record["requestParameters"] or {})}
    types = _TYPES.get(record["eventSource"], {})
    return [
        {"ResourceType": kind, "ResourceName": named[key]}
        for key, kind in types.items()
        if isinstance(named.get(key), str)
    ]
