"""CloudWatch in the accounts of the stacks: the states of alarms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.values import Alarm, Stack

_REMEDIES = dict.fromkeys(("AccessDenied", "AccessDeniedException"), remedies.POLICIES_OF_ROLES)


@dataclass(frozen=True)
class CloudWatchAlarms:
    """The Alarms port. `aws` is this machine's identity, `enter` gives that of the role which looks at a stack's account."""

    aws: AwsSession
    enter: Callable[[Stack], AwsSession]

    def read(self, stack: Stack, name: str) -> Alarm | None:
        """The metric alarm of that name. It is asked for alone: the role may read those that are named, and no others."""
        found = self.aws.outlasting(
            lambda: asking(
                f"alarm {name} of {stack.name}",
                lambda: self.enter(stack).client("cloudwatch", stack.region).describe_alarms(AlarmNames=[name]),
                by_code=_REMEDIES,
            )
        )
        one = next(iter(found["MetricAlarms"]), None)
        return Alarm(name, one["StateValue"], one.get("StateReason", "")) if one else None
