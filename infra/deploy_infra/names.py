"""What everything is called, and the tags it carries; pure."""

from __future__ import annotations

from dataclasses import dataclass

from deploy_project.stacks import arn

PROJECT = "items"
TRAIL = "deploy-trail"
JENKINS_BOUNDARY = "jenkins-boundary"
LIVE = "live"


@dataclass(frozen=True)
class AccountNames:
    """What any account of ours has, tools or target: its trail."""

    account: str
    region: str

    @property
    def trail_bucket(self) -> str:
        """Where the trail is delivered."""
        return f"{TRAIL}-{self.account}"

    @property
    def trail_arn(self) -> str:
        """The trail."""
        return arn("cloudtrail", f"trail/{TRAIL}", region=self.region, account=self.account)


@dataclass(frozen=True)
class TargetNames(AccountNames):
    """What a target account has: one environment of the service."""

    env: str

    @property
    def service(self) -> str:
        """The function and the HTTP API."""
        return f"{PROJECT}-{self.env}"

    @property
    def bucket(self) -> str:
        """The service's bucket. Bucket names are worldwide, so the account is part of it."""
        return f"{self.service}-{self.account}"

    @property
    def execution_role(self) -> str:
        """The role that the function runs as."""
        return f"{self.service}-execution"

    @property
    def boundary(self) -> str:
        """The managed policy that caps every role."""
        return f"{self.service}-boundary"

    @property
    def log_group(self) -> str:
        """Where Lambda writes what the function says."""
        return f"/aws/lambda/{self.service}"

    @property
    def function_arn(self) -> str:
        """The function, without version or alias."""
        return arn("lambda", f"function:{self.service}", region=self.region, account=self.account)

    @property
    def alias_arn(self) -> str:
        """The alias of the function that callers use."""
        return f"{self.function_arn}:{LIVE}"

    @property
    def log_group_arn(self) -> str:
        """The log group, without the `:*` that means its streams."""
        return arn("logs", f"log-group:{self.log_group}", region=self.region, account=self.account)

    @property
    def session_pattern(self) -> str:
        """What a run's session name and source identity look like, in IAM's wildcards."""
        return f"{self.service}-*"


def bucket_arn(bucket: str) -> str:
    """A bucket, which has neither region nor account in its ARN."""
    return arn("s3", bucket)


def tags(stack: str) -> dict[str, str]:
    """The tags of every resource of a stack; policies tell an HTTP API's stack by `deploy:stack`."""
    return {"deploy:project": PROJECT, "deploy:stack": stack}
