"""Reads from one account what the rules of `deploy doctor` judge. Changes nothing; what AWS refuses is said, not guessed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import unquote

from deploy_driver.adapters.aws import AwsSession, every, managed_policy
from deploy_driver.assurance.findings.observed import (
    Document,
    SeenBucket,
    SeenFunction,
    SeenKeys,
    SeenRole,
    SeenTrail,
    Unseen,
)

T = TypeVar("T")

_NOT_THERE = frozenset(
    {
        "NoSuchEntity",
        "NoSuchBucket",
        "TrailNotFoundException",
        "NoSuchPublicAccessBlockConfiguration",
        "NoSuchBucketPolicy",
        "ResourceNotFoundException",
    }
)
"""How IAM, S3, CloudTrail and Lambda say that a thing is not there (their API references, "Errors")."""


@dataclass(frozen=True)
class Inspector:
    """What one identity sees in one account. `trail_region` is where the trail is at home, with its bucket."""

    aws: AwsSession
    trail_region: str

    def role(self, name: str) -> SeenRole | Unseen | None:
        """A role with its trust, its policies and its boundary."""
        return _look(f"role {name}", lambda: self._role(name))

    def policy(self, arn: str) -> Document | Unseen | None:
        """The document of a managed policy's default version."""
        return _look(f"policy {arn}", lambda: self._policy(arn))

    def trail(self, name: str) -> SeenTrail | Unseen | None:
        """A trail, whether it logs, and what it leaves out."""
        return _look(f"trail {name}", lambda: self._trail(name))

    def bucket(self, name: str) -> SeenBucket | Unseen | None:
        """A bucket's public access block and policy."""
        s3 = self.aws.client("s3")
        there = _look(f"bucket {name}", lambda: s3.get_bucket_location(Bucket=name))
        if there is None or isinstance(there, Unseen):
            return there
        blocked = _look(f"bucket {name}", lambda: s3.get_public_access_block(Bucket=name))
        policy = _look(f"bucket {name}", lambda: _document(s3.get_bucket_policy(Bucket=name)["Policy"]))
        return SeenBucket(blocked if isinstance(blocked, Unseen) else _on(blocked), policy)

    def function(self, name: str) -> SeenFunction | Unseen | None:
        """A function's policies, with those of its aliases and versions."""
        return _look(f"function {name}", lambda: self._function(name))

    def keys(self) -> SeenKeys | Unseen | None:
        """The long-lived keys of the account."""
        return _look("long-lived keys", self._keys)

    def audiences(self, provider: str) -> tuple[str, ...] | Unseen | None:
        """For whom IAM takes the tokens of an OIDC provider, which is named by its ARN."""
        iam = self.aws.client("iam")
        return _look(
            f"identity provider {provider}",
            lambda: tuple(iam.get_open_id_connect_provider(OpenIDConnectProviderArn=provider)["ClientIDList"]),
        )

    def _role(self, name: str) -> SeenRole:
        iam = self.aws.client("iam")
        role = iam.get_role(RoleName=name)["Role"]
        inline = every(iam, "list_role_policies", "PolicyNames", RoleName=name)
        attached = every(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
        return SeenRole(
            unique_id=role["RoleId"],
            trust=_document(role["AssumeRolePolicyDocument"]),
            inline={
                policy: _document(iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"])
                for policy in inline
            },
            attached=tuple(policy["PolicyArn"] for policy in attached),
            boundary=role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            max_session=role["MaxSessionDuration"],
        )

    def _policy(self, arn: str) -> Document:
        return _document(managed_policy(self.aws.client("iam"), arn))

    def _trail(self, name: str) -> SeenTrail:
        cloudtrail = self.aws.client("cloudtrail", self.trail_region)
        trail = cloudtrail.get_trail(Name=name)["Trail"]
        selectors = _look(f"event selectors of {name}", lambda: cloudtrail.get_event_selectors(TrailName=name))
        return SeenTrail(
            logging=cloudtrail.get_trail_status(Name=name)["IsLogging"],
            multi_region=trail.get("IsMultiRegionTrail", False),
            validation=trail.get("LogFileValidationEnabled", False),
            bucket=trail.get("S3BucketName", ""),
            left_out=selectors if isinstance(selectors, Unseen) else _left_out(selectors or {}),
        )

    def _function(self, name: str) -> SeenFunction:
        functions = self.aws.client("lambda")
        versions = every(functions, "list_versions_by_function", "Versions", FunctionName=name)
        aliases = every(functions, "list_aliases", "Aliases", FunctionName=name)
        qualifiers = [
            *(one["Version"] for one in versions if one["Version"] != "$LATEST"),
            *(one["Name"] for one in aliases),
        ]

        def policy(**which: str) -> Document | Unseen | None:
            at = f"policy of function {name}"
            return _look(at, lambda: _document(functions.get_policy(FunctionName=name, **which)["Policy"]))

        found = {"": policy(), **{qualifier: policy(Qualifier=qualifier) for qualifier in qualifiers}}
        return SeenFunction({qualifier: said for qualifier, said in found.items() if said is not None})

    def _keys(self) -> SeenKeys:
        iam = self.aws.client("iam")
        summary = iam.get_account_summary()["SummaryMap"]
        users = [user["UserName"] for user in every(iam, "list_users", "Users")]
        keys = [key for user in users for key in every(iam, "list_access_keys", "AccessKeyMetadata", UserName=user)]
        return SeenKeys(
            root=bool(summary.get("AccountAccessKeysPresent", 0)),
            of_users=tuple(
                f"the user {key['UserName']} has an access key of {key['CreateDate']:%Y-%m-%d}, {key['Status'].lower()}"
                for key in keys
            ),
        )


def _look(at: str, read: Callable[[], T]) -> T | Unseen | None:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return read()
    except ClientError as error:
        said = error.response.get("Error", {})
        if said.get("Code") in _NOT_THERE:
            return None
        return Unseen(f"{at}: {said.get('Code', 'Unknown')}: {said.get('Message', error)}")
    except BotoCoreError as error:
        return Unseen(f"{at}: {error}")


def _document(found: Any) -> Document:
    """IAM's documents come URL-encoded, which boto3 undoes; S3's come as text."""
    document: Document = found if isinstance(found, Mapping) else json.loads(unquote(found))
    return document


def _on(answer: Mapping[str, Any] | None) -> frozenset[str]:
    settings = (answer or {}).get("PublicAccessBlockConfiguration", {})
    return frozenset(name for name, on in settings.items() if on)


def _left_out(answer: Mapping[str, Any]) -> str:
    """A trail without selectors records every management event; advanced ones say it by fields (CloudTrail User Guide)."""
    simple, advanced = answer.get("EventSelectors", []), answer.get("AdvancedEventSelectors", [])
    if not simple and not advanced:
        return ""
    for selector in simple:
        whole = selector.get("ReadWriteType", "All") == "All" and not selector.get("ExcludeManagementEventSources")
        if selector.get("IncludeManagementEvents", True) and whole:
            return ""
    for selector in advanced:
        fields = {field["Field"]: field.get("Equals") for field in selector.get("FieldSelectors", [])}
        if fields == {"eventCategory": ["Management"]}:
            return ""
    return "its event selectors leave management events out"
