"""What no role here may touch: the states of access layers. Whoever writes one decides what an administrator's next run does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deploy_driver.assurance.iam import levels
from deploy_driver.assurance.iam.evaluate import Decision, Layers, Request, decide, names_action
from deploy_driver.assurance.iam.finding import Finding, Rule
from deploy_driver.assurance.iam.holders import Role


def reaches(role: Role, guarded: Iterable[Request]) -> Iterator[Finding]:
    """What the role's policy or its boundary, each by itself, allows to be done to these things, whatever their requests' actions.

    `guarded` are requests of a service's any action (`s3:*`) on one thing. Each of the two has to hold alone: the boundary
    where the policy is edited, the policy where the boundary is taken away.
    """
    for policy in (role.layers.identity, role.layers.boundary):
        decision = touched(Layers(policy), guarded) if policy else None
        if policy and decision and decision.allowed:
            yield Finding(Rule.REACHES_ACCESS_STATE, role.stack, role.name, policy.name, decision.reason)


def touched(layers: Layers, guarded: Iterable[Request]) -> Decision:
    """Refused when nothing at all can be done to any of these things, whatever else the caller says."""
    last = Decision(allowed=False, reason="nothing is guarded")
    for thing in guarded:
        for action, _ in levels.actions(thing.action.partition(":")[0]):
            if not any(names_action(each, action) for each in layers.identity.statements if each.allows):
                continue
            asked = Request(action, thing.resource, thing.context, chosen=True)
            last = decide(asked, layers)
            if last.allowed:
                return Decision(allowed=True, reason=f"{asked}: {last.reason}")
    return last
