"""What stacks and their files are called, and how the ARN of a thing is written."""

from __future__ import annotations

import re
from enum import StrEnum

TOOLS = "tools"
"""The stack of Jenkins' own account."""

PLATFORM = "deploy-platform"
"""The Pulumi project of the stack `tools`: Jenkins' account is the same whichever project is deployed."""

ACCESS = "-access"
"""What follows an account's name in the name of its access stack."""

_ENV = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)
_LONGEST_ENV = 20

ENV_EXPECTED = f"a-z 0-9 and single hyphens, {_LONGEST_ENV} at most"

PARTITION = "aws"
"""The partition of every account: ARNs are written in it, and regions of another one are refused."""


def is_env(name: str) -> bool:
    """Whether an account may be called that: the name is part of a file's name, of roles' names and of a bucket's."""
    return len(name) <= _LONGEST_ENV and bool(_ENV.fullmatch(name))


def is_access(stack: str) -> bool:
    """`tools` and every `*-access` stack are the access layer; every other is the service layer."""
    return stack == TOOLS or stack.endswith(ACCESS)


def project_of(project: str, stack: str) -> str:
    """The Pulumi project that a stack of the service `project` belongs to: its state and its URNs say so."""
    return PLATFORM if stack == TOOLS else project


def env_of(stack: str) -> str:
    """The name in `Pulumi.<env>.yaml`: both layers of an account read the same file."""
    return stack.removesuffix(ACCESS)


def file_name(env: str) -> str:
    """The file that says everything about one account."""
    return f"Pulumi.{env}.yaml"


def env_in(name: str) -> str:
    """What stands in such a name: `dev` of `Pulumi.dev.yaml`."""
    return name.removeprefix("Pulumi.").removesuffix(".yaml")


def arn(service: str, resource: str, *, region: str = "", account: str = "") -> str:
    """The ARN of a thing; IAM's have no region, a bucket's has neither region nor account."""
    return f"arn:{PARTITION}:{service}:{region}:{account}:{resource}"


def role_arn(account: str, role: str) -> str:
    """A role of an account that has no path, such as Jenkins' own and an organisation's."""
    return arn("iam", f"role/{role}", account=account)


class RoleKind(StrEnum):
    """What a role is that an access layer makes in a target account: Jenkins enters the first two, the last is what runs."""

    DEPLOYMENT = "deployment"
    PREVIEW = "preview"
    EXECUTION = "execution"

    @property
    def path(self) -> str:
        """Where IAM keeps all roles of the kind; by it Jenkins' own policy tells what may be entered."""
        return f"/deploy/{self}/"


def target_role_arn(account: str, kind: RoleKind, role: str) -> str:
    """A role that an access layer makes in a target account."""
    return arn("iam", f"role{kind.path}{role}", account=account)
