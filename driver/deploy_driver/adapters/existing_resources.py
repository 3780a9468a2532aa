"""Whether something of a resource's name stands in the account already, made by somebody else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.drift.resource_state import ResourceState

_ABSENT = frozenset(
    {"404", "NoSuchBucket", "NoSuchEntity", "NotFoundException", "ResourceNotFoundException", "TrailNotFoundException"}
)
"""How the services say that a thing of that name is not there."""

_RIGHTS = "`deploy bootstrap` gives the preview role the rights to ask"
_REMEDIES = {
    "403": f"{_RIGHTS}; a bucket may be another account's: its name is taken everywhere",
    "AccessDenied": _RIGHTS,
    "AccessDeniedException": _RIGHTS,
}


@dataclass(frozen=True)
class _Question:
    """The read that finds a thing by its name: boto3 service and method, parameter → input of the resource.

    `pattern` makes the parameter of names that are not the whole of it. Where AWS only lists, `listed` is the key of the
    list and `same` says which field of an entry is which input.
    """

    service: str
    method: str
    named: Mapping[str, str]
    pattern: str = "{name}"
    listed: str = ""
    same: Mapping[str, str] = field(default_factory=dict)


_QUESTIONS: Mapping[str, _Question] = {
    "aws:s3/bucket:Bucket": _Question("s3", "head_bucket", {"Bucket": "bucket"}),
    "aws:lambda/function:Function": _Question("lambda", "get_function", {"FunctionName": "name"}),
    "aws:lambda/alias:Alias": _Question("lambda", "get_alias", {"FunctionName": "functionName", "Name": "name"}),
    "aws:apigatewayv2/api:Api": _Question("apigatewayv2", "get_apis", {}, listed="Items", same={"Name": "name"}),
    "aws:apigatewayv2/stage:Stage": _Question("apigatewayv2", "get_stage", {"ApiId": "apiId", "StageName": "name"}),
    "aws:cloudwatch/logGroup:LogGroup": _Question(
        "logs",
        "describe_log_groups",
        {"logGroupNamePrefix": "name"},
        listed="logGroups",
        same={"logGroupName": "name"},
    ),
    "aws:iam/role:Role": _Question("iam", "get_role", {"RoleName": "name"}),
    "aws:iam/rolePolicy:RolePolicy": _Question("iam", "get_role_policy", {"RoleName": "role", "PolicyName": "name"}),
    "aws:iam/policy:Policy": _Question(
        "iam", "get_policy", {"PolicyArn": "name"}, pattern="arn:aws:iam::{account}:policy/{name}"
    ),
    "aws:iam/instanceProfile:InstanceProfile": _Question(
        "iam", "get_instance_profile", {"InstanceProfileName": "name"}
    ),
    "aws:cloudtrail/trail:Trail": _Question("cloudtrail", "get_trail", {"Name": "name"}),
}


@dataclass(frozen=True)
class Presence:
    """One account, asked as the role whose keys `aws` holds."""

    aws: AwsSession
    account: str
    region: str

    def stands(self, type_: str, resource: ResourceState) -> bool:
        """Whether it is there; not, where its type has no name to ask for. Raises NotReadyError where AWS does not say."""
        question = _QUESTIONS.get(type_)
        if question is None:
            return False
        inputs = {key: resource.inputs.get(key) for key in (*question.named.values(), *question.same.values())}
        if not all(isinstance(name, str) and not name.startswith("[") for name in inputs.values()):
            return False
        return asking(
            f"whether there is {type_} {' '.join(map(str, inputs.values()))} already",
            lambda: self._found(question, inputs),
            remedies=_REMEDIES,
        )

    def _found(self, question: _Question, inputs: Mapping[str, Any]) -> bool:
        from botocore.exceptions import ClientError

        client = self.aws.client(question.service, self.region)
        names = {
            parameter: question.pattern.format(account=self.account, name=inputs[key])
            for parameter, key in question.named.items()
        }
        try:
            if not question.listed:
                getattr(client, question.method)(**names)
                return True
            pages = client.get_paginator(question.method).paginate(**names)
            return any(
                all(entry.get(field) == inputs[key] for field, key in question.same.items())
                for page in pages
                for entry in page.get(question.listed, ())
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _ABSENT:
                return False
            raise
