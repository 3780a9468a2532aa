"""What all projects of one Jenkins share, on record where only administrators write: who made it, and who deploys into which account.

One object beside the states of access layers. Every project's bootstrap reads it first, so that none takes away what another needs.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial

from pydantic import TypeAdapter, ValidationError

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.errors import NotReadyError, RefusedError
from deploy_driver.values import Backend

KEY = ".deploy/platform.json"
"""The object of the access layers' bucket that says it."""


@dataclass(frozen=True)
class Platform:
    """`made_by` is the project whose settings hold, `settings` are those of its Pulumi.tools.yaml, `users` the projects by account."""

    made_by: str
    settings: Mapping[str, str]
    users: Mapping[str, tuple[str, ...]]

    def others(self, project: str) -> tuple[str, ...]:
        """The accounts that other projects than this one deploy into."""
        return tuple(sorted(account for account, users in self.users.items() if set(users) - {project}))

    def projects(self) -> tuple[str, ...]:
        """Every project that deploys somewhere."""
        return tuple(sorted({project for users in self.users.values() for project in users}))

    def without(self, project: str, but: Collection[str] = ()) -> Platform:
        """The same, when the project deploys nowhere any more, or into the accounts `but` only."""
        left = {
            account: tuple(user for user in users if user != project or account in but)
            for account, users in self.users.items()
        }
        return replace(self, users={account: users for account, users in left.items() if users})


def joined(known: Platform | None, project: str, settings: Mapping[str, str], accounts: Sequence[str]) -> Platform:
    """The platform once `project` deploys into `accounts`, and nowhere else. Raises RefusedError where it would change another's.

    The project that made the platform may change it; once it deploys nowhere, the next one may.
    """
    before = known.without(project) if known else Platform(project, settings, {})
    maker = before.made_by if before.made_by in {*before.projects(), project} else project
    if maker != project and (wrong := _different(before.settings, settings)):
        raise RefusedError(
            f"{maker} made what all projects share, and Pulumi.tools.yaml says something else; nothing was changed",
            detail=wrong,
            remedy=remedies.SAY_THE_SAME_PLATFORM.of(maker=maker),
        )
    users = {account: before.users.get(account, ()) for account in {*before.users, *accounts}}
    added = {account: tuple(sorted({*users[account], project})) for account in accounts}
    return Platform(maker, settings, {**users, **added})


def _different(made: Mapping[str, str], asked: Mapping[str, str]) -> list[str]:
    return [
        f"{key}: it is {made.get(key, '')!r} in the platform, {asked.get(key, '')!r} here"
        for key in sorted({*made, *asked})
        if made.get(key, "") != asked.get(key, "")
    ]


_PLATFORM = TypeAdapter(Platform)


@dataclass(frozen=True)
class PlatformRecord:
    """Where it is kept. `aws` is an administrator of the tools account; every method raises NotReadyError with AWS's reason."""

    aws: AwsSession
    backend: Backend

    def read(self) -> Platform | None:
        """What is on record; None where nothing was ever bootstrapped."""
        return self._read()[0]

    def join(self, project: str, settings: Mapping[str, str], accounts: Sequence[str]) -> Platform:
        """Put on record that the project deploys into these accounts. Raises RefusedError where it would change another's."""
        known, tag = self._read()
        platform = joined(known, project, settings, accounts)
        if platform != known:
            self._write(platform, tag)
        return platform

    def leave(self, project: str, but: Collection[str] = ()) -> None:
        """Put on record that the project deploys nowhere any more, or into the accounts `but` only."""
        known, tag = self._read()
        if known and (left := known.without(project, but)) != known:
            self._write(left, tag)

    def _read(self) -> tuple[Platform | None, str]:
        """With the tag of the object, which changes whenever it is written."""
        from botocore.exceptions import ClientError

        s3, where = self.aws.client("s3", self.backend.region), f"s3://{self.backend.bucket}/{KEY}"

        def get() -> tuple[bytes, str]:
            try:
                found = s3.get_object(Bucket=self.backend.bucket, Key=KEY)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "NoSuchBucket"}:
                    return b"", ""
                raise
            return found["Body"].read(), str(found["ETag"])

        content, tag = asking(f"the record of the platform {where}", get)
        if not tag:
            return None, ""
        try:
            return _PLATFORM.validate_json(content), tag
        except ValidationError as error:
            raise NotReadyError(
                "the record of the platform is not readable",
                where=where,
                detail=[str(problem["msg"]) for problem in error.errors(include_url=False)],
                remedy=remedies.RESTORE_PLATFORM.of(bucket=self.backend.bucket, key=KEY),
            ) from None

    def _write(self, platform: Platform, tag: str) -> None:
        """Put it in the place of what was read, and of nothing else."""
        s3, body = self.aws.client("s3", self.backend.region), json.dumps(asdict(platform), indent=2).encode()
        when = {"IfMatch": tag} if tag else {"IfNoneMatch": "*"}
        put = partial(s3.put_object, Bucket=self.backend.bucket, Key=KEY, Body=body, **when)
        asking(
            "writing the record of the platform", put, by_code=dict.fromkeys(_MOVED, remedies.BOOTSTRAPPED_MEANWHILE)
        )


_MOVED = ("PreconditionFailed", "ConditionalRequestConflict")
