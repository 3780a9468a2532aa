"""Makes what a proof in the sandbox is tried with, and removes everything that begins with `prove-`, whatever happened.

Only a proof in the sandbox makes such things, and yet this is not part of the sandbox: it works through the sessions of the
proof, and the cases speak of these roles, users and buckets by name, so that both change together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.aws import asking, every
from deploy_driver.assurance.adapters.proof_world import AwsWorld
from deploy_driver.assurance.prove import created
from deploy_driver.assurance.prove.case import ADMINISTRATOR
from deploy_driver.assurance.prove.facts import CreatedThings, Facts, ProvedTarget
from deploy_driver.errors import NotReadyError
from deploy_project.stacks import arn

_ASK = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
                "Resource": "*",
            }
        ],
    }
)
_ANOTHER_ORGANISATION = "o-proveprove"
_STAND_IN = {"Key": "made-by", "Value": "deploy-prove"}
"""On a bucket with the stack's own name that the proof made because there was none."""

Client = Callable[[str], Any]
"""The client of a service in one account, as its administrator."""


@dataclass(frozen=True)
class ProveFixtures:
    """The throw-away roles, user, buckets and HTTP APIs of one proof, made by the administrator."""

    world: AwsWorld
    facts: Facts
    lock: Path

    @contextmanager
    def in_place(self) -> Iterator[Facts]:
        """The facts with what was made. One proof at a time; what an earlier one left is removed first.

        Raises NotReadyError where the access layers do not stand.
        """
        from filelock import FileLock, Timeout

        try:
            lock = FileLock(self.lock, timeout=0)
            lock.acquire()
        except Timeout:
            raise NotReadyError("another proof is at work in this sandbox", remedy=remedies.WAIT_UNTIL_ENDED) from None
        try:
            self.clear()
            yield self._make()
        finally:
            try:
                self.clear()
            finally:
                lock.release()

    def _make(self) -> Facts:
        tools, iam = self.facts.tools, self._tools("iam")
        _real(iam, tools.deploy_role)
        asking("making a user", lambda: iam.create_user(UserName=created.USER))
        iam.put_user_policy(UserName=created.USER, PolicyName=created.USER, PolicyDocument=_ASK)
        key = iam.create_access_key(UserName=created.USER)["AccessKey"]
        self.world.user_keys.update(AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
        _role(iam, created.SIBLING, _trusting(tools.account), _ASK)
        with ThreadPoolExecutor() as pool:
            # A copy names a role of another account, which IAM does not look for: no order is needed.
            made = dict(
                zip((target.account for target in self.facts.known), pool.map(self._in, self.facts.known), strict=True)
            )
        return replace(self.facts, created=made)

    def _in(self, target: ProvedTarget) -> CreatedThings:
        iam, tools = self._inside(target, "iam"), self.facts.tools
        real = {name: _real(iam, name) for name in (target.deployment_role, target.preview_role)}
        everybody = _trusting(tools.account)
        _role(iam, created.STRANGER, everybody, _ASK)
        _role(iam, created.OPEN, _trusting(tools.account, target.account), _ASK)
        _role(iam, created.CAPPED, everybody, created.EVERYTHING, PermissionsBoundary=target.boundary)
        for word, name in (("deployment", target.deployment_role), ("preview", target.preview_role)):
            self._copies(iam, target, word, real[name])
        what = f"making things to try on in {target.env}"
        self._buckets(target, what)
        apis = self._inside(target, "apigatewayv2")
        tags = {**target.tags, "deploy:stack": created.OTHER}
        api = asking(what, lambda: apis.create_api(Name=created.OTHER, ProtocolType="HTTP", Tags=tags))
        return CreatedThings(str(api["ApiId"]))

    def _buckets(self, target: ProvedTarget, what: str) -> None:
        """Another stack's bucket; and this stack's own, where they have not been deployed yet."""
        s3, where = self._inside(target, "s3"), created.bucket_location(target)
        asking(what, lambda: s3.create_bucket(Bucket=created.other_bucket(target), **where))
        there = {entry["Name"] for entry in asking(what, s3.list_buckets)["Buckets"]}
        for bucket in (each.bucket for each in target.buckets if each.bucket not in there):
            asking(what, partial(s3.create_bucket, Bucket=bucket, **where))
            asking(what, partial(s3.put_bucket_tagging, Bucket=bucket, Tagging={"TagSet": [_STAND_IN]}))

    def _copies(self, iam: Any, target: ProvedTarget, word: str, real: Mapping[str, Any]) -> None:
        tools, trust = self.facts.tools, real["AssumeRolePolicyDocument"]
        user = arn("iam", f"user/{created.USER}", account=tools.account)
        stranger = self.facts.beside(target).role_arn(created.STRANGER)
        longest = {"MaxSessionDuration": real["MaxSessionDuration"]}
        _role(iam, f"{created.COPY}-{word}", _renamed(trust, user), "", **longest)
        _role(iam, f"{created.STRANGE_COPY}-{word}", _renamed(trust, stranger), "", **longest)
        if target.organisation:
            foreign = json.loads(json.dumps(_renamed(trust, user)).replace(target.organisation, _ANOTHER_ORGANISATION))
            _role(iam, f"{created.FOREIGN_COPY}-{word}", foreign, "", **longest)

    def clear(self) -> None:
        """Remove everything of this and of earlier proofs, in every account; each account although another fails."""
        places: list[tuple[Client, Collection[str]]] = [(self._tools, ())]
        places += [(partial(self._inside, each), {one.bucket for one in each.buckets}) for each in self.facts.known]
        with ThreadPoolExecutor() as pool:
            failures = [failure for failure in pool.map(lambda place: _cleared(*place), places) if failure]
        if failures:
            raise NotReadyError(
                "what the proof made could not all be removed",
                detail=failures,
                remedy=remedies.PROVE_AGAIN,
            )

    def _tools(self, service: str) -> Any:
        return self.world.session(ADMINISTRATOR).client(service)

    def _inside(self, target: ProvedTarget, service: str) -> Any:
        return self.world.session(created.in_account(target)).client(service)


def _trusting(*accounts: str) -> Mapping[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": [arn("iam", "root", account=account) for account in accounts]},
        "Action": ["sts:AssumeRole", "sts:SetSourceIdentity", "sts:TagSession"],
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _role(iam: Any, name: str, trust: Mapping[str, Any], policy: str, **more: Any) -> None:
    asking(
        f"making the role {name}",
        lambda: iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust), **more),
    )
    if policy:
        asking("writing its policy", lambda: iam.put_role_policy(RoleName=name, PolicyName=name, PolicyDocument=policy))


