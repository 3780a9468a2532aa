"""Everything that a deployed account holds: how to make it, and how each part of it looks from outside."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.contract.cloud.outsider import ALLOW_ALL, document, trusting
from tests.contract.cloud.records import letting_cloudtrail_in, make_bucket
from tests.contract.cloud.service import Service

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.cloud.outsider import Someone

ACCOUNT = "222222222222"
BUCKET, TRAIL, KEY_ALIAS, NAME = "items-kept", "deploy-trail", "alias/kept", "items"
TRAIL_BUCKET = "trail-kept"
EXTERNAL_ID = "kept-5f0c"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/enters"
TAGS = {"deploy:stack": "dev"}
PAIRS = [{"Key": key, "Value": value} for key, value in TAGS.items()]
CODE = """
import boto3

def handler(event, context):
    stored = boto3.client("s3").get_object(Bucket="items-kept", Key="greeting")["Body"].read().decode()
    return {"statusCode": 200, "body": f"{stored} {context.function_version}"}
"""


def make(owner: Someone) -> str:
    """Make one of everything in the owner's account and return the URL of its service."""
    _roles(owner.client("iam"))
    _buckets(owner)
    keys = owner.client("kms")
    keys.create_alias(AliasName=KEY_ALIAS, TargetKeyId=keys.create_key()["KeyMetadata"]["KeyId"])
    logs = owner.client("logs")
    logs.create_log_group(logGroupName=f"/aws/lambda/{NAME}", tags=TAGS)
    logs.put_retention_policy(logGroupName=f"/aws/lambda/{NAME}", retentionInDays=30)
    trails = owner.client("cloudtrail")
    trails.create_trail(Name=TRAIL, S3BucketName=TRAIL_BUCKET, IsMultiRegionTrail=True, TagsList=PAIRS)
    trails.start_logging(Name=TRAIL)
    service = Service(owner.sandbox, "dev", NAME, owner.client)
    service.make(f"arn:aws:iam::{ACCOUNT}:role/runs", CODE)
    service.permit()
    service.apis.tag_resource(ResourceArn=f"arn:aws:apigateway:eu-central-1::/apis/{service.id}", Tags=TAGS)
    return str(service.url)


def _roles(iam: Any) -> None:
    objects = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    iam.create_policy(PolicyName="boundary", PolicyDocument=document(objects))
    lambda_ = trusting({"Service": "lambda.amazonaws.com"})
    entered = trusting(ACCOUNT, StringEquals={"sts:ExternalId": EXTERNAL_ID})
    for name, trust in (("runs", lambda_), ("enters", entered)):
        iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=trust,
            PermissionsBoundary=BOUNDARY,
            MaxSessionDuration=7200,
            Tags=PAIRS,
        )
        iam.put_role_policy(RoleName=name, PolicyName="does", PolicyDocument=document(ALLOW_ALL))
    iam.create_instance_profile(InstanceProfileName="profile", Tags=PAIRS)
    iam.add_role_to_instance_profile(InstanceProfileName="profile", RoleName="runs")


