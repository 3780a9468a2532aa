"""Approvals of a reviewed plan: which of those that were given count, and why the others do not; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from deploy_driver.bundle.compare import moment


@dataclass(frozen=True)
class Approval:
    """One person's yes to one plan, as AWS lets it be written: under which role, by which `user` (`aws:userid`), and when.

    `user` is `ROLEID:SESSIONNAME`. `at` is in seconds since the epoch, by S3's clock.
    """

    role: str
    user: str
    at: float

    @property
    def person(self) -> str:
        """The session's name, which says who it is where the role's trust or the identity provider fixes it."""
        return self.user.partition(":")[2]


@dataclass(frozen=True)
class ApprovalRule:
    """How many different persons have to approve, as which role, and whether an author of what is deployed may be one of them."""

    needed: int
    role: str
    author_may: bool = False


@dataclass(frozen=True)
class Tally:
    """The approvals that count, one for each person, and a line for each of the others."""

    counted: tuple[Approval, ...]
    others: tuple[str, ...]


def tally(approvals: Iterable[Approval], rule: ApprovalRule, authors: Iterable[str]) -> Tally:
    """Which approvals of a plan count; `authors` are names and addresses of who wrote what it deploys."""
    counted: dict[str, Approval] = {}
    others: list[str] = []
    authors = sorted(authors)
    for one in sorted(approvals, key=lambda one: one.at):
        who = f"{one.person or one.user} ({moment(one.at)})"
        if one.role != rule.role:
            others.append(f"{who} does not count: given as {one.role}, and who approves is {rule.role or 'nobody'}")
        elif not one.person:
            others.append(f"{who} does not count: it names no session of that role")
        elif not rule.author_may and (author := next((each for each in authors if same_person(one.person, each)), "")):
            others.append(f"{who} does not count: what is deployed is by {author}")
        elif one.person.casefold() in counted:
            others.append(f"{who} counts once")
        else:
            counted[one.person.casefold()] = one
    return Tally(tuple(counted.values()), tuple(others))


def same_person(session: str, author: str) -> bool:
    """Whether a session's name may be that author's: the whole address, or what stands before the @, is the same.

    Rather once too often: whoever is taken for the author cannot approve, and somebody else can.
    """
    return bool(_names(session) & _names(author))


def _names(said: str) -> set[str]:
    """`12345+alice@users.noreply.github.com` is also `alice`."""
    whole = said.strip().casefold()
    local = whole.partition("@")[0]
    return {name for name in (whole, local, *re.split(r"\+", local)) if name and not name.isdigit()}
