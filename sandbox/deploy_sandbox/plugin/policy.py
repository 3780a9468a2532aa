"""Whether two policy documents say the same.

AWS gives a document back in its own words: an account id as the root's ARN, one action as a list or as a string, actions in another order.
The rules follow the IAM JSON policy grammar (AWS documentation, "Grammar of the IAM JSON policy language").
"""

from __future__ import annotations

import json
import re
from typing import Any

_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")


def equivalent(left: str, right: str) -> bool:
    """Whether both JSON texts are the same policy; texts that are not JSON are compared as they are."""
    try:
        return left == right or _document(json.loads(left)) == _document(json.loads(right))
    except ValueError:
        return False


def _document(document: Any) -> Any:
    if not isinstance(document, dict):
        return document
    statements = document.get("Statement", [])
    rest = {key: value for key, value in document.items() if key != "Statement"}
    return rest, sorted((_statement(one) for one in _list(statements)), key=repr)


def _statement(statement: Any) -> Any:
    if not isinstance(statement, dict):
        return statement
    return {key: _element(key, value) for key, value in sorted(statement.items()) if not (key == "Sid" and not value)}


def _element(key: str, value: Any) -> Any:
    if key in {"Principal", "NotPrincipal"}:
        principals = {"AWS": value} if value == "*" else value
        return {kind: sorted(_principal(one) for one in _list(names)) for kind, names in sorted(principals.items())}
    if key in {"Action", "NotAction"}:
        return sorted({str(one).lower() for one in _list(value)})
    if key in {"Resource", "NotResource"}:
        return sorted({str(one) for one in _list(value)})
    if key == "Condition":
        return {
            operator: {
                name.lower(): sorted(_text(one) for one in _list(values)) for name, values in sorted(tests.items())
            }
            for operator, tests in sorted(value.items())
        }
    return value


def _principal(name: str) -> str:
    root = _ROOT.fullmatch(name)
    return root[1] if root else name


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
