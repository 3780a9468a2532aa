"""What nobody recorded and somebody decided, each type and each condition once: read by `generate/resource_types.py`.

Three tables: the types with their parents and ARNs (`TYPES`, `REFUSED`), what a condition in the recorded facts means for the
inputs of a type (`CONDITIONS`), and what the facts lack or leave open (the rest).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ReviewedType:
    """Where a type stands: its scope, its ARNs, its parent.

    `also` are ARNs of other things that some of its operations are authorised on. `name`, `longest`, `pattern` and
    `taggable` correct the facts.
    """

    scope: str
    arns: tuple[str, ...]
    parent: str = ""
    also: tuple[str, ...] = ()
    name: str | None = None
    longest: int | None = None
    pattern: str | None = None
    taggable: bool | None = None


@dataclass(frozen=True)
class ReviewedNeed:
    """When a conditional request is made, and on what if the facts' ARN does not say it."""

    when: str = ""
    on: tuple[str, ...] = ()
    passed_to: str = ""


def _arn(service: str, resource: str, place: str = "${region}:${account}") -> str:
    return f"arn:${{partition}}:{service}:{place}:{resource}"


def _named(service: str, *resources: str, **said: Any) -> ReviewedType:
    """A thing with its name, or its parent's, in the ARN."""
    return ReviewedType("name", tuple(_arn(service, resource) for resource in resources), **said)


def _tagged(service: str, *resources: str, **said: Any) -> ReviewedType:
    """A thing that only a tag narrows, its own or its parent's."""
    return ReviewedType("tag", tuple(_arn(service, resource) for resource in resources), **said)


def _api(path: str, **said: Any) -> ReviewedType:
    """API Gateway: AWS chooses the ids, and the ARN has no account."""
    return ReviewedType("tag", (_arn("apigateway", path, "${region}:"),), **said)


def _bucket(resource: str = "${parent}") -> str:
    return _arn("s3", resource, ":")


def _role(path: str, service: str) -> ReviewedNeed:
    """The role that an input names, handed to `service`."""
    return ReviewedNeed(path, (f"${{input:{path}}}",), f"{service}.amazonaws.com")


def _key(path: str) -> ReviewedNeed:
    """The key, layer or function that an input names."""
    return ReviewedNeed(path, (f"${{input:{path}}}",))


_OF_BUCKET = ReviewedType("name", (_bucket(),), parent="bucket")
_OBJECT = ReviewedType("name", (_bucket("${parent}/*"),), parent="bucket", also=(_bucket(),))
_FUNCTION = ("function:${parent}", "function:${parent}:*")
_RULE = ("rule/${parent}", "rule/*/${parent}")
_LOG_GROUP = ("log-group:${parent}", "log-group:${parent}:*")
_ALIAS_NAME = "(?![0-9]+$)[a-zA-Z0-9_-]+"
_FIFO = r"[0-9A-Za-z_-]+(\.fifo)?"

_METHOD = "/restapis/*/resources/*/methods/*"
_PARAMETER_NAME = 1011 - len("arn:aws-us-gov:ssm:ap-southeast-1:123456789012:parameter/")
"""SSM counts the whole ARN against 1011."""

