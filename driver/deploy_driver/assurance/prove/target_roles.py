"""What the roles of a target account may do: the deployment role cannot widen itself, and reading is only reading."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from deploy_driver.assurance.prove import created
from deploy_driver.assurance.prove.case import ApiRequest, CaseTable, Ec2Instance, Entered, Trial, Undo, call, simulated
from deploy_driver.assurance.prove.facts import Facts, ProvedBucket, ProvedFunction, ProvedTarget, needs
from deploy_project.stacks import arn

WIDENING = "widening"

ADMINISTRATORS = arn("iam", "policy/AdministratorAccess", account="aws")
_ADD = "lambda:AddPermission"
_SERVICES = ("apigateway.amazonaws.com", "s3.amazonaws.com", "sns.amazonaws.com", "events.amazonaws.com")
"""Services that a program may let call a function; those that it does not are tried."""
_CODE = {"Runtime": "python3.12", "Handler": "prove.main", "Code": {"ZipFile": b"nothing that could run"}}
_SELF, _LOOK, _PASS, _GRANT, _API = "session", "own-bucket", "pass-execution-role", "grant-service", "own-api"


@dataclass(frozen=True)
class Deployment:
    """The deployment role of one account at work."""

    facts: Facts
    target: ProvedTarget

    @property
    def cases(self) -> CaseTable:
        """Its session, as Jenkins gets it."""
        return CaseTable(WIDENING, "deployment", self.target.env, session(self.facts, self.target), _SELF)

    def needs(self, action: str, resource: str, **context: str) -> bool:
        """Whether deploying the program takes this."""
        return any(needs(role, action, resource, context) for role in self.target.roles_of("deployment"))

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
    who = call("sts", "get_caller_identity")
    yield deployment.cases.allow(_SELF, "has a session of its own", who, twin="make-role")
    for bucket in deployment.target.buckets:
        yield from _bucket(deployment, bucket)
    yield from _other_buckets(deployment)
    for function in deployment.target.functions:
        yield from _function(deployment, function)
        yield from _grants(deployment, function)
    yield from _other_functions(deployment)
    yield from _rights(deployment)
    yield from _own_role(deployment)
    yield from _apis(deployment)
    yield from _record(deployment)
    yield from _roles(deployment)


def _bucket(deployment: Deployment, bucket: ProvedBucket) -> Iterator[Trial]:
    cases, name, its = deployment.cases, bucket.name, {"Bucket": bucket.bucket}
    put = (Undo(created.in_account(deployment.target), created.policy_back(bucket)),)
    off = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), False)
    on = dict.fromkeys(off, True)
    blocked = deployment.undone("s3", "put_public_access_block", **its, PublicAccessBlockConfiguration=on)
    look, public_ = f"{_LOOK}.{name}", f"public-bucket-policy.{name}"
    versions = call("s3", "get_bucket_versioning", **its)
    yield cases.allow(look, f"looks at its bucket {name}", versions, twin=public_)
    if bucket.policy:
        own = call("s3", "put_bucket_policy", **its, Policy=bucket.policy)
        yield cases.allow(f"own-bucket-policy.{name}", f"puts the policy of its bucket {name}", own, twin=public_)
    public = call("s3", "put_bucket_policy", **its, Policy=created.open_to_all(bucket.bucket))
    yield cases.deny(public_, f"opens its bucket {name} to everybody", public, twin=look, undo=put)
    unblock = call("s3", "put_public_access_block", **its, PublicAccessBlockConfiguration=off)
    unblocked = call("s3", "delete_public_access_block", **its)
    # The list that the bucket has anyway: one that opens it is refused by the public access block too, whoever writes it.
    listed = call("s3", "put_bucket_acl", **its, ACL="private")
    read = call("s3", "get_object", **its, Key="items/prove")
    for fact, sentence, request, action, undo in (
        ("public-block-off", "turns off the public access block of", unblock, "s3:PutBucketPublicAccessBlock", blocked),
        ("public-block-gone", "removes the public access block of", unblocked, "s3:PutBucketPublicAccessBlock", blocked),
        ("bucket-acl", "writes the access control list of", listed, "s3:PutBucketAcl", ()),
        ("item", "reads an item of", read, "s3:GetObject", ()),
    ):  # fmt: skip
        if not deployment.needs(action, f"{bucket.arn}/items/prove" if fact == "item" else bucket.arn):
            yield cases.deny(f"{fact}.{name}", f"{sentence} its bucket {name}", request, twin=look, undo=undo)


def _other_buckets(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    other, new = created.other_bucket(target), f"{created.PREFIX}new-{target.account}"
    twin = next((f"{_LOOK}.{bucket.name}" for bucket in target.buckets), "")
    taken = call("s3", "put_bucket_policy", Bucket=other, Policy=created.private(other))
    yield cases.deny("other-bucket-policy", "puts the policy of another stack's bucket", taken, twin=twin)
    emptied = call("s3", "delete_bucket", Bucket=other)
    yield cases.deny("other-bucket-gone", "deletes another stack's bucket", emptied, twin=twin)
    made = call("s3", "create_bucket", Bucket=new, **created.bucket_location(target))
    yield cases.deny("other-bucket", "makes a bucket of another name", made, twin=twin)


def _made(name: str, role_arn: str) -> ApiRequest:
    return call("lambda", "create_function", FunctionName=name, Role=role_arn, **_CODE)


def _function(deployment: Deployment, function: ProvedFunction) -> Iterator[Trial]:
    target, cases, name = deployment.target, deployment.cases, function.name
    gone = deployment.undone("lambda", "delete_function", FunctionName=function.function)
    twin = f"{_PASS}.{name}"
    passed = _made(function.function, function.role_arn)
    said = f"passes its execution role to its function {name}"
    yield cases.allow(twin, said, passed, twin=f"pass-own-role.{name}", undo=gone)
    for fact, role in (
        ("pass-own-role", target.deployment_role),
        ("pass-bootstrap-role", target.bootstrap_role),
        ("pass-other-role", created.STRANGER),
    ):
        said, wrong = f"passes the role {role} to its function {name}", _made(function.function, target.role_arn(role))
        yield cases.deny(f"{fact}.{name}", said, wrong, twin=twin, undo=gone)
    other = {"FunctionName": function.function, "Role": target.role_arn(created.STRANGER)}
    swapped = call("lambda", "update_function_configuration", **other)
    yield cases.deny(f"swap-role.{name}", f"gives its function {name} another role", swapped, twin=twin)


def _other_functions(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    role, twin = next(
        ((each.role_arn, f"{_PASS}.{each.name}") for each in target.functions), (target.role_arn(created.STRANGER), "")
    )
    other = deployment.undone("lambda", "delete_function", FunctionName=created.OTHER)
    made = _made(created.OTHER, role)
    yield cases.deny("other-function", "makes a function of another name", made, twin=twin, undo=other)
    code = call("lambda", "update_function_code", FunctionName=created.OTHER, ZipFile=b"nothing that could run")
    yield cases.deny("other-function-code", "changes another stack's function", code, twin=twin)


def _grants(deployment: Deployment, function: ProvedFunction) -> Iterator[Trial]:
    """Who may call a function: the services that the program lets call it, and nobody else."""
    target, cases, name = deployment.target, deployment.cases, function.name
    its = {"FunctionName": function.function}
    right = {service: deployment.needs(_ADD, function.arn, **{"lambda:Principal": service}) for service in _SERVICES}
    may = [service for service, needed in right.items() if needed]
    twin = f"{_GRANT}.{name}" if may else f"{_PASS}.{name}"
    if may:
        grant, back = _grant(deployment, its, "prove-service", may[0])
        yield cases.allow(
            twin, f"lets {may[0]} call its function {name}", grant, twin=f"grant-account.{name}", undo=back
        )
    for fact, principal in (
        ("grant-account", deployment.facts.beside(target).account),
        ("grant-everybody", "*"),
        *((f"grant-{service.partition('.')[0]}", service) for service, needed in right.items() if not needed),
    ):
        grant, back = _grant(deployment, its, f"prove-{fact}", principal)
        yield cases.deny(f"{fact}.{name}", f"lets {principal} call its function {name}", grant, twin=twin, undo=back)
    if not target.asks("lambda:CreateFunctionUrlConfig", function.arn):
        url = call("lambda", "create_function_url_config", **its, AuthType="NONE")
        shut = deployment.undone("lambda", "delete_function_url_config", **its)
        said = f"gives its function {name} an address of its own"
        yield cases.deny(f"function-url.{name}", said, url, twin=twin, undo=shut)


def _grant(
    deployment: Deployment, its: Mapping[str, str], statement: str, principal: str
) -> tuple[ApiRequest, tuple[Undo, ...]]:
    target, named = deployment.target, {**its, "StatementId": statement}
    api = arn("execute-api", "prove/*", region=target.region, account=target.account)
    source = {"SourceArn": api} if principal == _SERVICES[0] else {}
    asked = {**named, "Action": "lambda:InvokeFunction", "Principal": principal, **source}
    return call("lambda", "add_permission", **asked), deployment.undone("lambda", "remove_permission", **named)


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
        yield cases.deny(fact, sentence, made)


def _own_role(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    name, new = target.deployment_role, f"{created.PREFIX}more"
    capped = deployment.undone(
        "iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=target.boundary
    )
    write = call("iam", "put_role_policy", RoleName=name, PolicyName=new, PolicyDocument=created.EVERYTHING)
    erased = deployment.undone("iam", "delete_role_policy", RoleName=name, PolicyName=new)
    yield cases.deny("own-policy", "writes itself a policy", write, undo=erased)
    attach = call("iam", "attach_role_policy", RoleName=name, PolicyArn=ADMINISTRATORS)
    detached = deployment.undone("iam", "detach_role_policy", RoleName=name, PolicyArn=ADMINISTRATORS)
    yield cases.deny("own-attachment", "attaches AdministratorAccess to itself", attach, undo=detached)
    uncap = call("iam", "delete_role_permissions_boundary", RoleName=name)
    yield cases.deny("boundary-gone", "removes its own boundary", uncap, undo=capped)
    recap = call("iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=ADMINISTRATORS)
    yield cases.deny("boundary-other", "takes another boundary", recap, undo=capped)
    trusting = call("iam", "update_assume_role_policy", RoleName=name, PolicyDocument="{}")
    yield cases.deny("own-trust", "rewrites its own trust", trusting)
    longer = call("iam", "update_role", RoleName=name, MaxSessionDuration=43_200)
    before = deployment.undone("iam", "update_role", RoleName=name, MaxSessionDuration=target.longest)
    yield cases.deny("own-duration", "lets itself stay for twelve hours", longer, undo=before)


def _apis(deployment: Deployment) -> Iterator[Trial]:
    target, cases = deployment.target, deployment.cases
    things = deployment.facts.created.get(target.account)

    def make(tags: dict[str, str]) -> ApiRequest:
        return call("apigatewayv2", "create_api", Name=f"{created.PREFIX}new", ProtocolType="HTTP", Tags=tags)

    twin = ""
    tags = {f"aws:RequestTag/{key}": value for key, value in target.tags.items()}
    if deployment.needs("apigateway:POST", arn("apigateway", "/apis", region=target.region), **tags):
        twin, own = _API, make(dict(target.tags))
        yield cases.allow(_API, "makes an HTTP API that carries its stack's tag", own, twin="untagged-api")
    yield cases.deny("untagged-api", "makes an HTTP API without the tag", make({"made-by": "prove"}), twin=twin)
    foreign = make({**target.tags, "deploy:stack": created.OTHER})
    service = make({**target.tags, "deploy:project": created.OTHER})
    yield cases.deny("foreign-api", "makes an HTTP API with another stack's tag", foreign, twin=twin)
    yield cases.deny("foreign-service-api", "makes an HTTP API with another service's tag", service, twin=twin)
    if things and things.other_api:
        other = things.other_api
        change = call("apigatewayv2", "update_api", ApiId=other, Description="taken")
        yield cases.deny("other-api", "changes another stack's HTTP API", change, twin=twin)
        route = call("apigatewayv2", "create_route", ApiId=other, RouteKey="GET /prove")
        yield cases.deny("other-api-route", "gives another stack's HTTP API a route", route, twin=twin)
        api = arn("apigateway", f"/apis/{other}", region=target.region)
        tagged = call("apigatewayv2", "tag_resource", ResourceArn=api, Tags=dict(target.tags))
        yield cases.deny("other-api-tag", "tags another stack's HTTP API as its own", tagged, twin=twin)
        gone = call("apigatewayv2", "delete_api", ApiId=other)
        yield cases.deny("other-api-gone", "deletes another stack's HTTP API", gone, twin=twin)


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
        *((f"become-{role.name}", role.arn) for role in target.execution_roles),
        ("become-bootstrap", target.role_arn(target.bootstrap_role)),
        ("become-open", target.role_arn(created.OPEN)),
        ("become-jenkins", tools.role_arn(tools.deploy_role)),
    ):
        request = call("sts", "assume_role", RoleArn=role, RoleSessionName=target.session)
        yield cases.deny(fact, f"becomes {role.rsplit('/', 1)[1]}", request)


READING = "reading"

_OWN_LOG = "own-log"


def evaluations(facts: Facts) -> Iterator[Trial]:
    """Every case of every function's execution role: nobody but Lambda becomes it, so the simulator is asked."""
    for target in facts.targets:
        for function in target.functions:
            if any(role.arn == function.role_arn for role in target.execution_roles):
                yield from _execution(target, function)


