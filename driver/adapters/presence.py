"""Whether something of a resource's name stands in the account already, made by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from driver.adapters.aws import AwsSession
from driver.drift.sight import Sight


@dataclass(frozen=True)
class _Question:
    """The read that finds a thing by its name: boto3 service and method, parameter → input of the resource."""

    service: str
    method: str
    named: Mapping[str, str]


_QUESTIONS: Mapping[str, _Question] = {
    "aws:s3/bucket:Bucket": _Question("s3", "head_bucket", {"Bucket": "bucket"}),
    "aws:lambda/function:Function": _Question("lambda", "get_function_configuration", {"FunctionName": "name"}),
    "aws:lambda/alias:Alias": _Question("lambda", "get_alias", {"FunctionName": "functionName", "Name": "name"}),
    "aws:iam/role:Role": _Question("iam", "get_role", {"RoleName": "name"}),
    "aws:iam/rolePolicy:RolePolicy": _Question("iam", "get_role_policy", {"RoleName": "role", "PolicyName": "name"}),
    "aws:iam/instanceProfile:InstanceProfile": _Question(
        "iam", "get_instance_profile", {"InstanceProfileName": "name"}
    ),
    "aws:cloudtrail/trail:Trail": _Question("cloudtrail", "get_trail", {"Name": "name"}),
}


def stands(aws: AwsSession, region: str, type_: str, sight: Sight) -> bool:
    """Whether it is there. Where AWS does not say, or the type has no name to ask for, it is taken not to be."""
    from botocore.exceptions import BotoCoreError, ClientError

    question = _QUESTIONS.get(type_)
    names: Mapping[str, Any] = {
        parameter: sight.inputs.get(key) for parameter, key in (question.named if question else {}).items()
    }
    if question is None or not all(isinstance(name, str) and not name.startswith("[") for name in names.values()):
        return False
    try:
        getattr(aws.client(question.service, region), question.method)(**names)
    except (ClientError, BotoCoreError):
        return False
    return True