TYPES: Mapping[str, ReviewedType] = {
    "aws:s3/bucket:Bucket": ReviewedType(
        "name", (_bucket("${name}"),), also=(_bucket("${name}/*"),), pattern="[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"
    ),
    **{
        f"aws:s3/{kind[0].lower()}{kind[1:]}:{kind}": _OF_BUCKET
        for kind in (
            "BucketAccelerateConfiguration",
            "BucketAcl",
            "BucketCorsConfiguration",
            "BucketIntelligentTieringConfiguration",
            "BucketLifecycleConfiguration",
            "BucketLogging",
            "BucketMetric",
            "BucketNotification",
            "BucketObjectLockConfiguration",
            "BucketOwnershipControls",
            "BucketPolicy",
            "BucketPublicAccessBlock",
            "BucketReplicationConfig",
            "BucketRequestPaymentConfiguration",
            "BucketServerSideEncryptionConfiguration",
            "BucketVersioning",
            "BucketWebsiteConfiguration",
            "Inventory",
        )
    },
    "aws:s3/bucketObject:BucketObject": _OBJECT,
    "aws:s3/objectCopy:ObjectCopy": _OBJECT,
    "aws:s3/bucketObjectv2:BucketObjectv2": _OBJECT,
    "aws:lambda/function:Function": _named(
        "lambda", "function:${name}", "function:${name}:*", pattern="[a-zA-Z0-9_-]+"
    ),
    "aws:lambda/alias:Alias": _named("lambda", *_FUNCTION, parent="functionName", pattern=_ALIAS_NAME),
    "aws:lambda/permission:Permission": _named("lambda", *_FUNCTION, parent="function"),
    "aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": _named(
        "lambda", *_FUNCTION, parent="functionName"
    ),
    "aws:lambda/functionRecursionConfig:FunctionRecursionConfig": _named("lambda", *_FUNCTION, parent="functionName"),
    "aws:lambda/functionUrl:FunctionUrl": _named("lambda", *_FUNCTION, parent="functionName"),
    "aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": _named(
        "lambda", *_FUNCTION, parent="functionName"
    ),
    "aws:lambda/runtimeManagementConfig:RuntimeManagementConfig": _named("lambda", *_FUNCTION, parent="functionName"),
    "aws:lambda/layerVersion:LayerVersion": _named("lambda", "layer:${name}", "layer:${name}:*"),
    "aws:lambda/layerVersionPermission:LayerVersionPermission": _named(
        "lambda", "layer:${parent}:*", parent="layerName"
    ),
    "aws:lambda/eventSourceMapping:EventSourceMapping": _tagged(
        "lambda", "event-source-mapping:*", parent="functionName"
    ),
    "aws:lambda/codeSigningConfig:CodeSigningConfig": _tagged("lambda", "code-signing-config:*"),
    "aws:apigatewayv2/api:Api": _api("/apis/*"),
    "aws:apigatewayv2/authorizer:Authorizer": _api("/apis/*/authorizers/*", parent="apiId"),
    "aws:apigatewayv2/deployment:Deployment": _api("/apis/*/deployments/*", parent="apiId"),
    "aws:apigatewayv2/integration:Integration": _api("/apis/*/integrations/*", parent="apiId"),
    "aws:apigatewayv2/integrationResponse:IntegrationResponse": _api(
        "/apis/*/integrations/*/integrationresponses/*", parent="apiId"
    ),
    "aws:apigatewayv2/model:Model": _api("/apis/*/models/*", parent="apiId", pattern="[a-zA-Z0-9]+"),
    "aws:apigatewayv2/route:Route": _api("/apis/*/routes/*", parent="apiId", name="", pattern=""),
    "aws:apigatewayv2/routeResponse:RouteResponse": _api("/apis/*/routes/*/routeresponses/*", parent="apiId"),
    "aws:apigatewayv2/stage:Stage": _api("/apis/*/stages/*", parent="apiId"),
    "aws:sqs/queue:Queue": _named("sqs", "${name}", pattern=_FIFO),
    "aws:sqs/queuePolicy:QueuePolicy": _named("sqs", "${parent}", parent="queueUrl"),
    "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy": _named("sqs", "${parent}", parent="queueUrl"),
    "aws:sqs/redrivePolicy:RedrivePolicy": _named("sqs", "${parent}", parent="queueUrl"),
    "aws:sns/topic:Topic": _named("sns", "${name}", pattern=_FIFO),
    "aws:sns/topicPolicy:TopicPolicy": _named("sns", "${parent}", parent="arn"),
    "aws:sns/topicSubscription:TopicSubscription": _named("sns", "${parent}", "${parent}:*", parent="topic"),
    "aws:dynamodb/table:Table": _named("dynamodb", "table/${name}"),
    "aws:dynamodb/resourcePolicy:ResourcePolicy": _named("dynamodb", "table/${parent}", parent="resourceArn"),
    "aws:dynamodb/tableItem:TableItem": _named("dynamodb", "table/${parent}", parent="tableName"),
    "aws:cloudwatch/logGroup:LogGroup": _named("logs", "log-group:${name}", "log-group:${name}:*"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": _named("logs", *_LOG_GROUP, parent="logGroupName"),
    "aws:cloudwatch/logStream:LogStream": _named("logs", *_LOG_GROUP, parent="logGroupName"),
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": _named("logs", *_LOG_GROUP, parent="logGroup"),
    "aws:cloudwatch/eventBus:EventBus": _named("events", "event-bus/${name}"),
    "aws:cloudwatch/eventRule:EventRule": _named("events", "rule/${name}", "rule/*/${name}"),
    "aws:cloudwatch/eventTarget:EventTarget": _named("events", *_RULE, parent="rule"),
    "aws:cloudwatch/metricAlarm:MetricAlarm": _named("cloudwatch", "alarm:${name}"),
    "aws:cloudwatch/dashboard:Dashboard": ReviewedType(
        "name", (_arn("cloudwatch", "dashboard/${name}", ":${account}"),)
    ),
    "aws:sfn/stateMachine:StateMachine": _named("states", "stateMachine:${name}", pattern="[0-9A-Za-z_-]+"),
    "aws:sfn/activity:Activity": _named("states", "activity:${name}", pattern="[0-9A-Za-z_-]+"),
    "aws:scheduler/schedule:Schedule": _named("scheduler", "schedule/*/${name}", pattern="[0-9a-zA-Z_.-]+"),
    "aws:scheduler/scheduleGroup:ScheduleGroup": _named(
        "scheduler",
        "schedule-group/${name}",
        also=(_arn("scheduler", "schedule/${name}/*"),),
        pattern="[0-9a-zA-Z_.-]+",
    ),
    "aws:ssm/parameter:Parameter": _named(
        "ssm", "parameter/${name}", pattern="[a-zA-Z0-9_./-]+", longest=_PARAMETER_NAME
    ),
    "aws:secretsmanager/secret:Secret": _named(
        "secretsmanager", "secret:${name}-??????", pattern="[0-9A-Za-z/_+=.@-]+"
    ),
    "aws:secretsmanager/secretPolicy:SecretPolicy": _named(
        "secretsmanager", "secret:${parent}-??????", parent="secretArn"
    ),
    "aws:secretsmanager/secretRotation:SecretRotation": _named(
        "secretsmanager", "secret:${parent}-??????", parent="secretId"
    ),
    "aws:secretsmanager/secretVersion:SecretVersion": _named(
        "secretsmanager", "secret:${parent}-??????", parent="secretId"
    ),
    "aws:kinesis/stream:Stream": _named("kinesis", "stream/${name}"),
    "aws:kinesis/streamConsumer:StreamConsumer": _named(
        "kinesis", "stream/${parent}", "stream/${parent}/consumer/${name}:*", parent="streamArn", taggable=True
    ),
    "aws:kinesis/firehoseDeliveryStream:FirehoseDeliveryStream": _named("firehose", "deliverystream/${name}"),
    "aws:pipes/pipe:Pipe": _named("pipes", "pipe/${name}"),
    # AWS wants what is done to composite alarms allowed on everything (CloudWatch API, PutCompositeAlarm, DescribeAlarms).
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": ReviewedType("account", (_arn("cloudwatch", "alarm:${name}"),)),
    "aws:cloudwatch/eventBusPolicy:EventBusPolicy": ReviewedType(
        "account", (_arn("events", "event-bus/${parent}"),), parent="eventBusName"
    ),
    "aws:cloudwatch/eventPermission:EventPermission": ReviewedType(
        "account", (_arn("events", "event-bus/${parent}"),), parent="eventBusName", pattern="[a-zA-Z0-9_-]+"
    ),
    "aws:cloudwatch/eventArchive:EventArchive": _named("events", "archive/${name}"),
    "aws:cloudwatch/eventConnection:EventConnection": _named(
        "events",
        "connection/${name}",
        "connection/${name}/*",
        also=(_arn("secretsmanager", "secret:events!connection/${name}/*"),),
    ),
    "aws:cloudwatch/eventApiDestination:EventApiDestination": _named(
        "events", "api-destination/${name}", "api-destination/${name}/*"
    ),
    "aws:ecr/repository:Repository": _named("ecr", "repository/${name}"),
    "aws:ecr/lifecyclePolicy:LifecyclePolicy": _named("ecr", "repository/${parent}", parent="repository"),
    "aws:ecr/repositoryPolicy:RepositoryPolicy": _named("ecr", "repository/${parent}", parent="repository"),
    "aws:ssm/document:Document": _named("ssm", "document/${name}", longest=128, pattern="[a-zA-Z0-9_.-]{3,128}"),
    "aws:xray/samplingRule:SamplingRule": _named("xray", "sampling-rule/${name}"),
    "aws:xray/group:Group": _named("xray", "group/${name}/*"),
    "aws:kms/key:Key": _tagged("kms", "key/*"),
    "aws:kms/keyPolicy:KeyPolicy": _tagged("kms", "key/*", parent="keyId"),
    "aws:kms/grant:Grant": _tagged("kms", "key/*", parent="keyId"),
    "aws:kms/alias:Alias": _named("kms", "${name}"),
    "aws:acm/certificate:Certificate": _tagged("acm", "certificate/*"),
    "aws:cognito/userPool:UserPool": _tagged("cognito-idp", "userpool/*"),
    **{
        f"aws:cognito/{kind[0].lower()}{kind[1:]}:{kind}": _tagged(
            "cognito-idp", "userpool/*", parent="userPoolId", **said
        )
        for kind, said in {
            "ResourceServer": {},
            "UserGroup": {"pattern": r"\S+"},
            "UserPoolClient": {},
            "UserPoolDomain": {},
        }.items()
    },
    "aws:cognito/identityPool:IdentityPool": _tagged("cognito-identity", "identitypool/*"),
    "aws:appautoscaling/target:Target": _tagged("application-autoscaling", "scalable-target/*", parent="resourceId"),
    "aws:appautoscaling/policy:Policy": _tagged(
        "application-autoscaling",
        "scalable-target/*",
        parent="resourceId",
        also=(_arn("cloudwatch", "alarm:TargetTracking-*"),),
        pattern="",
    ),
    "aws:apigatewayv2/vpcLink:VpcLink": _api("/vpclinks/*"),
    "aws:apigatewayv2/domainName:DomainName": _api("/domainnames/*"),
    "aws:apigatewayv2/apiMapping:ApiMapping": _api("/domainnames/*/apimappings/*", parent="domainName", name=""),
    "aws:apigateway/domainName:DomainName": _api("/domainnames/*"),
    "aws:apigateway/basePathMapping:BasePathMapping": _api(
        "/domainnames/*/basepathmappings/*", parent="domainName", name=""
    ),
    "aws:apigateway/restApi:RestApi": _api("/restapis/*"),
    "aws:apigateway/restApiPolicy:RestApiPolicy": _api("/restapis/*", parent="restApiId"),
    "aws:apigateway/authorizer:Authorizer": _api("/restapis/*/authorizers/*", parent="restApi"),
    "aws:apigateway/deployment:Deployment": _api("/restapis/*/deployments/*", parent="restApi"),
    "aws:apigateway/integration:Integration": _api(f"{_METHOD}/integration", parent="restApi"),
    "aws:apigateway/integrationResponse:IntegrationResponse": _api(
        f"{_METHOD}/integration/responses/*", parent="restApi"
    ),
    "aws:apigateway/method:Method": _api(_METHOD, parent="restApi"),
    "aws:apigateway/methodResponse:MethodResponse": _api(f"{_METHOD}/responses/*", parent="restApi"),
    "aws:apigateway/methodSettings:MethodSettings": _api("/restapis/*/stages/*", parent="restApi"),
    "aws:apigateway/model:Model": _api("/restapis/*/models/*", parent="restApi"),
    "aws:apigateway/requestValidator:RequestValidator": _api("/restapis/*/requestvalidators/*", parent="restApi"),
    "aws:apigateway/resource:Resource": _api("/restapis/*/resources/*", parent="restApi", name="", pattern=""),
    "aws:apigateway/response:Response": _api("/restapis/*/gatewayresponses/*", parent="restApiId", name=""),
    "aws:apigateway/stage:Stage": _api("/restapis/*/stages/*", parent="restApi", longest=128, pattern="[a-zA-Z0-9_-]+"),
    "aws:apigateway/apiKey:ApiKey": _api("/apikeys/*"),
    "aws:apigateway/usagePlan:UsagePlan": _api("/usageplans/*"),
    "aws:apigateway/usagePlanKey:UsagePlanKey": _api("/usageplans/*/keys/*", parent="usagePlanId"),
}
"""The types that roles are derived for."""

REFUSED: Mapping[str, str] = {
    "aws:iam/*": "what a service may do is decided by an administrator, in the access layer",
    "aws:ec2/*": "networks are shared by services and belong to whoever runs the account",
    "aws:vpc/*": "networks are shared by services and belong to whoever runs the account",
    "aws:cloudtrail/*": "the record of the account is not a service's",
    "aws:organizations/*": "the organization is not a service's",
    "aws:apigateway/account:Account": "it is one setting for all APIs of the account",
    "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock": "it is one setting for all buckets of the account",
    "aws:s3/directoryBucket:DirectoryBucket": "what the provider calls for it was not recorded",
    "aws:budgets/*": "the money of the account is not a service's",
    "aws:cloudfront/*": "AWS lets its policies and access controls be narrowed neither by name nor by tag",
    "aws:route53/*": "AWS lets zones and their records be narrowed neither by name nor by tag",
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": "it decides who writes to any log group of the account",
    "aws:cloudwatch/queryDefinition:QueryDefinition": "AWS lets it be narrowed neither by name nor by tag",
    "aws:signer/signingProfile:SigningProfile": "AWS lets it be made under any name or under none",
}
"""Types for which no role is derived, whatever an administrator admits."""

ALWAYS = (ReviewedNeed(),)
NEVER: tuple[ReviewedNeed, ...] = ()
_LOG_DELIVERY = {
    "ApiGatewayV2": (ReviewedNeed("accessLogSettings"),),
    "SFN": (ReviewedNeed("loggingConfiguration"),),
}
_IMAGE = (ReviewedNeed("imageUri", (_arn("ecr", "repository/*", "${region}:*"),)),)
_FEEDBACK = tuple(
    _role(f"{protocol}{outcome}FeedbackRoleArn", "sns")
    for protocol in ("application", "firehose", "http", "lambda", "sqs")
    for outcome in ("Failure", "Success")
)
_PIPE_ROLE = ReviewedNeed("", ("${input:roleArn}",), "pipes.amazonaws.com")
_DELIVERY_ROLES = tuple(
    _role(path, "firehose")
    for path in (
        "elasticsearchConfiguration.roleArn",
        "elasticsearchConfiguration.s3Configuration.roleArn",
        "extendedS3Configuration.roleArn",
        "extendedS3Configuration.s3BackupConfiguration.roleArn",
        "httpEndpointConfiguration.roleArn",
        "httpEndpointConfiguration.s3Configuration.roleArn",
        "icebergConfiguration.roleArn",
        "icebergConfiguration.s3Configuration.roleArn",
        "kinesisSourceConfiguration.roleArn",
        "mskSourceConfiguration.authenticationConfiguration.roleArn",
        "opensearchConfiguration.roleArn",
        "opensearchConfiguration.s3Configuration.roleArn",
        "opensearchserverlessConfiguration.roleArn",
        "opensearchserverlessConfiguration.s3Configuration.roleArn",
        "redshiftConfiguration.roleArn",
        "redshiftConfiguration.s3BackupConfiguration.roleArn",
        "redshiftConfiguration.s3Configuration.roleArn",
        "snowflakeConfiguration.roleArn",
        "snowflakeConfiguration.s3Configuration.roleArn",
        "splunkConfiguration.s3Configuration.roleArn",
    )
)
_SMS_ROLE = _role("smsConfiguration.snsCallerArn", "cognito-idp")
_SCHEDULE_ROLE = ReviewedNeed("", ("${input:target.roleArn}",), "scheduler.amazonaws.com")
_CODE = (ReviewedNeed("s3Bucket", (_bucket("${input:s3Bucket}/*"),)),)

CONDITIONS: Mapping[str, Mapping[str, tuple[ReviewedNeed, ...]]] = {
    # Every resource carries the provider's default tags.
    "the request has tags (seen in the recording)": {"": ALWAYS},
    "the request has tags": {"": ALWAYS},
    "the request has tags (provider 6.23 and later)": {"": ALWAYS},
    "the request has tags: on the tags path": {"": ALWAYS},
    "the request has tags; in no dataset": {"": ALWAYS},
    "on the tagged resource itself (iam-dataset, tested against AWS there)": {"": ALWAYS},
    "asked for by AWS since 2022, in no dataset": {"": ALWAYS},
    "the answer is to hold the tags: without it GetFunction answers without them, and the provider sees tags as drift": {
        "": ALWAYS
    },
    "always: the execution role; iam:PassedToService lambda.amazonaws.com": {
        "": (ReviewedNeed("", ("${input:role}",), "lambda.amazonaws.com"),)
    },
    "only when the role changes (the provider sends just what changed, seen in the recording); "
    "iam:PassedToService lambda.amazonaws.com": {"": (ReviewedNeed("", ("${input:role}",), "lambda.amazonaws.com"),)},
    "layers are given": {"": (_key("layers"),)},
    "the code comes from S3": {"": _CODE},
    "the code comes from S3 with a version": {
        "": (ReviewedNeed("s3ObjectVersion", (_bucket("${input:s3Bucket}/*"),)),)
    },
    "the code is an image": {"": _IMAGE},
    # Whoever makes the repository says in its policy that Lambda may read it: nothing here changes another's policy.
    "the code is an image, and Lambda's own access is not in the repository policy yet": {"": NEVER},
    "a VPC is given": {"": (ReviewedNeed("vpcConfig"),)},
    "a customer key is given with environment variables": {"": (_key("kmsKeyArn"),)},
    "a customer key is given": {
        "DynamoDB": (_key("serverSideEncryption.kmsKeyArn"),),
        "Lambda": (_key("kmsKeyArn"),),
        "Secrets Manager": (_key("kmsKeyId"),),
    },
    "access logs (HTTP API) or execution logs (state machine) go to a log group": _LOG_DELIVERY,
    "authorizer_credentials_arn is given": {"": (_role("authorizerCredentialsArn", "apigateway"),)},
    "credentials_arn is given": {"": (_role("credentialsArn", "apigateway"),)},
    "a target has a role; iam:PassedToService events.amazonaws.com": {"": (_role("roleArn", "events"),)},
    "on the replication role": {
        "": (ReviewedNeed("", ("${input:role}",), "s3.amazonaws.com"),),
        "aws:s3/bucket:Bucket S3:PutBucketReplication iam:PassRole": (_role("replicationConfiguration.role", "s3"),),
    },
    "on the source": {"": (ReviewedNeed("", (_bucket("${input:source}"),)),)},
    "on the source, unless the tagging directive is REPLACE": {"": (ReviewedNeed("", (_bucket("${input:source}"),)),)},
    "the copy has tags": {"": ALWAYS},
    "the request has an ACL": {"": (ReviewedNeed("acl"),)},
    "the bucket or request has a KMS key": {"": (_key("kmsKeyId"),)},
    "an ACL is asked for": {"": (ReviewedNeed("acl|grants"),)},
    "object lock is asked for": {"": (ReviewedNeed("objectLockEnabled"),)},
    # The provider puts the ownership by a call of its own (bucketOwnershipControls).
    "object ownership is asked for": {"": NEVER},
    "the API documentation asks for it when a bucket gets object lock later": {"": ALWAYS},
    "or a missing object answers 403 instead of 404": {"": ALWAYS},
    # The provider names no version, unless it empties a bucket or an object's history.
    "a version id is given": {"": NEVER, "S3:DeleteObject": (ReviewedNeed("forceDestroy"),)},
    "a version id is given (force_destroy gives them)": {"": (ReviewedNeed("forceDestroy"),)},
    # Nothing here gets past a retention.
    "the request bypasses governance": {"": NEVER},
    "a SecureString with a customer key (the provider reads with decryption)": {"": (_key("keyId"),)},
    "a SecureString with a customer key": {"": (_key("keyId"),)},
    "a rotation function is given": {"": (_key("rotationLambdaArn"),)},
    "the request has tags (seen in the recording); AWS moved from AddTagsToStream to TagResource in 2025: grant both": {
        "": ALWAYS
    },
    "credentials are given": {
        "API Gateway:CreateAuthorizer": (_role("authorizerCredentials", "apigateway"),),
        "API Gateway:PutIntegration": (_role("credentials", "apigateway"),),
    },
    "a resource policy is given": {"": (ReviewedNeed("policy"),)},
    "the document has a resource policy": {"": (ReviewedNeed("body"),)},
    # A policy that is taken away is changed too, and then no input says so.
    "the resource policy changes": {"": ALWAYS},
    "mutual TLS is asked for": {"": (ReviewedNeed("mutualTlsAuthentication"),)},
    "an SMS role is given; iam:PassedToService cognito-idp.amazonaws.com": {"": (_SMS_ROLE,)},
    "a destination has a role; iam:PassedToService firehose.amazonaws.com": {"": _DELIVERY_ROLES},
    "target tracking: the service makes alarms for the caller": {
        "": (ReviewedNeed("targetTrackingScalingPolicyConfiguration"),)
    },
    "always: the service keeps the credentials there for the caller": {"": ALWAYS},
    "always": {"": ALWAYS},
    # Service-linked roles are made once in an account, by an administrator.
    "the first one in the account": {"": NEVER},
    "e-mail through SES": {"": NEVER},
    "dependent action in the Service Authorization Reference: only where the property needs it": {
        "CloudWatch Logs:PutSubscriptionFilter iam:PassRole": (_role("roleArn", "logs"),),
        "Lambda:CreateFunction lambda:PassCapacityProvider": (
            _key("capacityProviderConfig.lambdaManagedInstancesCapacityProviderConfig.capacityProviderArn"),
        ),
        "SFN:CreateStateMachine iam:PassRole": (ReviewedNeed("", ("${input:roleArn}",), "states.amazonaws.com"),),
        "SFN:UpdateStateMachine iam:PassRole": (ReviewedNeed("", ("${input:roleArn}",), "states.amazonaws.com"),),
        "SFN:CreateStateMachine states:PublishStateMachineVersion": (ReviewedNeed("publish"),),
        "SFN:UpdateStateMachine states:PublishStateMachineVersion": (ReviewedNeed("publish"),),
        "Pipes:CreatePipe iam:PassRole": (_PIPE_ROLE,),
        "Pipes:UpdatePipe iam:PassRole": (_PIPE_ROLE,),
        # A role is not an input of a document: whoever runs it hands it over.
        "SSM:CreateDocument iam:PassRole": NEVER,
        # Keys in more regions than one need a service-linked role. The first policy comes with the key (KMS API, CreateKey).
        "KMS:CreateKey iam:CreateServiceLinkedRole": NEVER,
        "KMS:CreateKey kms:PutKeyPolicy": NEVER,
        "Scheduler:CreateSchedule iam:PassRole": (_SCHEDULE_ROLE,),
        "Scheduler:UpdateSchedule iam:PassRole": (_SCHEDULE_ROLE,),
        "Scheduler:DeleteScheduleGroup scheduler:DeleteSchedule": ALWAYS,
        "SNS:CreateTopic iam:PassRole": _FEEDBACK,
        "SNS:SetTopicAttributes iam:PassRole": _FEEDBACK,
        "aws:sns/topicPolicy:TopicPolicy SNS:SetTopicAttributes iam:PassRole": NEVER,
    },
}
"""What each condition of the facts means: by `TYPE OPERATION ACTION`, `OPERATION ACTION`, operation, its service, or for all ("")."""

_BUCKET_SETTINGS = {
    "PutBucketAccelerateConfiguration": "accelerationStatus",
    "PutBucketAcl": "acl|grants",
    "PutBucketCors": "corsRules",
    "PutBucketEncryption": "serverSideEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "lifecycleRules",
    "PutBucketLogging": "logging",
    "PutBucketPolicy": "policy",
    "PutBucketReplication": "replicationConfiguration",
    "PutBucketRequestPayment": "requestPayer",
    "PutBucketVersioning": "versioning|objectLockEnabled",
    "PutBucketWebsite": "website",
    "PutObjectLockConfiguration": "objectLockConfiguration",
}
"""What the provider calls for the settings that a bucket still takes itself, though each has a type of its own."""

ONLY_WITH: Mapping[str, str] = {
    "aws:s3/bucket:Bucket S3:DeleteObjects": "forceDestroy",
    "aws:s3/bucket:Bucket S3:ListObjectVersions": "forceDestroy",
    **{f"aws:s3/bucket:Bucket S3:{operation}": given for operation, given in _BUCKET_SETTINGS.items()},
    "aws:dynamodb/table:Table KMS:DescribeKey": "serverSideEncryption|replicas",
    "aws:kinesis/stream:Stream Kinesis:DisableEnhancedMonitoring": "shardLevelMetrics",
    "aws:kinesis/stream:Stream Kinesis:UpdateStreamMode": "streamModeDetails",
    "aws:kinesis/stream:Stream Kinesis:EnableEnhancedMonitoring": "shardLevelMetrics",
    "aws:kinesis/stream:Stream Kinesis:StartStreamEncryption": "kmsKeyId",
    "aws:kinesis/stream:Stream Kinesis:UpdateShardCount": "shardCount",
    "aws:cognito/userPoolDomain:UserPoolDomain Cognito Identity Provider:UpdateUserPoolDomain": "certificateArn",
    "aws:apigatewayv2/api:Api ApiGatewayV2:ReimportApi": "body",
    "aws:cloudwatch/logGroup:LogGroup CloudWatch Logs:AssociateKmsKey": "kmsKeyId",
    "aws:lambda/function:Function Lambda:PutFunctionCodeSigningConfig": "codeSigningConfigArn",
    "aws:secretsmanager/secret:Secret Secrets Manager:PutResourcePolicy": "policy",
    "aws:secretsmanager/secret:Secret Secrets Manager:ReplicateSecretToRegions": "replicas",
}
"""Operations that are made when an input is given, `TYPE OPERATION`: the facts know it of actions only."""

BESIDE: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "aws:apigatewayv2/api:Api": {
        "create": ("ApiGatewayV2:ReimportApi", "ApiGatewayV2:TagResource", "ApiGatewayV2:UpdateApi"),
        "update": ("ApiGatewayV2:ReimportApi",),
    },
    "aws:apigatewayv2/domainName:DomainName": {"update": ("ApiGatewayV2:UpdateDomainName",)},
    "aws:apigatewayv2/route:Route": {"update": ("ApiGatewayV2:DeleteRouteRequestParameter",)},
    "aws:apigatewayv2/stage:Stage": {"update": ("ApiGatewayV2:DeleteRouteSettings",)},
    "aws:cloudwatch/logGroup:LogGroup": {"update": ("CloudWatch Logs:AssociateKmsKey",)},
    "aws:cognito/userPool:UserPool": {
        "create": ("Cognito Identity Provider:SetUserPoolMfaConfig",),
        "update": ("Cognito Identity Provider:AddCustomAttributes", "Cognito Identity Provider:SetUserPoolMfaConfig"),
    },
    "aws:cognito/userPoolDomain:UserPoolDomain": {"update": ("Cognito Identity Provider:UpdateUserPoolDomain",)},
    "aws:dynamodb/table:Table": {"update": ("DynamoDB:UpdateTimeToLive",)},
    "aws:kinesis/stream:Stream": {
        "create": ("Kinesis:EnableEnhancedMonitoring",),
        "update": (
            "Kinesis:DecreaseStreamRetentionPeriod",
            "Kinesis:DisableEnhancedMonitoring",
            "Kinesis:EnableEnhancedMonitoring",
            "Kinesis:StartStreamEncryption",
            "Kinesis:UpdateStreamMode",
        ),
    },
    "aws:kinesis/streamConsumer:StreamConsumer": {
        "read": ("Kinesis:ListTagsForResource",),
        "create": ("Kinesis:ListTagsForResource",),
        "update": ("Kinesis:ListTagsForResource", "Kinesis:TagResource", "Kinesis:UntagResource"),
    },
    "aws:kms/key:Key": {"update": ("KMS:EnableKey", "KMS:EnableKeyRotation")},
    "aws:lambda/function:Function": {
        "update": ("Lambda:DeleteFunctionCodeSigningConfig", "Lambda:PutFunctionCodeSigningConfig")
    },
    "aws:s3/bucket:Bucket": {
        phase: tuple(f"S3:{operation}" for operation in _BUCKET_SETTINGS) for phase in ("create", "update")
    },
    "aws:secretsmanager/secret:Secret": {
        "create": ("Secrets Manager:PutResourcePolicy",),
        "update": (
            "Secrets Manager:DeleteResourcePolicy",
            "Secrets Manager:PutResourcePolicy",
            "Secrets Manager:RemoveRegionsFromReplication",
            "Secrets Manager:ReplicateSecretToRegions",
        ),
        "delete": ("Secrets Manager:RemoveRegionsFromReplication",),
    },
    "aws:secretsmanager/secretVersion:SecretVersion": {
        "update": ("Secrets Manager:UpdateSecretVersionStage",),
        "delete": ("Secrets Manager:UpdateSecretVersionStage",),
    },
}
"""Operations that neither recording nor `beyond-the-recording.json` has, by type and phase: the provider's source makes them."""


