"""Reads a policy document; an element, an operator or a variable that is not known is an error, never a guess.

Source: IAM User Guide, "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy language".
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from driver.iam.conditions import check_known
from driver.iam.policy import Policy, PolicyError, Statement

_DOCUMENT = {"Version", "Id", "Statement"}
_STATEMENT = {"Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition"}


def read(name: str, document: Mapping[str, Any]) -> Policy:
    """The policy in `document`. Raises PolicyError that names what is not known."""
    _known(name, document, _DOCUMENT)
    if document.get("Version") != "2012-10-17":
        raise PolicyError(f"got Version {document.get('Version')!r}, expected '2012-10-17'", where=name)
    found = document.get("Statement", [])
    statements = [found] if isinstance(found, Mapping) else found
    return Policy(name, tuple(_statement(name, place, each) for place, each in enumerate(statements, 1)))


def _statement(document: str, place: int, said: Mapping[str, Any]) -> Statement:
    name = str(said.get("Sid") or place)
    where = f"{document}: {name}"
    _known(where, said, _STATEMENT)
    if said.get("Effect") not in {"Allow", "Deny"}:
        raise PolicyError(f"got Effect {said.get('Effect')!r}, expected 'Allow' or 'Deny'", where=where)
    for one, other in (("Action", "NotAction"), ("Resource", "NotResource")):
        if (one in said) == (other in said):
            raise PolicyError(f"expected either {one} or {other}", where=where)
    conditions = {
        operator: {key: _texts(f"{where}: {operator}", values) for key, values in keys.items()}
        for operator, keys in said.get("Condition", {}).items()
    }
    check_known(conditions, where=where)
    return Statement(
        name=name,
        allows=said["Effect"] == "Allow",
        actions=_texts(where, said.get("Action", ())),
        but_actions=_texts(where, said.get("NotAction", ())),
        resources=_texts(where, said.get("Resource", ())),
        but_resources=_texts(where, said.get("NotResource", ())),
        conditions=conditions,
    )


def _texts(where: str, values: Any) -> tuple[str, ...]:
    many = (values,) if isinstance(values, str | bool) else tuple(values)
    texts = tuple(str(value).lower() if isinstance(value, bool) else value for value in many)
    for text in texts:
        if not isinstance(text, str):
            raise PolicyError(f"got {text!r}, expected a text", where=where)
        if "${" in text:
            raise PolicyError(f"the policy variable in {text!r} is not known here", where=where)
    return texts


def _known(where: str, said: Mapping[str, Any], elements: set[str]) -> None:
    unknown = sorted(set(said) - elements)
    if unknown:
        raise PolicyError(f"the element {unknown[0]} is not known here", where=where)
