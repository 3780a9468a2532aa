"""Nobody can widen himself: what the deployment role tries with its real credentials, and what it may do instead."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from deploy_driver.assurance.prove import throwaway
from deploy_driver.assurance.prove.deeds import Subject, call
from deploy_driver.assurance.prove.facts import Facts, Target
from deploy_driver.assurance.prove.trial import Entered, Instance, Request, Trial, Undo

GROUP = "widening"

ADMINISTRATORS = "arn:aws:iam::aws:policy/AdministratorAccess"
EVERYTHING = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
_CODE = {"Runtime": "python3.12", "Handler": "prove.main", "Code": {"ZipFile": b"nothing that could run"}}
_PASS, _POLICY, _GRANT, _API = "pass-execution-role", "own-bucket-policy", "grant-api-gateway", "own-api"


@dataclass(frozen=True)
class Deployment:
    """The deployment role of one account at work."""

    facts: Facts
    target: Target

    @property
    def subject(self) -> Subject:
        """Its session, as Jenkins gets it."""
        return Subject(GROUP, "deployment", self.target.env, session(self.facts, self.target), _POLICY)

    def undone(self, service: str, operation: str, **parameters: object) -> tuple[Undo, ...]:
        """Put back by the administrator."""
        return (Undo(throwaway.in_account(self.target), Request(service, operation, parameters)),)


def session(facts: Facts, target: Target, role: str = "") -> Entered:
    """A session of the deployment role (or of another role of the target), got as Jenkins gets it."""
    parameters = {
        "RoleSessionName": target.session,
        "SourceIdentity": target.session,
        "ExternalId": target.external_id,
    }
    arn = target.role_arn(role or target.deployment_role)
    return Entered(Instance(facts.tools.deploy_role), arn, tuple(sorted(parameters.items())))


def trials(facts: Facts) -> Iterator[Trial]:
    """Every deed of every deployment role."""
    for target in facts.targets:
        deployment = Deployment(facts, target)
        yield from _buckets(deployment)
        yield from _functions(deployment)
        yield from _grants(deployment)
        yield from _rights(deployment)
        yield from _own_role(deployment)
        yield from _apis(deployment)
        yield from _record(deployment)
        yield from _roles(deployment)


def _buckets(deployment: Deployment) -> Iterator[Trial]:
    target, does = deployment.target, deployment.subject
    put = deployment.undone("s3", "put_bucket_policy", Bucket=target.bucket, Policy=target.bucket_policy)
    off = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    on = dict.fromkeys(off, True)
    blocked = deployment.undone(
        "s3", "put_public_access_block", Bucket=target.bucket, PublicAccessBlockConfiguration=on
    )
    other = throwaway.other_bucket(target)
    own = call("s3", "put_bucket_policy", Bucket=target.bucket, Policy=target.bucket_policy)
    yield does.may(_POLICY, "puts the policy of its own bucket", own, twin="public-bucket-policy")
    public = call("s3", "put_bucket_policy", Bucket=target.bucket, Policy=open_to_all(target.bucket))
    yield does.may_not("public-bucket-policy", "opens its bucket to everybody", public, undo=put)
    unblock = call("s3", "put_public_access_block", Bucket=target.bucket, PublicAccessBlockConfiguration=off)
    yield does.may_not("public-block-off", "turns off the bucket's public access block", unblock, undo=blocked)
    unblocked = call("s3", "delete_public_access_block", Bucket=target.bucket)
    yield does.may_not("public-block-gone", "removes the bucket's public access block", unblocked, undo=blocked)
    # The list that the bucket has anyway: one that opens it is refused by the public access block too, whoever writes it.
    listed = call("s3", "put_bucket_acl", Bucket=target.bucket, ACL="private")
    yield does.may_not("bucket-acl", "writes its bucket's access control list", listed)
    taken = call("s3", "put_bucket_policy", Bucket=other, Policy=private(other))
    yield does.may_not("other-bucket-policy", "puts the policy of another stack's bucket", taken)
    emptied = call("s3", "delete_bucket", Bucket=other)
    yield does.may_not("other-bucket-gone", "deletes another stack's bucket", emptied)
    made = call("s3", "create_bucket", Bucket=f"{throwaway.PREFIX}new-{target.account}", **place(target))
    yield does.may_not("other-bucket", "makes a bucket of another name", made)
    read = call("s3", "get_object", Bucket=target.bucket, Key="items/prove")
    yield does.may_not("item", "reads an item", read)


def _functions(deployment: Deployment) -> Iterator[Trial]:
    target, does = deployment.target, deployment.subject
    gone = deployment.undone("lambda", "delete_function", FunctionName=target.function)

    def make(name: str, role: str) -> Request:
        return call("lambda", "create_function", FunctionName=name, Role=target.role_arn(role), **_CODE)

    passed = make(target.function, target.execution_role)
    yield does.may(_PASS, "passes the execution role to its function", passed, twin="pass-own-role", undo=gone)
    for fact, role in (
        ("pass-own-role", target.deployment_role),
        ("pass-bootstrap-role", target.bootstrap_role),
        ("pass-other-role", throwaway.STRANGER),
    ):
        said = f"passes the role {role} to its function"
        yield does.may_not(fact, said, make(target.function, role), twin=_PASS, undo=gone)
    swapped = call(
        "lambda",
        "update_function_configuration",
        FunctionName=target.function,
        Role=target.role_arn(throwaway.STRANGER),
    )
    yield does.may_not("swap-role", "gives its function another role", swapped, twin=_PASS)
    other = deployment.undone("lambda", "delete_function", FunctionName=throwaway.OTHER)
    yield does.may_not(
        "other-function",
        "makes a function of another name",
        make(throwaway.OTHER, target.execution_role),
        twin=_PASS,
        undo=other,
    )
    code = call("lambda", "update_function_code", FunctionName=throwaway.OTHER, ZipFile=b"nothing that could run")
    yield does.may_not("other-function-code", "changes another stack's function", code, twin=_PASS)


def _grants(deployment: Deployment) -> Iterator[Trial]:
    target, does = deployment.target, deployment.subject
    api = f"arn:aws:execute-api:{target.region}:{target.account}:prove/*"

    def grant(statement: str, principal: str, **more: str) -> Request:
        names = {"FunctionName": target.function, "StatementId": statement}
        return call("lambda", "add_permission", **names, Action="lambda:InvokeFunction", Principal=principal, **more)

    def back(statement: str) -> tuple[Undo, ...]:
        return deployment.undone("lambda", "remove_permission", FunctionName=target.function, StatementId=statement)

    may = grant("prove-api", "apigateway.amazonaws.com", SourceArn=api)
    yield does.may(_GRANT, "lets an HTTP API call its function", may, twin="grant-account", undo=back("prove-api"))
    for fact, principal in (
        ("grant-account", deployment.facts.beside(target).account),
        ("grant-everybody", "*"),
        ("grant-other-service", "s3.amazonaws.com"),
    ):
        call_ = grant(f"prove-{fact}", principal)
        yield does.may_not(fact, f"lets {principal} call its function", call_, twin=_GRANT, undo=back(f"prove-{fact}"))
    url = call("lambda", "create_function_url_config", FunctionName=target.function, AuthType="NONE")
    shut = deployment.undone("lambda", "delete_function_url_config", FunctionName=target.function)
    yield does.may_not("function-url", "gives its function an address of its own", url, twin=_GRANT, undo=shut)


def _rights(deployment: Deployment) -> Iterator[Trial]:
    target, does = deployment.target, deployment.subject
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
    new = f"{throwaway.PREFIX}new"
    for fact, sentence, made in (
        ("make-role", "makes a role", call("iam", "create_role", RoleName=new, AssumeRolePolicyDocument=trust)),
        ("make-user", "makes a user", call("iam", "create_user", UserName=new)),
        ("make-key", "makes an access key", call("iam", "create_access_key", UserName=new)),
        ("make-policy", "makes a policy", call("iam", "create_policy", PolicyName=new, PolicyDocument=EVERYTHING)),
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
        yield does.may_not(fact, sentence, made, twin=_PASS)


def _own_role(deployment: Deployment) -> Iterator[Trial]:
    target, does = deployment.target, deployment.subject
    name, new = target.deployment_role, f"{throwaway.PREFIX}more"
    capped = deployment.undone(
        "iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=target.boundary
    )
    write = call("iam", "put_role_policy", RoleName=name, PolicyName=new, PolicyDocument=EVERYTHING)
    erased = deployment.undone("iam", "delete_role_policy", RoleName=name, PolicyName=new)
    yield does.may_not("own-policy", "writes itself a policy", write, twin=_PASS, undo=erased)
    attach = call("iam", "attach_role_policy", RoleName=name, PolicyArn=ADMINISTRATORS)
    detached = deployment.undone("iam", "detach_role_policy", RoleName=name, PolicyArn=ADMINISTRATORS)
    yield does.may_not("own-attachment", "attaches AdministratorAccess to itself", attach, twin=_PASS, undo=detached)
    uncap = call("iam", "delete_role_permissions_boundary", RoleName=name)
    yield does.may_not("boundary-gone", "removes its own boundary", uncap, twin=_PASS, undo=capped)
    recap = call("iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=ADMINISTRATORS)
    yield does.may_not("boundary-other", "takes another boundary", recap, twin=_PASS, undo=capped)
    trusting = call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument="{}")
    yield does.may_not("own-trust", "rewrites its own trust", trusting, twin=_PASS)
    longer = call("iam", "update_role", RoleName=name, MaxSessionDuration=43_200)
    before = deployment.undone("iam", "update_role", RoleName=name, MaxSessionDuration=target.longest)
    yield does.may_not("own-duration", "lets itself stay for twelve hours", longer, twin=_PASS, undo=before)


def _apis(deployment: Deployment) -> Iterator[Trial]:
    target, does = deployment.target, deployment.subject
    props = deployment.facts.props.get(target.account)

    def make(tags: dict[str, str]) -> Request:
        return call("apigatewayv2", "create_api", Name=f"{throwaway.PREFIX}new", ProtocolType="HTTP", Tags=tags)

    own = make({"deploy:stack": target.env})
    yield does.may(_API, "makes an HTTP API that carries its stack's tag", own, twin="untagged-api")
    yield does.may_not("untagged-api", "makes an HTTP API without the tag", make({"made-by": "prove"}), twin=_API)
    foreign = make({"deploy:stack": throwaway.OTHER})
    yield does.may_not("foreign-api", "makes an HTTP API with another stack's tag", foreign, twin=_API)
    if props and props.other_api:
        other = props.other_api
        change = call("apigatewayv2", "update_api", ApiId=other, Description="taken")
        yield does.may_not("other-api", "changes another stack's HTTP API", change, twin=_API)
        route = call("apigatewayv2", "create_route", ApiId=other, RouteKey="GET /prove")
        yield does.may_not("other-api-route", "gives another stack's HTTP API a route", route, twin=_API)
        arn = f"arn:aws:apigateway:{target.region}::/apis/{other}"
        tagged = call("apigatewayv2", "tag_resource", ResourceArn=arn, Tags={"deploy:stack": target.env})
        yield does.may_not("other-api-tag", "tags another stack's HTTP API as its own", tagged, twin=_API)
        gone = call("apigatewayv2", "delete_api", ApiId=other)
        yield does.may_not("other-api-gone", "deletes another stack's HTTP API", gone, twin=_API)


def _record(deployment: Deployment) -> Iterator[Trial]:
    target, does = deployment.target, deployment.subject
    started = deployment.undone("cloudtrail", "start_logging", Name=target.trail)
    stop = call("cloudtrail", "stop_logging", Name=target.trail)
    yield does.may_not("trail-stopped", "stops the trail", stop, undo=started)
    blind = call("cloudtrail", "put_event_selectors", TrailName=target.trail, EventSelectors=[])
    yield does.may_not("trail-blind", "makes the trail record less", blind)
    moved = call("cloudtrail", "update_trail", Name=target.trail, S3BucketName=throwaway.other_bucket(target))
    back = deployment.undone("cloudtrail", "update_trail", Name=target.trail, S3BucketName=target.trail_bucket)
    yield does.may_not("trail-elsewhere", "sends the trail to another bucket", moved, undo=back)
    bucket = target.trail_bucket
    policy = call("s3", "put_bucket_policy", Bucket=bucket, Policy=target.trail_policy)
    yield does.may_not("record-policy", "puts the policy of the trail's bucket", policy)
    wiped = call("s3", "delete_objects", Bucket=bucket, Delete={"Objects": [{"Key": "AWSLogs/prove"}], "Quiet": True})
    yield does.may_not("record-wiped", "deletes delivered records", wiped)


def _roles(deployment: Deployment) -> Iterator[Trial]:
    target, does, tools = deployment.target, deployment.subject, deployment.facts.tools
    for fact, arn in (
        ("become-execution", target.role_arn(target.execution_role)),
        ("become-bootstrap", target.role_arn(target.bootstrap_role)),
        ("become-open", target.role_arn(throwaway.OPEN)),
        ("become-jenkins", tools.role_arn(tools.deploy_role)),
    ):
        request = call("sts", "assume_role", RoleArn=arn, RoleSessionName=target.session)
        yield does.may_not(fact, f"becomes {arn.rsplit('/', 1)[1]}", request)


def open_to_all(bucket: str) -> str:
    """A bucket policy that everybody may read by."""
    return _policy(bucket, {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject"})


def private(bucket: str) -> str:
    """A bucket policy that nobody gets in by."""
    return _policy(bucket, {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObjectTorrent"})


def _policy(bucket: str, statement: dict[str, str]) -> str:
    resource = {"Resource": f"arn:aws:s3:::{bucket}/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **resource}]})


def place(target: Target) -> dict[str, object]:
    """Where a bucket is made: us-east-1 is the one region that must not be named (S3 API, CreateBucket)."""
    if target.region == "us-east-1":
        return {}
    return {"CreateBucketConfiguration": {"LocationConstraint": target.region}}