def _api_need(path: str) -> tuple[ReviewedNeed, ...]:
    return (ReviewedNeed(on=(_arn("apigateway", path, "${region}:"),)),)


_CONNECTION_SECRET = (ReviewedNeed(on=(_arn("secretsmanager", "secret:events!connection/${name}/*"),)),)
_EVERYTHING = (ReviewedNeed(on=("*",)),)
ALSO_ASKED: Mapping[str, Mapping[str, tuple[ReviewedNeed, ...]]] = {
    # A function that is published is published by the call that makes it.
    "Lambda:CreateFunction": {"lambda:PublishVersion": (ReviewedNeed("publish"),)},
    "ApiGatewayV2:DeleteRouteRequestParameter": {
        "apigateway:DELETE": _api_need("/apis/*/routes/*/requestparameters/*")
    },
    "ApiGatewayV2:DeleteRouteSettings": {"apigateway:DELETE": _api_need("/apis/*/stages/*/routesettings/*")},
    "ApiGatewayV2:ReimportApi": {"apigateway:PUT": _api_need("/apis/*")},
    "ApiGatewayV2:UpdateDomainName": {"apigateway:PATCH": _api_need("/domainnames/*")},
    # The service changes the secret that it keeps for the caller.
    "EventBridge:UpdateConnection": {
        f"secretsmanager:{operation}": _CONNECTION_SECRET
        for operation in ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecret")
    },
    # AWS lets these be allowed on everything only (Service Authorization Reference).
    **{
        f"Kinesis:{operation}": {f"kinesis:{operation}": _EVERYTHING}
        for operation in ("DisableEnhancedMonitoring", "EnableEnhancedMonitoring", "UpdateStreamMode")
    },
    # What changes a thing hands its role over again, or another one.
    "API Gateway:UpdateAuthorizer": {"iam:PassRole": (_role("authorizerCredentials", "apigateway"),)},
    "API Gateway:UpdateIntegration": {"iam:PassRole": (_role("credentials", "apigateway"),)},
    "ApiGatewayV2:CreateApi": {"iam:PassRole": (_role("credentialsArn", "apigateway"),)},
    "ApiGatewayV2:UpdateApi": {"iam:PassRole": (_role("credentialsArn", "apigateway"),)},
    "ApiGatewayV2:UpdateAuthorizer": {"iam:PassRole": (_role("authorizerCredentialsArn", "apigateway"),)},
    "Cognito Identity Provider:UpdateUserPool": {"iam:PassRole": (_SMS_ROLE,)},
    "Cognito Identity Provider:SetUserPoolMfaConfig": {
        "cognito-idp:SetUserPoolMfaConfig": ALWAYS,
        "iam:PassRole": (_SMS_ROLE,),
    },
    "Firehose:UpdateDestination": {"iam:PassRole": _DELIVERY_ROLES},
    "Kinesis:RegisterStreamConsumer": {"kinesis:TagResource": ALWAYS},
    **{
        f"{service}:{operation}": {f"{prefix}:{operation}": ALWAYS}
        for service, prefix, operations in (
            ("CloudWatch Logs", "logs", ("AssociateKmsKey",)),
            (
                "Cognito Identity Provider",
                "cognito-idp",
                ("AddCustomAttributes", "UpdateUserPoolDomain"),
            ),
            ("KMS", "kms", ("EnableKey",)),
            (
                "Kinesis",
                "kinesis",
                (
                    "DecreaseStreamRetentionPeriod",
                    "ListTagsForResource",
                    "TagResource",
                    "UntagResource",
                ),
            ),
            ("Lambda", "lambda", ("DeleteFunctionCodeSigningConfig", "PutFunctionCodeSigningConfig")),
            (
                "Secrets Manager",
                "secretsmanager",
                ("RemoveRegionsFromReplication", "ReplicateSecretToRegions", "UpdateSecretVersionStage"),
            ),
        )
        for operation in operations
    },
}
"""Actions that the facts do not have for an operation, on the type's own ARNs if nothing else is said."""

ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    # The provider looks which key is DynamoDB's own: that of an alias of AWS's, whose id nobody knows beforehand.
    "aws:dynamodb/table:Table kms:DescribeKey": (_arn("kms", "key/*"),),
    "logs:DescribeLogGroups": (_arn("logs", "log-group::log-stream:"),),
    "cloudwatch:PutCompositeAlarm": ("*",),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm cloudwatch:DescribeAlarms": ("*",),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm cloudwatch:DeleteAlarms": ("*",),
    # AWS checks both: the alias by its name, the key by what its id says.
    **{
        f"kms:{operation}": (_arn("kms", "${name}"), "${input:targetKeyId}")
        for operation in ("CreateAlias", "DeleteAlias", "UpdateAlias")
    },
    "events:CreateArchive": (_arn("events", "archive/${name}"), "${input:eventSourceArn}"),
    "aws:kinesis/stream:Stream kinesis:StartStreamEncryption": (_arn("kinesis", "stream/${name}"), "${input:kmsKeyId}"),
}
"""On what an action is asked for that the facts' ARN does not lead to, by `TYPE ACTION` or by action."""
