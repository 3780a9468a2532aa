"""AWS Foundational Security Best Practices v1.0.0, as far as it is about S3, Lambda, API Gateway, CloudTrail and IAM.

The controls, their ids and what each checks: AWS Security Hub User Guide, "AWS Foundational Security Best Practices
standard" and the page of each service's controls. Every control of the five services is here: judged, or listed in
`ELSEWHERE` with the resource types that would bring it into play.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from tests.configuration import iam, s3, service
from tests.configuration.view import View, of
from tests.infra.program import Registered


@dataclass(frozen=True)
class Control:
    """One control: which resources of a stack it is about, and whether it holds for one of them."""

    id: str
    title: str
    about: Callable[[View], list[Registered]]
    holds: Callable[[View, Registered], bool]


CONTROLS = (
    Control("S3.1", "public access is blocked for the account", s3.account, s3.account_is_blocked),
    Control("S3.2", "buckets block public read", of(s3.BUCKET), s3.nobody_may("s3:get", "s3:list")),
    Control("S3.3", "buckets block public write", of(s3.BUCKET), s3.nobody_may("s3:put", "s3:delete")),
    Control("S3.5", "buckets demand TLS", of(s3.BUCKET), s3.demands_tls),
    Control("S3.6", "bucket policies keep other accounts from changing them", of(s3.BUCKET), s3.keeps_its_policy),
    Control("S3.8", "buckets block public access", of(s3.BUCKET), s3.is_blocked),
    Control("S3.9", "buckets log access", of(s3.BUCKET), s3.has("aws:s3/bucketLogging:BucketLogging")),
    Control("S3.12", "no ACL gives access", of(s3.BUCKET), s3.has_no_acl),
    Control("S3.13", "buckets have a lifecycle", of(s3.BUCKET), s3.has(s3.LIFECYCLE)),
    Control("Lambda.1", "functions cannot be called by strangers", of(service.PERMISSION), service.is_narrow),
    Control("Lambda.2", "functions run on a supported runtime", of(service.FUNCTION), service.runtime_is_supported),
    Control("Lambda.5", "functions in a VPC have several zones", of(service.FUNCTION), service.zones_are_several),
    Control("APIGateway.1", "WebSocket stages log execution", of(service.STAGE), service.logs_execution),
    Control("APIGateway.8", "routes say who may call them", of(service.ROUTE), service.says_who),
    Control("APIGateway.9", "stages log access", of(service.STAGE), service.logs_access),
    Control("APIGateway.10", "private integrations use TLS", of(service.INTEGRATION), service.private_is_tls),
    Control("IAM.1", "no policy allows everything", of(*iam.POLICIES), iam.allows_not_everything),
    Control("IAM.21", "no managed policy allows a whole service", of(iam.POLICY), iam.allows_no_whole_service),
)

_REST = ("aws:apigateway/stage:Stage", "aws:apigateway/restApi:RestApi")
_USERS = (
    "aws:iam/user:User",
    "aws:iam/userPolicy:UserPolicy",
    "aws:iam/userPolicyAttachment:UserPolicyAttachment",
    "aws:iam/accessKey:AccessKey",
    "aws:iam/userLoginProfile:UserLoginProfile",
)

ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "S3.19": ("aws:s3/accessPoint:AccessPoint", "aws:s3control/accessGrant:AccessGrant"),
    "S3.24": ("aws:s3control/multiRegionAccessPoint:MultiRegionAccessPoint",),
    "S3.25": ("aws:s3/directoryBucket:DirectoryBucket",),
    "APIGateway.2": _REST,
    "APIGateway.3": _REST,
    "APIGateway.4": _REST,
    "APIGateway.5": _REST,
    "CloudTrail.10": ("aws:cloudtrail/eventDataStore:EventDataStore",),
    "IAM.2": _USERS,
    "IAM.3": _USERS,
    "IAM.4": _USERS,
    "IAM.5": _USERS,
    "IAM.6": _USERS,
    "IAM.7": _USERS,
    "IAM.8": _USERS,
}
"""Controls about things that the program does not make; `deploy doctor` looks for the keys in the accounts themselves."""


@dataclass(frozen=True)
class Failure:
    """A control that does not hold for one resource of one stack."""

    control: str
    resource: str
    stack: str


def failures(view: View) -> list[Failure]:
    """Every control that does not hold in a stack."""
    return [
        Failure(control.id, str(resource), view.stack)
        for control in CONTROLS
        for resource in control.about(view)
        if not control.holds(view, resource)
    ]