def _buckets(owner: Someone) -> None:
    s3 = owner.client("s3")
    make_bucket(owner, BUCKET, [])
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    algorithm = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}
    s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [algorithm]})
    s3.put_public_access_block(Bucket=BUCKET, PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    s3.put_bucket_ownership_controls(
        Bucket=BUCKET, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    s3.put_bucket_tagging(Bucket=BUCKET, Tagging={"TagSet": PAIRS})
    insecure = {"Bool": {"aws:SecureTransport": "false"}}
    everything = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    s3.put_bucket_policy(Bucket=BUCKET, Policy=document({**everything, "Condition": insecure}))
    for body in (b"first", b"still here"):
        s3.put_object(Bucket=BUCKET, Key="greeting", Body=body)
    s3.put_object(Bucket=BUCKET, Key="gone", Body=b"x")
    s3.delete_object(Bucket=BUCKET, Key="gone")
    make_bucket(owner, TRAIL_BUCKET, letting_cloudtrail_in(TRAIL_BUCKET, ACCOUNT, TRAIL))


def _bucket_settings(owner: Someone) -> Any:
    s3 = owner.client("s3")
    return [
        s3.get_bucket_versioning(Bucket=BUCKET)["Status"],
        s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"],
        s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"],
        s3.get_bucket_ownership_controls(Bucket=BUCKET)["OwnershipControls"],
        s3.get_bucket_tagging(Bucket=BUCKET)["TagSet"],
        json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"]),
        s3.get_bucket_location(Bucket=BUCKET)["LocationConstraint"],
    ]


def _objects(owner: Someone) -> Any:
    s3 = owner.client("s3")
    found = s3.list_object_versions(Bucket=BUCKET)
    versions = [
        (one["Key"], one["VersionId"], one["ETag"], one["LastModified"], one["IsLatest"])
        for one in (*found["Versions"], *({**marker, "ETag": "deleted"} for marker in found["DeleteMarkers"]))
    ]
    bodies = [
        s3.get_object(Bucket=BUCKET, Key=one["Key"], VersionId=one["VersionId"])["Body"].read()
        for one in found["Versions"]
    ]
    return sorted(versions), sorted(bodies)


def _roles_seen(owner: Someone) -> Any:
    iam = owner.client("iam")
    facts = [iam.get_role(RoleName=name)["Role"] for name in ("runs", "enters")]
    policies = [iam.get_role_policy(RoleName=name, PolicyName="does")["PolicyDocument"] for name in ("runs", "enters")]
    profile = iam.get_instance_profile(InstanceProfileName="profile")["InstanceProfile"]
    return [{**role, "RoleLastUsed": None} for role in facts], policies, profile["Roles"][0]["Arn"], profile["Tags"]


def _functions(owner: Someone) -> Any:
    functions = owner.client("lambda")
    found = functions.get_function(FunctionName=NAME)
    return (
        found["Configuration"],
        found.get("Tags"),
        functions.list_versions_by_function(FunctionName=NAME)["Versions"],
        functions.get_alias(FunctionName=NAME, Name="live")["FunctionVersion"],
        json.loads(functions.get_policy(FunctionName=NAME, Qualifier="live")["Policy"]),
    )


def _api(owner: Someone) -> Any:
    apis = owner.client("apigatewayv2")
    (found,) = apis.get_apis()["Items"]
    parts = [
        getattr(apis, f"get_{part}")(ApiId=found["ApiId"])["Items"] for part in ("routes", "integrations", "stages")
    ]
    return found, parts, apis.get_tags(ResourceArn=f"arn:aws:apigateway:eu-central-1::/apis/{found['ApiId']}")["Tags"]


def _log_groups(owner: Someone) -> Any:
    logs = owner.client("logs")
    (group,) = logs.describe_log_groups(logGroupNamePrefix=f"/aws/lambda/{NAME}")["logGroups"]
    tags = logs.list_tags_for_resource(resourceArn=group["arn"].removesuffix(":*"))["tags"]
    return group["arn"], group["retentionInDays"], group["creationTime"], tags


def _trails(owner: Someone) -> Any:
    trails = owner.client("cloudtrail")
    (found,) = trails.describe_trails()["trailList"]
    tags = trails.list_tags(ResourceIdList=[found["TrailARN"]])["ResourceTagList"]
    return found, tags, trails.get_trail_status(Name=TRAIL)["IsLogging"]


def _keys(owner: Someone) -> Any:
    keys = owner.client("kms")
    aliases = [one for one in keys.list_aliases()["Aliases"] if one["AliasName"] == KEY_ALIAS]
    return keys.describe_key(KeyId=KEY_ALIAS)["KeyMetadata"], aliases


LOOKS: dict[str, Callable[[Someone], Any]] = {
    "bucket settings": _bucket_settings,
    "objects": _objects,
    "keys": _keys,
    "roles": _roles_seen,
    "functions": _functions,
    "HTTP API": _api,
    "log groups": _log_groups,
    "trails": _trails,
}
"""What each part looks like to its owner; the same before and after whatever leaves it alone."""
