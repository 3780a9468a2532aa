"""What somebody can do by hand to everything that a stack has: every property that the program sets, every part, and deletions.

Each round is a function that changes one account through boto3; what depends on something that a round deletes is in an earlier one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tests.contract.cloud.outsider import trusting
from tests.e2e.project import Project

Round = Callable[[Project], None]

DEV = "222222222222"
BUCKET = f"items-dev-{DEV}"
FUNCTION = {"FunctionName": "items-dev"}
STATEMENT_ID = "http-api-items"
STATEMENT = {
    "Sid": "Hand",
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:PutObject",
    "Resource": "arn:aws:s3:::{}/x",
}
ROLE = "items-dev-preview"


def _policy(bucket: str) -> str:
    statement = {**STATEMENT, "Resource": str(STATEMENT["Resource"]).format(bucket)}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def bucket_settings(bucket: str) -> Round:
    """Every setting of a private bucket, its tags and its policy; not its public access block, which a service layer leaves to S3."""

    def change(project: Project) -> None:
        s3 = project.client("dev", "s3")
        tags = [{"Key": key, "Value": value} for key, value in {"deploy:stack": "x", "by": "hand"}.items()]
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tags})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
        encryption = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}, "BucketKeyEnabled": False}
        s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [encryption]})
        owner = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
        s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=owner)
        s3.put_bucket_policy(Bucket=bucket, Policy=_policy(bucket))

    return change


def bucket_settings_gone(bucket: str) -> Round:
    """The same taken away, where S3 lets it be."""

    def change(project: Project) -> None:
        s3 = project.client("dev", "s3")
        s3.delete_bucket_tagging(Bucket=bucket)
        s3.delete_bucket_encryption(Bucket=bucket)
        s3.delete_bucket_ownership_controls(Bucket=bucket)
        s3.delete_bucket_policy(Bucket=bucket)
        s3.delete_public_access_block(Bucket=bucket)

    return change


def function_settings(project: Project) -> None:
    """Everything that UpdateFunctionConfiguration takes and the program sets; tags; not the code, which is looked at for itself."""
    functions, iam = project.client("dev", "lambda"), project.client("dev", "iam")
    service = trusting({"Service": "lambda.amazonaws.com"})
    role = iam.create_role(RoleName="another", AssumeRolePolicyDocument=service)["Role"]["Arn"]
    variables = functions.get_function_configuration(**FUNCTION)["Environment"]["Variables"]
    functions.update_function_configuration(
        **FUNCTION,
        Description="by hand",
        Role=role,
        Runtime="python3.12",
        Handler="handler.app.other",
        MemorySize=256,
        Timeout=7,
        Environment={"Variables": {"BUCKET": "another", "STACK": variables["STACK"], "VERBOSE": "1"}},
    )
    arn = functions.get_function_configuration(**FUNCTION)["FunctionArn"]
    functions.tag_resource(Resource=arn, Tags={"by": "hand", "deploy:stack": "x"})


def function_parts(project: Project) -> None:
    """The alias and the permission that hangs on it."""
    functions, of = project.client("dev", "lambda"), {**FUNCTION, "Qualifier": "live"}
    functions.update_alias(**FUNCTION, Name="live", FunctionVersion="$LATEST", Description="by hand")
    functions.remove_permission(**of, StatementId=STATEMENT_ID)
    anybody = {"Action": "lambda:GetFunction", "Principal": "events.amazonaws.com", "SourceArn": "arn:aws:events:x:y:z"}
    functions.add_permission(**of, StatementId=STATEMENT_ID, **anybody)


def api_settings(project: Project) -> None:
    """The HTTP API and everything in it."""
    client = project.client("dev", "apigatewayv2")
    (api,) = client.get_apis()["Items"]
    of = {"ApiId": api["ApiId"]}
    (integration,), (stage,) = client.get_integrations(**of)["Items"], client.get_stages(**of)["Items"]
    client.update_api(**of, Name="another", Description="by hand")
    arn = f"arn:aws:apigateway:eu-central-1::/apis/{api['ApiId']}"
    client.tag_resource(
        ResourceArn=arn, Tags={"by": "hand"}
    )  # not deploy:stack: without it the preview role sees no API
    client.update_integration(
        **of,
        IntegrationId=integration["IntegrationId"],
        PayloadFormatVersion="1.0",
        TimeoutInMillis=5000,
        IntegrationUri=str(integration["IntegrationUri"]).replace(":live/", ":1/"),
    )
    routes = {route["RouteKey"]: route["RouteId"] for route in client.get_routes(**of)["Items"]}
    client.update_route(**of, RouteId=routes["GET /items/{key}"], RouteKey="GET /things/{key}")
    client.update_route(**of, RouteId=routes["PUT /items/{key}"], Target="integrations/another")
    throttling = {"ThrottlingBurstLimit": 1, "ThrottlingRateLimit": 2.0}
    client.update_stage(**of, StageName=stage["StageName"], AutoDeploy=False, DefaultRouteSettings=throttling)


def parts_deleted(project: Project) -> None:
    """What can be deleted by itself."""
    client, functions = project.client("dev", "apigatewayv2"), project.client("dev", "lambda")
    of = {"ApiId": client.get_apis()["Items"][0]["ApiId"]}
    for route in client.get_routes(**of)["Items"]:
        client.delete_route(**of, RouteId=route["RouteId"])
    client.delete_stage(**of, StageName="$default")
    client.delete_integration(**of, IntegrationId=client.get_integrations(**of)["Items"][0]["IntegrationId"])
    functions.remove_permission(**FUNCTION, Qualifier="live", StatementId=STATEMENT_ID)
    functions.delete_alias(**FUNCTION, Name="live")


def service_deleted(project: Project) -> None:
    """The bucket, the function, the API."""
    client = project.client("dev", "apigatewayv2")
    client.delete_api(ApiId=client.get_apis()["Items"][0]["ApiId"])
    project.client("dev", "lambda").delete_function(**FUNCTION)
    project.client("dev", "s3").delete_bucket(Bucket=BUCKET)


def roles(project: Project) -> None:
    """A role with its inline policy and tags, and the boundary over it."""
    iam = project.client("dev", "iam")
    trust = trusting(DEV)
    iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust)
    iam.update_role(RoleName=ROLE, Description="by hand", MaxSessionDuration=7200)
    iam.tag_role(RoleName=ROLE, Tags=[{"Key": "by", "Value": "hand"}, {"Key": "deploy:stack", "Value": "x"}])
    iam.put_role_policy(RoleName=ROLE, PolicyName=ROLE, PolicyDocument=_allowing("s3:GetObject"))
    iam.put_role_permissions_boundary(
        RoleName="items-dev-execution", PermissionsBoundary="arn:aws:iam::aws:policy/ReadOnlyAccess"
    )
    boundary = f"arn:aws:iam::{DEV}:policy/items-dev-boundary"
    iam.create_policy_version(PolicyArn=boundary, PolicyDocument=_allowing("s3:*"), SetAsDefault=True)
    iam.tag_policy(PolicyArn=boundary, Tags=[{"Key": "by", "Value": "hand"}])


def record(project: Project) -> None:
    """The log group."""
    logs = project.client("dev", "logs")
    group = "/aws/lambda/items-dev"
    logs.put_retention_policy(logGroupName=group, retentionInDays=1)
    arn = f"arn:aws:logs:eu-central-1:{DEV}:log-group:{group}"
    logs.tag_resource(resourceArn=arn, tags={"by": "hand", "deploy:stack": "x"})


def access_parts_deleted(project: Project) -> None:
    """A role's policy and boundary, the log group's retention."""
    iam = project.client("dev", "iam")
    iam.delete_role_policy(RoleName=ROLE, PolicyName=ROLE)
    iam.delete_role_permissions_boundary(RoleName="items-dev-execution")
    project.client("dev", "logs").delete_retention_policy(logGroupName="/aws/lambda/items-dev")


def access_deleted(project: Project) -> None:
    """A role and the log group."""
    iam = project.client("dev", "iam")
    iam.delete_role(RoleName=ROLE)
    project.client("dev", "logs").delete_log_group(logGroupName="/aws/lambda/items-dev")


def _allowing(action: str) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})


SERVICE: Mapping[str, tuple[Round, ...]] = {
    "changed": (bucket_settings(BUCKET), function_settings, function_parts, api_settings),
    "parts deleted": (bucket_settings_gone(BUCKET), parts_deleted),
    "deleted": (service_deleted,),
}
ACCESS: Mapping[str, tuple[Round, ...]] = {
    "nothing": (),
    "changed": (roles, record),
    "parts deleted": (access_parts_deleted,),
    "deleted": (access_deleted,),
}