def _real(iam: Any, name: str) -> Mapping[str, Any]:
    """A role as it is."""
    found = asking(
        f"looking at the role {name}",
        lambda: iam.get_role(RoleName=name),
        by_code={"NoSuchEntity": remedies.MADE_BY_BOOTSTRAP},
    )
    role: Mapping[str, Any] = found["Role"]
    return role


def _renamed(trust: Mapping[str, Any], arn: str) -> Mapping[str, Any]:
    """The same trust in somebody else: only the name in `aws:PrincipalArn` is another."""
    copy: dict[str, Any] = json.loads(json.dumps(trust))
    for statement in copy["Statement"]:
        for keys in statement.get("Condition", {}).values():
            if "aws:PrincipalArn" in keys:
                keys["aws:PrincipalArn"] = arn
    return copy


def _cleared(client: Client, standing: Collection[str]) -> str:
    """Empty when all is gone; otherwise why not. `standing` are the stack's own buckets, which the proof may have made."""
    try:
        _clear_iam(client("iam"))
        _clear_buckets(client("s3"), standing)
        _clear_apis(client("apigatewayv2"))
        _clear_functions(client("lambda"))
    except Exception as error:  # noqa: BLE001 -- the other accounts are cleared all the same, and this one's reason is said
        return f"{type(error).__name__}: {error}"
    return ""


def _clear_iam(iam: Any) -> None:
    for role in _ours(iam, "list_roles", "Roles", "RoleName"):
        for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
            iam.delete_role_policy(RoleName=role, PolicyName=policy)
        for policy in iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            iam.detach_role_policy(RoleName=role, PolicyArn=policy["PolicyArn"])
        iam.delete_role(RoleName=role)
    for user in _ours(iam, "list_users", "Users", "UserName"):
        for key in iam.list_access_keys(UserName=user)["AccessKeyMetadata"]:
            iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        for policy in iam.list_user_policies(UserName=user)["PolicyNames"]:
            iam.delete_user_policy(UserName=user, PolicyName=policy)
        iam.delete_user(UserName=user)
    for policy_arn in _ours(iam, "list_policies", "Policies", "Arn", Scope="Local"):
        iam.delete_policy(PolicyArn=policy_arn)
    for profile in _ours(iam, "list_instance_profiles", "InstanceProfiles", "InstanceProfileName"):
        iam.delete_instance_profile(InstanceProfileName=profile)


def _ours(client: Any, operation: str, key: str, name: str, **parameters: Any) -> list[str]:
    found = [str(entry[name]) for entry in every(client, operation, key, **parameters)]
    return [one for one in found if one.rsplit("/", 1)[-1].startswith(created.PREFIX)]


def _clear_buckets(s3: Any, standing: Collection[str]) -> None:
    from botocore.exceptions import ClientError

    for bucket in (entry["Name"] for entry in s3.list_buckets()["Buckets"]):
        if bucket.startswith(created.PREFIX) or (bucket in standing and _is_stand_in(s3, bucket)):
            with suppress(ClientError):
                s3.delete_bucket_policy(Bucket=bucket)
            for entry in s3.list_objects_v2(Bucket=bucket).get("Contents", []):
                s3.delete_object(Bucket=bucket, Key=entry["Key"])
            s3.delete_bucket(Bucket=bucket)


def _is_stand_in(s3: Any, bucket: str) -> bool:
    from botocore.exceptions import ClientError

    try:
        return _STAND_IN in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except ClientError:
        return False


def _clear_apis(apis: Any) -> None:
    for entry in apis.get_apis(MaxResults="500")["Items"]:
        if entry["Name"].startswith(created.PREFIX):
            apis.delete_api(ApiId=entry["ApiId"])


def _clear_functions(functions: Any) -> None:
    for name in _ours(functions, "list_functions", "Functions", "FunctionName"):
        functions.delete_function(FunctionName=name)
