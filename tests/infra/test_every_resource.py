"""Invariants over every resource that every real stack file registers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from deploy_project.seam import QUOTAS, DocumentKind
from deploy_project.stacks import env_of, is_access
from tests.infra.program import STACKS, Registered, Registrations, config_of, registered
from tests.unit.infra.facts import DEMO_TYPES

TYPES_AND_INPUTS = {
    "aws:iam/role:Role": {
        "name", "path", "description", "assumeRolePolicy", "permissionsBoundary", "maxSessionDuration", "tags",
    },
    "aws:iam/rolePolicy:RolePolicy": {"name", "role", "policy"},
    "aws:iam/policy:Policy": {"name", "description", "policy", "tags"},
    "aws:iam/instanceProfile:InstanceProfile": {"name", "role", "tags"},
    "aws:cloudtrail/trail:Trail": {
        "name", "s3BucketName", "isMultiRegionTrail", "includeGlobalServiceEvents",
        "enableLogFileValidation", "enableLogging", "tags",
    },
    "aws:cloudwatch/logGroup:LogGroup": {"name", "retentionInDays", "tags"},
    "aws:s3/bucket:Bucket": {"bucket", "forceDestroy", "tags"},
    "aws:s3/bucketVersioning:BucketVersioning": {"bucket", "versioningConfiguration"},
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {"bucket", "rules"},
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
        "bucket", "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets",
    },
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {"bucket", "rule"},
    "aws:s3/bucketPolicy:BucketPolicy": {"bucket", "policy"},
    "aws:lambda/function:Function": {
        "name", "description", "role", "runtime", "handler", "code", "memorySize", "timeout", "publish",
        "architectures", "environment", "tags",
    },
    "aws:lambda/alias:Alias": {"name", "description", "functionName", "functionVersion"},
    "aws:lambda/permission:Permission": {
        "statementId", "action", "function", "principal", "sourceArn", "qualifier",
    },
    "aws:apigatewayv2/api:Api": {"name", "description", "protocolType", "tags"},
    "aws:apigatewayv2/integration:Integration": {
        "apiId", "integrationType", "integrationUri", "payloadFormatVersion", "timeoutMilliseconds",
    },
    "aws:apigatewayv2/route:Route": {"apiId", "routeKey", "target"},
    "aws:apigatewayv2/stage:Stage": {"apiId", "name", "autoDeploy", "defaultRouteSettings", "tags"},
}  # fmt: skip
"""What the offline plugin acts on: a type or an input beyond this needs it extended first."""

HARDENING: dict[str, dict[str, Any]] = {
    "aws:s3/bucketVersioning:BucketVersioning": {"versioningConfiguration": {"status": "Enabled"}},
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}, "bucketKeyEnabled": True}]
    },
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {"rule": {"objectOwnership": "BucketOwnerEnforced"}},
}

BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"

pytestmark = pytest.mark.parametrize("stack", STACKS)


def _aws(stack: str) -> list[Registered]:
    return [resource for resource in registered(stack).resources if resource.type.startswith("aws:")]


def test_the_program_registers_something_in_every_stack(stack: str) -> None:
    assert len(_aws(stack)) > 6


def test_only_types_and_inputs_that_the_offline_plugin_acts_on(stack: str) -> None:
    beyond = {
        str(resource): set(resource.inputs) - TYPES_AND_INPUTS.get(resource.type, set())
        for resource in _aws(stack)
        if resource.type not in TYPES_AND_INPUTS or set(resource.inputs) - TYPES_AND_INPUTS[resource.type]
    }
    assert beyond == {}


def test_the_roles_policies_come_from_exactly_the_types_of_the_service_layer(stack: str) -> None:
    if not stack.endswith("-access") and stack != "tools":
        assert {resource.type for resource in _aws(stack)} == set(DEMO_TYPES)


def test_every_resource_is_made_by_the_one_explicit_provider(stack: str) -> None:
    provider = f"{registered(stack).provider.urn}::aws-id"
    assert {str(resource): resource.provider for resource in _aws(stack) if resource.provider != provider} == {}


def test_the_provider_is_pinned_to_the_account_and_holds_no_credentials(stack: str) -> None:
    inputs = registered(stack).provider.inputs
    assert json.loads(inputs["allowedAccountIds"]) == [config_of(stack)["deploy:account"]]
    assert inputs["region"] == config_of(stack)["deploy:region"]
    assert set(inputs) <= {
        "region", "assumeRoles", "allowedAccountIds", "defaultTags", "skipCredentialsValidation", "skipRegionValidation",
    }  # fmt: skip


def test_every_taggable_resource_gets_the_stacks_tags_from_the_provider(stack: str) -> None:
    tags = json.loads(registered(stack).provider.inputs["defaultTags"])
    project = "deploy-platform" if stack == "tools" else "items"
    assert tags == {"tags": {"deploy:project": project, "deploy:stack": stack}}
    assert [str(resource) for resource in _aws(stack) if "tags" in resource.inputs] == []


def test_every_resource_has_a_parent_that_is_one_of_our_components(stack: str) -> None:
    run = registered(stack)
    components = {resource.urn for resource in run.resources if not resource.custom and "deploy:" in resource.type}
    assert [str(resource) for resource in _aws(stack) if resource.parent not in components] == []


def test_every_component_registers_outputs(stack: str) -> None:
    run = registered(stack)
    components = [resource for resource in run.resources if resource.type.startswith("deploy:")]
    assert [str(component) for component in components if not run.outputs.get(component.urn)] == []


def test_no_two_resources_share_a_urn(stack: str) -> None:
    urns = [resource.urn for resource in registered(stack).resources if resource.type != "pulumi:pulumi:Stack"]
    assert len(urns) == len(set(urns))


def test_every_role_carries_the_boundary_of_its_account(stack: str) -> None:
    run = registered(stack)
    boundaries = {f"arn:aws:made:::{policy.inputs['name']}" for policy in run.of("aws:iam/policy:Policy")}
    roles = run.of("aws:iam/role:Role")
    assert {role.inputs["permissionsBoundary"] for role in roles} == boundaries
    assert len(boundaries) == (1 if roles else 0)


def test_a_role_that_jenkins_enters_allows_sessions_as_long_as_configured(stack: str) -> None:
    longest = {role.name: role.inputs["maxSessionDuration"] for role in registered(stack).of("aws:iam/role:Role")}
    if stack.endswith("-access"):
        wanted = max(3600, int(config_of(stack)["deploy:sessionDuration"]))
        assert longest == {"deployment": wanted, "preview": wanted, "items-execution": 3600}
    else:
        assert set(longest.values()) <= {3600}


def test_policies_keep_within_awss_quotas(stack: str) -> None:
    run = registered(stack)
    assert all(
        len(role.inputs["assumeRolePolicy"]) <= QUOTAS[DocumentKind.TRUST] for role in run.of("aws:iam/role:Role")
    )
    assert all(
        len(inline.inputs["policy"]) <= QUOTAS[DocumentKind.INLINE]
        for inline in run.of("aws:iam/rolePolicy:RolePolicy")
    )
    assert all(
        len(managed.inputs["policy"]) <= QUOTAS[DocumentKind.MANAGED] for managed in run.of("aws:iam/policy:Policy")
    )


def test_every_bucket_is_hardened_completely(stack: str) -> None:
    run = registered(stack)
    buckets = run.of("aws:s3/bucket:Bucket")
    assert len(buckets) == (0 if is_access(stack) else 1)
    for bucket in buckets:
        beside = [resource for resource in run.resources if resource.parent == bucket.parent]
        for kind, wanted in HARDENING.items():
            (found,) = [resource for resource in beside if resource.type == kind]
            assert {key: found.inputs.get(key) for key in wanted} == wanted
        (policy,) = [resource for resource in beside if resource.type == "aws:s3/bucketPolicy:BucketPolicy"]
        assert _denies_insecure(json.loads(policy.inputs["policy"]), bucket.inputs["bucket"])


def test_no_layer_states_a_public_access_block(stack: str) -> None:
    """S3 sets it on every new bucket by itself; what the service layer states, its deployment role could change."""
    assert not registered(stack).of(BLOCK)


def test_bucket_policies_allow_nobody(stack: str) -> None:
    policies = [
        json.loads(found.inputs["policy"]) for found in registered(stack).of("aws:s3/bucketPolicy:BucketPolicy")
    ]
    allowed = [statement for policy in policies for statement in policy["Statement"] if statement["Effect"] == "Allow"]
    assert allowed == []


def test_the_functions_environment_says_names_and_sizes_only(stack: str) -> None:
    for function in registered(stack).of("aws:lambda/function:Function"):
        assert function.inputs["environment"] == {
            "variables": {
                "BUCKET": f"items-{stack}-{config_of(stack)['deploy:account']}",
                "STACK": stack,
                "MAX_ITEM_BYTES": config_of(stack)["items:maxItemBytes"],
            }
        }


def test_stack_outputs_are_what_the_driver_reads(stack: str) -> None:
    outputs = registered(stack).stack_outputs
    assert outputs["account"] == config_of(stack)["deploy:account"]
    wanted = {
        "tools": {"account", "jenkinsDeployRole", "jenkinsPreviewRole", "boundary", "roleIds"},
        "access": {"account", "deploymentRole", "previewRole", "executionRoles", "boundary", "roleIds"},
        "service": {"account", "stack", "url", "bucket", "function", "version", "codeSha256"},
    }
    layer = "tools" if stack == "tools" else "access" if stack.endswith("-access") else "service"
    assert set(outputs) == wanted[layer]


def test_no_layer_makes_the_trail_and_service_makes_no_iam(stack: str) -> None:
    """What outlives every stack, bootstrap makes itself."""
    kinds = {resource.type for resource in _aws(stack)}
    assert not any(kind.startswith(("aws:cloudtrail", "aws:s3")) for kind in kinds) or not is_access(stack)
    assert not any(kind.startswith(("aws:iam", "aws:cloudwatch")) for kind in kinds) or is_access(stack)


def test_names_in_aws_are_this_stacks_own(stack: str) -> None:
    mine = env_of(stack) if stack != "tools" else "jenkins"
    names = [
        str(resource.inputs.get("name") or resource.inputs.get("bucket", "")) for resource in _named(registered(stack))
    ]
    assert [name for name in names if mine not in name] == []


def _named(run: Registrations) -> list[Registered]:
    kinds = ("iam/role:", "iam/policy:", "s3/bucket:", "lambda/function:", "apigatewayv2/api:", "logGroup:")
    return [resource for resource in run.resources if any(kind in resource.type for kind in kinds)]


def _denies_insecure(policy: dict[str, Any], bucket: str) -> bool:
    arn = f"arn:aws:s3:::{bucket}"
    return any(
        statement["Effect"] == "Deny"
        and statement["Principal"] == "*"
        and statement["Action"] == "s3:*"
        and statement["Resource"] == [arn, f"{arn}/*"]
        and statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in policy["Statement"]
    )