def _preview(facts: Facts, target: ProvedTarget) -> Iterator[Trial]:
    cases = CaseTable(READING, "preview", target.env, looking(facts, target), _SELF)
    yield cases.allow(_SELF, "has a session of its own", call("sts", "get_caller_identity"), twin="role")
    new = {"Name": f"{created.PREFIX}new", "ProtocolType": "HTTP", "Tags": dict(target.tags)}
    yield cases.deny("api", "makes an HTTP API", call("apigatewayv2", "create_api", **new))
    yield cases.deny("role", "makes a user", call("iam", "create_user", UserName=f"{created.PREFIX}new"))
    yield cases.deny("secrets", "lists secrets", call("secretsmanager", "list_secrets"))
    for bucket in target.buckets:
        twin, its = f"{_LOOK}.{bucket.name}", {"Bucket": bucket.bucket}
        item, item_arn = {**its, "Key": "items/prove"}, f"{bucket.arn}/items/prove"
        versions = call("s3", "get_bucket_versioning", **its)
        yield cases.allow(twin, f"looks at the bucket {bucket.name}", versions, twin=f"write-item.{bucket.name}")
        for fact, sentence, request in (
            ("item", "reads an item of", call("s3", "get_object", **item)),
            ("write-item", "writes an item of", call("s3", "put_object", **item, Body=b"")),
            ("bucket-policy", "puts the policy of", created.policy_back(bucket)),
        ):
            reads = any(needs(role, "s3:GetObject", item_arn, {}) for role in target.roles_of("preview"))
            if fact != "item" or not reads:
                yield cases.deny(f"{fact}.{bucket.name}", f"{sentence} the bucket {bucket.name}", request, twin=twin)
    for function in target.functions:
        twin, its = f"own-function.{function.name}", {"FunctionName": function.function}
        looked = call("lambda", "get_function", **its)
        yield cases.allow(twin, f"looks at the function {function.name}", looked, twin=f"function-code.{function.name}")
        code = call("lambda", "update_function_code", **its, ZipFile=b"nothing that could run")
        for fact, sentence, request in (
            ("invoke", "calls", call("lambda", "invoke", **its)),
            ("function-code", "changes the code of", code),
            ("log", "reads what was written by", call("logs", "filter_log_events", logGroupName=function.log_group)),
        ):
            yield cases.deny(f"{fact}.{function.name}", f"{sentence} the function {function.name}", request, twin=twin)


