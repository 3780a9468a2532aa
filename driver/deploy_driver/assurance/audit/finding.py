"""What can be missing or wrong in the picture of a run, each with the sentence that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The findings of an audit; the words are promised."""

    DENIED = "denied call"
    FOREIGN = "foreign call"
    ONLY_IN_TOOLS = "entrance only in tools"
    ONLY_IN_TARGET = "entrance only in target"
    NO_ENTRANCE = "calls without entrance"
    NOT_ENTERED = "never entered"
    NO_CALLS = "no calls"
    NO_MARK = "not marked"


MEANINGS = {
    Kind.DENIED: "AWS refused a call of the run, and did not allow it later",
    Kind.FOREIGN: "somebody else worked in the same role while the run did",
    Kind.ONLY_IN_TOOLS: "the tools account says that the role was entered, the target's trail does not",
    Kind.ONLY_IN_TARGET: "the target says that its role was entered, the tools account's trail does not",
    Kind.NO_ENTRANCE: "a session of the run worked, and no trail says how it got its credentials",
    Kind.NOT_ENTERED: "the run's record says that it took the role, no trail does",
    Kind.NO_CALLS: "the run worked as the role, and the target's trail shows no call of it",
    Kind.NO_MARK: "a session of the run made calls without the run's application id: other software had its credentials",
}

MISSING = frozenset({Kind.ONLY_IN_TOOLS, Kind.ONLY_IN_TARGET, Kind.NO_ENTRANCE, Kind.NOT_ENTERED, Kind.NO_CALLS})
"""What may still arrive while the trail is behind."""


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that is missing or wrong: in which account, what exactly, and the records that show it."""

    kind: Kind
    account: str
    fact: str
    records: tuple[str, ...] = ()

    @property
    def meaning(self) -> str:
        """The sentence that explains its kind."""
        return MEANINGS[self.kind]
