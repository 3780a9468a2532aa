"""What is called the same in every account of ours, and the tags that everything carries; pure."""

from __future__ import annotations

from dataclasses import dataclass

from deploy_project.stacks import arn

TRAIL = "deploy-trail"
JENKINS_BOUNDARY = "jenkins-boundary"


@dataclass(frozen=True)
class AccountNames:
    """What any account of ours has, tools or target: its trail, in the `region` of the tools account."""

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


def boundary(prefix: str) -> str:
    """The managed policy that caps every role of a stack."""
    return f"{prefix}-boundary"


def boundary_arn(account: str, prefix: str) -> str:
    """The same in an account."""
    return arn("iam", f"policy/{boundary(prefix)}", account=account)


def execution_role(thing: str) -> str:
    """What a thing of that name runs as."""
    return f"{thing}-execution"


def log_group(function: str) -> str:
    """Where Lambda writes what a function of that name says."""
    return f"/aws/lambda/{function}"


def bucket_arn(bucket: str) -> str:
    """A bucket, which has neither region nor account in its ARN."""
    return arn("s3", bucket)


def tags(project: str, stack: str) -> dict[str, str]:
    """The tags of every resource of a stack; policies tell by them what has no name of its own."""
    return {"deploy:project": project, "deploy:stack": stack}
