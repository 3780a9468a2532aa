"""The parts that every policy document is made of."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Document = dict[str, Any]
Statement = dict[str, Any]
Conditions = Mapping[str, Mapping[str, str | Sequence[str]]]


def document(*statements: Statement) -> Document:
    """A policy of `statements`, in the order given."""
    return {"Version": "2012-10-17", "Statement": list(statements)}


def allow(sid: str, actions: Sequence[str], resources: Sequence[str], when: Conditions | None = None) -> Statement:
    """Let `actions` be done to `resources`, `when` the conditions hold."""
    return _statement("Allow", sid, actions, resources, when)


def deny(sid: str, actions: Sequence[str], resources: Sequence[str], when: Conditions | None = None) -> Statement:
    """Forbid `actions` on `resources`, whatever else allows them."""
    return _statement("Deny", sid, actions, resources, when)


def text(policy: Document) -> str:
    """The document as AWS stores it: no spaces, the same bytes for the same facts."""
    return json.dumps(policy, separators=(",", ":"))


def _statement(
    effect: str, sid: str, actions: Sequence[str], resources: Sequence[str], when: Conditions | None
) -> Statement:
    statement: Statement = {"Sid": sid, "Effect": effect, "Action": list(actions), "Resource": list(resources)}
    return {**statement, "Condition": when} if when else statement