def looking(facts: Facts, target: ProvedTarget) -> Entered:
    """A session of the preview role, as Jenkins' agents that build pull requests get it."""
    return replace(session(facts, target, target.preview_role), through=Ec2Instance(facts.tools.preview_role))


def _execution(target: ProvedTarget, function: ProvedFunction) -> Iterator[Trial]:
    role = next(role for role in target.execution_roles if role.arn == function.role_arn)
    cases = CaseTable(READING, role.name, target.env, created.in_account(target), _OWN_LOG)
    stream = ":log-stream:prove"
    own = simulated(role.arn, "logs:PutLogEvents", f"{function.log_arn}{stream}")
    yield cases.simulate(_OWN_LOG, "would write its own log", own, allowed=True, twin="other-log")
    other_log = arn("logs", f"log-group:/aws/lambda/prove-other{stream}", region=target.region, account=target.account)
    for fact, sentence, action, resource in (
        ("other-bucket", "would read another bucket", "s3:GetObject", arn("s3", "prove-other/items/prove")),
        ("role", "would make a role", "iam:CreateRole", target.role_arn("prove-new")),
        ("other-log", "would write another log", "logs:PutLogEvents", other_log),
        ("become", "would become another role", "sts:AssumeRole", target.role_arn(target.deployment_role)),
    ):
        yield cases.simulate(fact, sentence, simulated(role.arn, action, resource), allowed=False, twin=_OWN_LOG)
