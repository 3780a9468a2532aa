"""What a role's trust demands, one demand at a time: a copy of the trust lets a user of the tools account in by name.

The real role refuses such a user already because of who he is. In the copy that one name is the user's, so that what
refuses him is what is left: the principal, the organisation, the tags, the time. He holds a key and no role, so that the
limits of role chaining do not hide those of the role.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from deploy_driver.assurance.prove import throwaway
from deploy_driver.assurance.prove.case import Answer, Case
from deploy_driver.assurance.prove.facts import Facts, Target
from deploy_driver.assurance.prove.trial import Actor, Request, Trial

GROUP = "trust"

Parameters = Mapping[str, Any]


def trials(facts: Facts) -> Iterator[Trial]:
    """Every case of every copy; none where there are no copies."""
    for target in facts.targets:
        if target.account in facts.props:
            for word in ("deployment", "preview"):
                yield from _of(facts, target, word)


def organisation(trust: Parameters) -> str:
    """The organisation that a trust demands its caller to belong to; empty when it demands none."""
    conditions = (statement.get("Condition", {}) for statement in trust["Statement"])
    found = (
        keys["aws:PrincipalOrgID"]
        for condition in conditions
        for keys in condition.values()
        if "aws:PrincipalOrgID" in keys
    )
    return str(next(found, ""))


def _of(facts: Facts, target: Target, word: str) -> Iterator[Trial]:
    def trial(
        fact: str, sentence: str, *, who: Actor | None = None, role: str = throwaway.COPY, **changed: Any
    ) -> Trial:
        parameters = {
            "RoleArn": target.role_arn(f"{role}-{word}"),
            "RoleSessionName": target.session,
            "SourceIdentity": target.session,
            "ExternalId": target.external_id,
            "DurationSeconds": target.longest,
            **changed,
        }
        allowed = fact == "by-name"
        case = Case(
            f"{GROUP}.{word}.{fact}@{target.env}",
            GROUP,
            target.env,
            sentence,
            Answer.ALLOWED if allowed else Answer.REFUSED,
            f"{GROUP}.{word}.{'tag-by-name' if allowed else 'by-name'}@{target.env}",
        )
        return Trial(case, who or throwaway.user(), Request("sts", "assume_role", parameters))

    copy = f"a copy of the {word} role's trust that names"
    yield trial("by-name", f"{copy} a user: he gets in, for as long as the role allows")
    yield trial("tag-by-name", f"{copy} a user: he brings a session tag", Tags=[{"Key": "team", "Value": "other"}])
    yield trial(
        "beyond-the-role", f"{copy} a user: he asks for longer than the role allows", DurationSeconds=target.longest + 1
    )
    other = facts.beside(target)
    yield trial(
        "account-by-name",
        f"{copy} a role of the account {other.env}: its principal is the tools account still",
        who=throwaway.stranger(other),
        role=throwaway.STRANGE_COPY,
        DurationSeconds=900,
    )
    if target.organisation:
        said = f"{copy} a user, and another organisation than his"
        yield trial("other-organisation", said, role=throwaway.FOREIGN_COPY)
