"""What the roles of a target account may do: the deployment role cannot widen itself, and reading is only reading."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from deploy_driver.assurance.prove import created
from deploy_driver.assurance.prove.case import ApiRequest, CaseTable, Ec2Instance, Entered, Trial, Undo, call, simulated
from deploy_driver.assurance.prove.facts import Facts, ProvedTarget
from deploy_project.stacks import arn

WIDENING = "widening"

ADMINISTRATORS = arn("iam", "policy/AdministratorAccess", account="aws")
_CODE = {"Runtime": "python3.12", "Handler": "prove.main", "Code": {"ZipFile": b"nothing that could run"}}
_PASS, _POLICY, _GRANT, _API = "pass-execution-role", "own-bucket-policy", "grant-api-gateway", "own-api"


@dataclass(frozen=True)
class Deployment:
    """The deployment role of one account at work."""

    facts: Facts
    target: ProvedTarget

    @property
    def cases(self) -> CaseTable:
        """Its session, as Jenkins gets it."""
        return CaseTable(WIDENING, "deployment", self.target.env, session(self.facts, self.target), _POLICY)

    def undone(self, service: str, operation: str, **parameters: object) -> tuple[Undo, ...]:
        """Put back by the administrator."""
        return (Undo(created.in_account(self.target), ApiRequest(service, operation, parameters)),)


def session(facts: Facts, target: ProvedTarget, role: str = "") -> Entered:
    """A session of the deployment role (or of another role of the target), got as Jenkins gets it."""
    parameters = {
        "RoleSessionName": target.session,
        "SourceIdentity": target.session,
        "ExternalId": target.external_id,
    }
    arn = target.role_arn(role or target.deployment_role)
    return Entered(Ec2Instance(facts.tools.deploy_role), arn, tuple(sorted(parameters.items())))


def trials(facts: Facts) -> Iterator[Trial]:
    """Every case of every deployment role, then of every preview role."""
    for target in facts.targets:
        yield from _deployment(Deployment(facts, target))
    for target in facts.targets:
        yield from _preview(facts, target)


def _deployment(deployment: Deployment) -> Iterator[Trial]:
    yield from _buckets(deployment)
    yield from _functions(deployment)
    yield from _grants(deployment)
    yield from _rights(deployment)
    yield from _own_role(deployment)
    yield from _apis(deployment)
    yield from _record(deployment)
    yield from _roles(deployment)


def _buckets(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    put = deployment.undone("s3", "put_bucket_policy", Bucket=target.bucket, Policy=target.bucket_policy)
    off = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    on = dict.fromkeys(off, True)
    blocked = deployment.undone(
        "s3", "put_public_access_block", Bucket=target.bucket, PublicAccessBlockConfiguration=on
    )
    other = created.other_bucket(target)
    own = call("s3", "put_bucket_policy", Bucket=target.bucket, Policy=target.bucket_policy)
    yield cases.allow(_POLICY, "puts the policy of its own bucket", own, twin="public-bucket-policy")
    public = call("s3", "put_bucket_policy", Bucket=target.bucket, Policy=created.open_to_all(target.bucket))
    yield cases.deny("public-bucket-policy", "opens its bucket to everybody", public, undo=put)
    unblock = call("s3", "put_public_access_block", Bucket=target.bucket, PublicAccessBlockConfiguration=off)
    yield cases.deny("public-block-off", "turns off the bucket's public access block", unblock, undo=blocked)
    unblocked = call("s3", "delete_public_access_block", Bucket=target.bucket)
    yield cases.deny("public-block-gone", "removes the bucket's public access block", unblocked, undo=blocked)
    # The list that the bucket has anyway: one that opens it is refused by the public access block too, whoever writes it.
    listed = call("s3", "put_bucket_acl", Bucket=target.bucket, ACL="private")
    yield cases.deny("bucket-acl", "writes its bucket's access control list", listed)
    taken = call("s3", "put_bucket_policy", Bucket=other, Policy=created.private(other))
    yield cases.deny("other-bucket-policy", "puts the policy of another stack's bucket", taken)
    emptied = call("s3", "delete_bucket", Bucket=other)
    yield cases.deny("other-bucket-gone", "deletes another stack's bucket", emptied)
    made = call(
        "s3", "create_bucket", Bucket=f"{created.PREFIX}new-{target.account}", **created.bucket_location(target)
    )
    yield cases.deny("other-bucket", "makes a bucket of another name", made)
    read = call("s3", "get_object", Bucket=target.bucket, Key="items/prove")
    yield cases.deny("item", "reads an item", read)


def _functions(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    gone = deployment.undone("lambda", "delete_function", FunctionName=target.function)

    def make(name: str, role: str) -> ApiRequest:
        return call("lambda", "create_function", FunctionName=name, Role=target.role_arn(role), **_CODE)

    passed = make(target.function, target.execution_role)
    yield cases.allow(_PASS, "passes the execution role to its function", passed, twin="pass-own-role", undo=gone)
    for fact, role in (
        ("pass-own-role", target.deployment_role),
        ("pass-bootstrap-role", target.bootstrap_role),
        ("pass-other-role", created.STRANGER),
    ):
        said = f"passes the role {role} to its function"
        yield cases.deny(fact, said, make(target.function, role), twin=_PASS, undo=gone)
    swapped = call(
        "lambda",
        "update_function_configuration",
        FunctionName=target.function,
        Role=target.role_arn(created.STRANGER),
    )
    yield cases.deny("swap-role", "gives its function another role", swapped, twin=_PASS)
    other = deployment.undone("lambda", "delete_function", FunctionName=created.OTHER)
    yield cases.deny(
        "other-function",
        "makes a function of another name",
        make(created.OTHER, target.execution_role),
        twin=_PASS,
        undo=other,
    )
    code = call("lambda", "update_function_code", FunctionName=created.OTHER, ZipFile=b"nothing that could run")
    yield cases.deny("other-function-code", "changes another stack's function", code, twin=_PASS)


def _grants(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    api = arn("execute-api", "prove/*", region=target.region, account=target.account)

    def grant(statement: str, principal: str, **more: str) -> ApiRequest:
        names = {"FunctionName": target.function, "StatementId": statement}
        return call("lambda", "add_permission", **names, Action="lambda:InvokeFunction", Principal=principal, **more)

    def back(statement: str) -> tuple[Undo, ...]:
        return deployment.undone("lambda", "remove_permission", FunctionName=target.function, StatementId=statement)

    may = grant("prove-api", "apigateway.amazonaws.com", SourceArn=api)
    yield cases.allow(_GRANT, "lets an HTTP API call its function", may, twin="grant-account", undo=back("prove-api"))
    for fact, principal in (
        ("grant-account", deployment.facts.beside(target).account),
        ("grant-everybody", "*"),
        ("grant-other-service", "s3.amazonaws.com"),
    ):
        call_ = grant(f"prove-{fact}", principal)
        yield cases.deny(fact, f"lets {principal} call its function", call_, twin=_GRANT, undo=back(f"prove-{fact}"))
    url = call("lambda", "create_function_url_config", FunctionName=target.function, AuthType="NONE")
    shut = deployment.undone("lambda", "delete_function_url_config", FunctionName=target.function)
    yield cases.deny("function-url", "gives its function an address of its own", url, twin=_GRANT, undo=shut)


def _rights(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    trust = json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": target.role_arn(target.deployment_role)},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    )
    new = f"{created.PREFIX}new"
    for fact, sentence, made in (
        ("make-role", "makes a role", call("iam", "create_role", RoleName=new, AssumeRolePolicyDocument=trust)),
        ("make-user", "makes a user", call("iam", "create_user", UserName=new)),
        ("make-key", "makes an access key", call("iam", "create_access_key", UserName=new)),
        (
            "make-policy",
            "makes a policy",
            call("iam", "create_policy", PolicyName=new, PolicyDocument=created.EVERYTHING),
        ),
        ("make-profile", "makes an instance profile", call("iam", "create_instance_profile", InstanceProfileName=new)),
        (
            "boundary-version",
            "writes a new version of the boundary",
            # The document is none: whoever may do this is told so, and nothing has changed.
            call("iam", "create_policy_version", PolicyArn=target.boundary, PolicyDocument="{}", SetAsDefault=True),
        ),
        (
            "boundary-default",
            "makes another version of the boundary the one that counts",
            call("iam", "set_default_policy_version", PolicyArn=target.boundary, VersionId="v99"),
        ),
    ):
        yield cases.deny(fact, sentence, made, twin=_PASS)


def _own_role(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    name, new = target.deployment_role, f"{created.PREFIX}more"
    capped = deployment.undone(
        "iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=target.boundary
    )
    write = call("iam", "put_role_policy", RoleName=name, PolicyName=new, PolicyDocument=created.EVERYTHING)
    erased = deployment.undone("iam", "delete_role_policy", RoleName=name, PolicyName=new)
    yield cases.deny("own-policy", "writes itself a policy", write, twin=_PASS, undo=erased)
    attach = call("iam", "attach_role_policy", RoleName=name, PolicyArn=ADMINISTRATORS)
    detached = deployment.undone("iam", "detach_role_policy", RoleName=name, PolicyArn=ADMINISTRATORS)
    yield cases.deny("own-attachment", "attaches AdministratorAccess to itself", attach, twin=_PASS, undo=detached)
    uncap = call("iam", "delete_role_permissions_boundary", RoleName=name)
    yield cases.deny("boundary-gone", "removes its own boundary", uncap, twin=_PASS, undo=capped)
    recap = call("iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=ADMINISTRATORS)
    yield cases.deny("boundary-other", "takes another boundary", recap, twin=_PASS, undo=capped)
    trusting = call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument="{}")
    yield cases.deny("own-trust", "rewrites its own trust", trusting, twin=_PASS)
    longer = call("iam", "update_role", RoleName=name, MaxSessionDuration=43_200)
    before = deployment.undone("iam", "update_role", RoleName=name, MaxSessionDuration=target.longest)
    yield cases.deny("own-duration", "lets itself stay for twelve hours", longer, twin=_PASS, undo=before)


def _apis(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    things = deployment.facts.created.get(target.account)

    def make(tags: dict[str, str]) -> ApiRequest:
        return call("apigatewayv2", "create_api", Name=f"{created.PREFIX}new", ProtocolType="HTTP", Tags=tags)

    own = make(dict(target.tags))
    yield cases.allow(_API, "makes an HTTP API that carries its stack's tag", own, twin="untagged-api")
    yield cases.deny("untagged-api", "makes an HTTP API without the tag", make({"made-by": "prove"}), twin=_API)
    foreign = make({**target.tags, "deploy:stack": created.OTHER})
    service = make({**target.tags, "deploy:project": created.OTHER})
    yield cases.deny("foreign-api", "makes an HTTP API with another stack's tag", foreign, twin=_API)
    yield cases.deny("foreign-service-api", "makes an HTTP API with another service's tag", service, twin=_API)
    if things and things.other_api:
        other = things.other_api
        change = call("apigatewayv2", "update_api", ApiId=other, Description="taken")
        yield cases.deny("other-api", "changes another stack's HTTP API", change, twin=_API)
        route = call("apigatewayv2", "create_route", ApiId=other, RouteKey="GET /prove")
        yield cases.deny("other-api-route", "gives another stack's HTTP API a route", route, twin=_API)
        api = arn("apigateway", f"/apis/{other}", region=target.region)
        tagged = call("apigatewayv2", "tag_resource", ResourceArn=api, Tags=dict(target.tags))
        yield cases.deny("other-api-tag", "tags another stack's HTTP API as its own", tagged, twin=_API)
        gone = call("apigatewayv2", "delete_api", ApiId=other)
        yield cases.deny("other-api-gone", "deletes another stack's HTTP API", gone, twin=_API)


def _record(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    started = deployment.undone("cloudtrail", "start_logging", Name=target.trail)
    stop = call("cloudtrail", "stop_logging", Name=target.trail)
    yield cases.deny("trail-stopped", "stops the trail", stop, undo=started)
    blind = call("cloudtrail", "put_event_selectors", TrailName=target.trail, EventSelectors=[])
    yield cases.deny("trail-blind", "makes the trail record less", blind)
    moved = call("cloudtrail", "update_trail", Name=target.trail, S3BucketName=created.other_bucket(target))
    back = deployment.undone("cloudtrail", "update_trail", Name=target.trail, S3BucketName=target.trail_bucket)
    yield cases.deny("trail-elsewhere", "sends the trail to another bucket", moved, undo=back)
    bucket = target.trail_bucket
    policy = call("s3", "put_bucket_policy", Bucket=bucket, Policy=target.trail_policy)
    yield cases.deny("record-policy", "puts the policy of the trail's bucket", policy)
    wiped = call("s3", "delete_objects", Bucket=bucket, Delete={"Objects": [{"Key": "AWSLogs/prove"}], "Quiet": True})
    yield cases.deny("record-wiped", "deletes delivered records", wiped)


def _roles(deployment: Deployment) -> Iterator[Trial]:
    target, cases, tools = deployment.target, deployment.cases, deployment.facts.tools
    for fact, role in (
        ("become-execution", target.role_arn(target.execution_role)),
        ("become-bootstrap", target.role_arn(target.bootstrap_role)),
        ("become-open", target.role_arn(created.OPEN)),
        ("become-jenkins", tools.role_arn(tools.deploy_role)),
    ):
        request = call("sts", "assume_role", RoleArn=role, RoleSessionName=target.session)
        yield cases.deny(fact, f"becomes {role.rsplit('/', 1)[1]}", request)


READING = "reading"

_LOOK = "own-bucket"


def evaluations(facts: Facts) -> Iterator[Trial]:
    """Every case of every execution role: nobody but Lambda becomes it, so the simulator is asked."""
    for target in facts.targets:
        yield from _execution(target)


def _preview(facts: Facts, target: ProvedTarget) -> Iterator[Trial]:
    parameters = {
        "RoleSessionName": target.session,
        "SourceIdentity": target.session,
        "ExternalId": target.external_id,
    }
    who = Entered(
        Ec2Instance(facts.tools.preview_role), target.role_arn(target.preview_role), tuple(sorted(parameters.items()))
    )
    cases = CaseTable(READING, "preview", target.env, who, _LOOK)
    versions = call("s3", "get_bucket_versioning", Bucket=target.bucket)
    yield cases.allow(_LOOK, "looks at the stack's bucket", versions, twin="item")
    looked = call("lambda", "get_function", FunctionName=target.function)
    yield cases.allow("own-function", "looks at the stack's function", looked, twin="function-code")
    policy = {"Bucket": target.bucket, "Policy": target.bucket_policy}
    for fact, sentence, request in (
        ("item", "reads an item", call("s3", "get_object", Bucket=target.bucket, Key="items/prove")),
        ("write-item", "writes an item", call("s3", "put_object", Bucket=target.bucket, Key="items/prove", Body=b"")),
        ("bucket-policy", "puts the bucket's policy", call("s3", "put_bucket_policy", **policy)),
        ("invoke", "calls the function", call("lambda", "invoke", FunctionName=target.function)),
        (
            "function-code",
            "changes the function's code",
            call("lambda", "update_function_code", FunctionName=target.function, ZipFile=b"nothing that could run"),
        ),
        (
            "api",
            "makes an HTTP API",
            call(
                "apigatewayv2",
                "create_api",
                Name=f"{created.PREFIX}new",
                ProtocolType="HTTP",
                Tags=dict(target.tags),
            ),
        ),
        ("role", "makes a user", call("iam", "create_user", UserName=f"{created.PREFIX}new")),
        ("log", "reads what the function wrote", call("logs", "filter_log_events", logGroupName=target.log_group)),
        ("secrets", "lists secrets", call("secretsmanager", "list_secrets")),
    ):
        yield cases.deny(fact, sentence, request)


def _execution(target: ProvedTarget) -> Iterator[Trial]:
    cases = CaseTable(READING, "execution", target.env, created.in_account(target), "own-item")
    role, item = target.role_arn(target.execution_role), arn("s3", f"{target.bucket}/items/prove")
    own = simulated(role, "s3:GetObject", item)
    yield cases.simulate("own-item", "would read an item", own, allowed=True, twin="other-bucket")
    for fact, sentence, action, resource in (
        ("other-bucket", "would read another bucket", "s3:GetObject", arn("s3", "prove-other/items/prove")),
        ("bucket-policy", "would put the bucket's policy", "s3:PutBucketPolicy", arn("s3", target.bucket)),
        ("function-code", "would change its own code", "lambda:UpdateFunctionCode", target.function_arn),
        ("role", "would make a role", "iam:CreateRole", target.role_arn("prove-new")),
        ("other-log", "would write another log", "logs:PutLogEvents", _log(target, "/aws/lambda/prove-other")),
        ("become", "would become another role", "sts:AssumeRole", target.role_arn(target.deployment_role)),
    ):
        yield cases.simulate(fact, sentence, simulated(role, action, resource), allowed=False, twin="own-item")


def _log(target: ProvedTarget, group: str) -> str:
    return arn("logs", f"log-group:{group}:log-stream:prove", region=target.region, account=target.account)
