"""One case per resource type: what it needs, what it is made of, what can be changed, and what others may do to it.

Here IAM, S3, Lambda, API Gateway, CloudTrail and logs; queues, topics and tables are in `cases_events.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy_sandbox.plugin.autonaming import DEFAULTS
from deploy_sandbox.plugin.wire import Asset, CodeArchive
from tests.contract.cloud.outsider import document, trusting, zipped

LAMBDA = trusting({"Service": "lambda.amazonaws.com"})
_ALL = {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "*"}
_LAYER = "arn:aws:lambda:eu-central-1:222222222222:layer:shared:1"
_LESS = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}


@dataclass(frozen=True)
class Place:
    """Where a case happens: an account's clients, and a name of its own."""

    client: Callable[[str], Any]
    name: str

    def role(self, name: str | None = None) -> str:
        """The ARN of a role that Lambda may assume."""
        made = self.client("iam").create_role(RoleName=name or self.name, AssumeRolePolicyDocument=LAMBDA)
        return str(made["Role"]["Arn"])

    def bucket(self) -> str:
        configuration = {"LocationConstraint": "eu-central-1"}
        self.client("s3").create_bucket(Bucket=self.name, CreateBucketConfiguration=configuration)
        return self.name

    def trail_bucket(self, name: str) -> str:
        configuration = {"LocationConstraint": "eu-central-1"}
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=configuration)
        statement = {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": ["s3:GetBucketAcl", "s3:PutObject"],
            "Resource": [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/*"],
        }
        self.client("s3").put_bucket_policy(Bucket=name, Policy=document(statement))
        return name

    def function(self) -> str:
        """The name of a function with one published version."""
        functions = self.client("lambda")
        functions.create_function(
            FunctionName=self.name,
            Runtime="python3.13",
            Handler="index.answer",
            Role=self.role(),
            Code={"ZipFile": zipped("def answer(*_): return 1")},
            Publish=True,
        )
        return self.name

    def beside_a_layer(self) -> str:
        """Our own name, once `_LAYER` is there."""
        self.client("lambda").publish_layer_version(LayerName="shared", Content={"ZipFile": zipped("")})
        return self.name

    def api(self) -> str:
        return str(self.client("apigatewayv2").create_api(Name=self.name, ProtocolType="HTTP")["ApiId"])


@dataclass(frozen=True)
class Case:
    """A resource type's life. `updates` are changes to the inputs with the paths that a diff must then name (tags apart); `drifts`
    are what somebody else does, with the paths that a refresh must then show; `also_imported` has a value though nobody gave one."""

    token: str
    inputs: Callable[[Place], Mapping[str, Any]]
    updates: tuple[tuple[Mapping[str, Any], Mapping[str, str]], ...] = ()
    drifts: tuple[tuple[Callable[[Place, Mapping[str, Any]], Any], Mapping[str, str]], ...] = ()
    import_id: Callable[[Mapping[str, Any], str], str] = lambda _, id_: id_
    not_imported: frozenset[str] = frozenset()
    also_imported: frozenset[str] = frozenset()
    outlives_delete: bool = False
    known_outputs: Mapping[str, str] = field(default_factory=dict)


def code(text: str) -> CodeArchive:
    """An archive as the engine sends it: with a hash of its content."""
    return CodeArchive(hash=f"hash of {text}", assets={"index.py": Asset(hash=f"hash of {text}", text=text)})


CASES = (
    Case(
        "aws:iam/role:Role",
        lambda place: {"name": place.name, "description": "d", "assumeRolePolicy": LAMBDA, "tags": {"a": "1"}},
        updates=(
            ({"description": "e"}, {"description": "UPDATE"}),
            ({"description": None}, {"description": "DELETE"}),
            ({"maxSessionDuration": 7200}, {"maxSessionDuration": "UPDATE"}),
            ({"assumeRolePolicy": trusting({"Service": "ec2.amazonaws.com"})}, {"assumeRolePolicy": "UPDATE"}),
            ({"permissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"}, {"permissionsBoundary": "ADD"}),
            ({"permissionsBoundary": None}, {"permissionsBoundary": "DELETE"}),
        ),
        drifts=(
            (
                lambda place, _: place.client("iam").update_role(RoleName=place.name, MaxSessionDuration=10800),
                {"maxSessionDuration": "UPDATE"},
            ),
            (
                lambda place, _: place.client("iam").tag_role(RoleName=place.name, Tags=[{"Key": "b", "Value": "2"}]),
                {"tags.b": "DELETE", "tagsAll.b": "DELETE"},
            ),
            (
                lambda place, _: place.client("iam").update_assume_role_policy(
                    RoleName=place.name, PolicyDocument=trusting("222222222222")
                ),
                {"assumeRolePolicy": "UPDATE"},
            ),
        ),
        known_outputs={"arn": "arn:aws:iam::222222222222:role/{name}", "uniqueId": "AROA"},
    ),
    Case(
        "aws:iam/rolePolicy:RolePolicy",
        lambda place: {"name": "does", "role": place.role().rsplit("/", 1)[1], "policy": document(_ALL)},
        updates=(({"policy": document(_LESS)}, {"policy": "UPDATE"}),),
        drifts=(
            (
                lambda place, _: place.client("iam").put_role_policy(
                    RoleName=place.name, PolicyName="does", PolicyDocument=document(_ALL)
                ),
                {"policy": "UPDATE"},
            ),
        ),
    ),
    Case(
        "aws:iam/policy:Policy",
        lambda place: {"name": place.name, "description": "d", "policy": document(_ALL), "tags": {"a": "1"}},
        updates=(
            ({"policy": document(_LESS)}, {"policy": "UPDATE"}),
            *(
                ({"policy": document({**_LESS, "Resource": f"arn:aws:s3:::b{n}"})}, {"policy": "UPDATE"})
                for n in range(5)
            ),
        ),
        drifts=(
            (
                lambda place, state: place.client("iam").tag_policy(
                    PolicyArn=state["arn"], Tags=[{"Key": "a", "Value": "9"}]
                ),
                {"tags.a": "UPDATE", "tagsAll.a": "UPDATE"},
            ),
        ),
        known_outputs={"arn": "arn:aws:iam::222222222222:policy/{name}", "policyId": "ANPA"},
    ),
    Case(
        "aws:iam/instanceProfile:InstanceProfile",
        lambda place: {"name": place.name, "role": place.role().rsplit("/", 1)[1], "tags": {"a": "1"}},
        updates=(({"role": None}, {"role": "DELETE"}),),
        drifts=(
            (
                lambda place, _: place.client("iam").add_role_to_instance_profile(
                    InstanceProfileName=place.name, RoleName=place.name
                ),
                {"role": "DELETE"},
            ),
        ),
        known_outputs={"arn": "arn:aws:iam::222222222222:instance-profile/{name}", "uniqueId": "AIPA"},
    ),
    Case(
        "aws:cloudwatch/logGroup:LogGroup",
        lambda place: {"name": f"/aws/lambda/{place.name}", "retentionInDays": 30, "tags": {"a": "1"}},
        updates=(
            ({"retentionInDays": 7}, {"retentionInDays": "UPDATE"}),
            ({"retentionInDays": 0}, {"retentionInDays": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, _: place.client("logs").put_retention_policy(
                    logGroupName=f"/aws/lambda/{place.name}", retentionInDays=1
                ),
                {"retentionInDays": "UPDATE"},
            ),
        ),
        known_outputs={"arn": "arn:aws:logs:eu-central-1:222222222222:log-group:/aws/lambda/{name}"},
    ),
    Case(
        "aws:cloudtrail/trail:Trail",
        lambda place: {
            "name": place.name,
            "s3BucketName": place.trail_bucket(place.name),
            "isMultiRegionTrail": True,
            "enableLogFileValidation": True,
            "tags": {"a": "1"},
        },
        updates=(
            ({"isMultiRegionTrail": False}, {"isMultiRegionTrail": "UPDATE"}),
            ({"enableLogFileValidation": False}, {"enableLogFileValidation": "UPDATE"}),
            ({"includeGlobalServiceEvents": False}, {"includeGlobalServiceEvents": "UPDATE"}),
            ({"enableLogging": False}, {"enableLogging": "UPDATE"}),
            ({"enableLogging": True}, {"enableLogging": "UPDATE"}),
        ),
        drifts=(
            (lambda place, _: place.client("cloudtrail").stop_logging(Name=place.name), {"enableLogging": "UPDATE"}),
        ),
        known_outputs={
            "arn": "arn:aws:cloudtrail:eu-central-1:222222222222:trail/{name}",
            "homeRegion": "eu-central-1",
        },
    ),
    Case(
        "aws:s3/bucket:Bucket",
        lambda place: {"bucket": place.name, "forceDestroy": True, "tags": {"a": "1"}},
        updates=(({"forceDestroy": False}, {"forceDestroy": "UPDATE"}),),
        drifts=(
            (
                lambda place, _: place.client("s3").delete_bucket_tagging(Bucket=place.name),
                {"tags.a": "ADD", "tagsAll.a": "ADD", 'tagsAll["deploy:stack"]': "ADD"},
            ),
        ),
        not_imported=frozenset({"forceDestroy"}),
        known_outputs={
            "arn": "arn:aws:s3:::{name}",
            "bucketRegionalDomainName": "{name}.s3.eu-central-1.amazonaws.com",
            "hostedZoneId": "Z21DNDUVLTQW6Q",
        },
    ),
    Case(
        "aws:s3/bucketVersioning:BucketVersioning",
        lambda place: {"bucket": place.bucket(), "versioningConfiguration": {"status": "Enabled"}},
        updates=(
            ({"versioningConfiguration": {"status": "Suspended"}}, {"versioningConfiguration.status": "UPDATE"}),
            ({"versioningConfiguration": {"status": "Enabled"}}, {"versioningConfiguration.status": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, _: place.client("s3").put_bucket_versioning(
                    Bucket=place.name, VersioningConfiguration={"Status": "Suspended"}
                ),
                {"versioningConfiguration.status": "UPDATE"},
            ),
        ),
        outlives_delete=True,  # S3 can suspend versioning, never take it back
    ),
    Case(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        lambda place: {
            "bucket": place.bucket(),
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}, "bucketKeyEnabled": False}],
        },
        updates=(
            (
                {
                    "rules": [
                        {"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}, "bucketKeyEnabled": True}
                    ]
                },
                {
                    "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm": "UPDATE",
                    "rules[0].bucketKeyEnabled": "UPDATE",
                },
            ),
        ),
        drifts=(
            (
                lambda place, _: place.client("s3").put_bucket_encryption(
                    Bucket=place.name,
                    ServerSideEncryptionConfiguration={
                        "Rules": [
                            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": True}
                        ]
                    },
                ),
                {"rules[0].applyServerSideEncryptionByDefault.sseAlgorithm": "UPDATE"},
            ),
        ),
        outlives_delete=True,  # S3 encrypts every bucket with AES256 when nothing else is said
    ),
    Case(
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        lambda place: {
            "bucket": place.bucket(),
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
        updates=(
            ({"blockPublicAcls": False}, {"blockPublicAcls": "UPDATE"}),
            ({"blockPublicAcls": True}, {"blockPublicAcls": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, _: place.client("s3").put_public_access_block(
                    Bucket=place.name,
                    PublicAccessBlockConfiguration={"BlockPublicAcls": True, "IgnorePublicAcls": True},
                ),
                {"blockPublicPolicy": "UPDATE", "restrictPublicBuckets": "UPDATE"},
            ),
        ),
    ),
    Case(
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        lambda place: {"bucket": place.bucket(), "rule": {"objectOwnership": "BucketOwnerEnforced"}},
        updates=(({"rule": {"objectOwnership": "BucketOwnerPreferred"}}, {"rule.objectOwnership": "UPDATE"}),),
        drifts=(
            (
                lambda place, _: place.client("s3").put_bucket_ownership_controls(
                    Bucket=place.name, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
                ),
                {"rule.objectOwnership": "UPDATE"},
            ),
        ),
    ),
    Case(
        "aws:s3/bucketPolicy:BucketPolicy",
        lambda place: {"bucket": place.bucket(), "policy": _bucket_policy(place.name, "s3:GetObject")},
        updates=(({"policy": document({**_LESS, "Principal": {"AWS": "222222222222"}})}, {"policy": "UPDATE"}),),
        drifts=(
            (
                lambda place, _: place.client("s3").put_bucket_policy(
                    Bucket=place.name, Policy=_bucket_policy(place.name, "s3:PutObject")
                ),
                {"policy": "UPDATE"},
            ),
        ),
    ),
    Case(
        "aws:lambda/function:Function",
        lambda place: {
            "name": place.beside_a_layer(),
            "description": "d",
            "role": place.role(),
            "runtime": "python3.13",
            "handler": "index.answer",
            "code": code("def answer(*_): return 1"),
            "publish": True,
            "architectures": ["arm64"],
            "environment": {"variables": {"A": "1"}},
            "tags": {"a": "1"},
        },
        updates=(
            ({"memorySize": 256}, {"memorySize": "UPDATE"}),
            ({"timeout": 10, "description": None}, {"timeout": "UPDATE", "description": "DELETE"}),
            (
                {"environment": {"variables": {"B": "2"}}},
                {"environment.variables.A": "DELETE", "environment.variables.B": "ADD"},
            ),
            ({"environment": None}, {"environment.variables.B": "DELETE"}),
            ({"code": code("def answer(*_): return 2")}, {"code": "UPDATE"}),
            ({"architectures": ["x86_64"]}, {"architectures": "UPDATE"}),
            ({"handler": "index.other"}, {"handler": "UPDATE"}),
            ({"layers": [_LAYER]}, {"layers": "ADD"}),
            ({"layers": None}, {"layers": "DELETE"}),
            ({"runtime": "python3.12"}, {"runtime": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, _: place.client("lambda").update_function_configuration(
                    FunctionName=place.name, Timeout=77
                ),
                {"timeout": "UPDATE"},
            ),
            (
                lambda place, _: place.client("lambda").update_function_code(
                    FunctionName=place.name, ZipFile=zipped("def answer(*_): return 3")
                ),
                {},  # as with the real provider: only the output codeSha256 tells it
            ),
        ),
        not_imported=frozenset({"code"}),
        known_outputs={
            "arn": "arn:aws:lambda:eu-central-1:222222222222:function:{name}",
            "qualifiedArn": "arn:aws:lambda:eu-central-1:222222222222:function:{name}:1",
            "version": "1",
        },
    ),
    Case(
        "aws:lambda/alias:Alias",
        lambda place: {"name": "live", "description": "d", "functionName": place.function(), "functionVersion": "1"},
        updates=(
            ({"description": "e"}, {"description": "UPDATE"}),
            ({"functionVersion": "$LATEST"}, {"functionVersion": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, _: place.client("lambda").update_alias(
                    FunctionName=place.name, Name="live", FunctionVersion="1"
                ),
                {"functionVersion": "UPDATE"},
            ),
        ),
        import_id=lambda inputs, _: f"{inputs['functionName']}/live",
        known_outputs={"arn": "arn:aws:lambda:eu-central-1:222222222222:function:{name}:live"},
    ),
    Case(
        "aws:lambda/permission:Permission",
        lambda place: {
            "statementId": "api",
            "action": "lambda:InvokeFunction",
            "function": place.function(),
            "principal": "apigateway.amazonaws.com",
            "sourceArn": "arn:aws:execute-api:eu-central-1:222222222222:abc/*/*",
            "qualifier": "1",
        },
        import_id=lambda inputs, _: f"{inputs['function']}:1/api",
    ),
    Case(
        "aws:apigatewayv2/api:Api",
        lambda place: {"name": place.name, "description": "d", "protocolType": "HTTP", "tags": {"a": "1"}},
        updates=(({"name": "other"}, {"name": "UPDATE"}), ({"description": None}, {"description": "DELETE"})),
        drifts=(
            (
                lambda place, state: place.client("apigatewayv2").update_api(ApiId=state["id"], Description="drifted"),
                {"description": "DELETE"},
            ),
        ),
        known_outputs={
            "arn": "arn:aws:apigateway:eu-central-1::/apis/",
            "executionArn": "arn:aws:execute-api:eu-central-1:222222222222:",
        },
    ),
    Case(
        "aws:apigatewayv2/integration:Integration",
        lambda place: {
            "apiId": place.api(),
            "integrationType": "AWS_PROXY",
            "integrationUri": "arn:aws:lambda:eu-central-1:222222222222:function:f",
            "payloadFormatVersion": "2.0",
            "timeoutMilliseconds": 10000,
        },
        updates=(
            (
                {"integrationUri": "arn:aws:lambda:eu-central-1:222222222222:function:g"},
                {"integrationUri": "UPDATE"},
            ),
            ({"timeoutMilliseconds": 20000}, {"timeoutMilliseconds": "UPDATE"}),
            ({"payloadFormatVersion": "1.0"}, {"payloadFormatVersion": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, state: place.client("apigatewayv2").update_integration(
                    ApiId=state["apiId"], IntegrationId=state["id"], TimeoutInMillis=5000
                ),
                {"timeoutMilliseconds": "UPDATE"},
            ),
        ),
        import_id=lambda inputs, id_: f"{inputs['apiId']}/{id_}",
    ),
    Case(
        "aws:apigatewayv2/route:Route",
        lambda place: {"apiId": place.api(), "routeKey": "GET /health", "target": "integrations/abc"},
        updates=(
            ({"routeKey": "GET /items"}, {"routeKey": "UPDATE"}),
            ({"target": "integrations/def"}, {"target": "UPDATE"}),
        ),
        drifts=(
            (
                lambda place, state: place.client("apigatewayv2").update_route(
                    ApiId=state["apiId"], RouteId=state["id"], RouteKey="GET /drifted"
                ),
                {"routeKey": "UPDATE"},
            ),
        ),
        import_id=lambda inputs, id_: f"{inputs['apiId']}/{id_}",
    ),
    Case(
        "aws:apigatewayv2/stage:Stage",
        lambda place: {
            "apiId": place.api(),
            "name": "$default",
            "autoDeploy": True,
            "defaultRouteSettings": {"throttlingBurstLimit": 50, "throttlingRateLimit": 25.5},
            "tags": {"a": "1"},
        },
        updates=(
            ({"autoDeploy": False}, {"autoDeploy": "UPDATE"}),
            (
                {"defaultRouteSettings": {"throttlingBurstLimit": 60, "throttlingRateLimit": 25.5}},
                {"defaultRouteSettings.throttlingBurstLimit": "UPDATE"},
            ),
        ),
        drifts=(
            (
                lambda place, state: place.client("apigatewayv2").update_stage(
                    ApiId=state["apiId"], StageName="$default", AutoDeploy=True
                ),
                {"autoDeploy": "UPDATE"},
            ),
        ),
        import_id=lambda inputs, id_: f"{inputs['apiId']}/{id_}",
    ),
)


def given(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that a program gives: checked ones without what Check fills in."""
    filled = {DEFAULTS, "tagsAll", *inputs[DEFAULTS]}
    return {key: value for key, value in inputs.items() if key not in filled}


def _bucket_policy(bucket: str, action: str) -> str:
    statement = {
        "Sid": "TheirPart",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::222222222222:root"},
        "Action": [action],
        "Resource": [f"arn:aws:s3:::{bucket}/*"],
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
