"""What differs between two values or two policy documents, as lines: a policy by statement, a long value where it differs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher, unified_diff
from typing import Any

from deploy_driver.placeholders import FILES, SECRET, UNKNOWN
from deploy_driver.record.redaction import MASK
from deploy_driver.render.markdown import cut
from deploy_driver.values import PropertyDiff, ResourceChange

_LISTS = {"Action", "NotAction", "Resource", "NotResource"}
"""Elements for which one string means a list of one, in any order (IAM JSON policy elements reference)."""

_ORDER = (
    *("Version", "Id", "Statement"),
    *("Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"),
)
"""The elements of a policy in the order of its grammar (IAM User Guide, "Grammar of the IAM JSON policy language")."""

_ALIKE = 0.5
"""From here on two statements without a name are one that was changed, not one gone and one new."""

_EVERYTHING = 10_000
LONGEST = 70_000
"""Characters above which nothing is a policy: AWS's own limits are far below (IAM 10 KB, S3 20 KB, KMS 32 KB)."""

_COMPARABLE_STATEMENTS = 2_500
"""Pairs of statements up to which each is compared with each."""


def is_policy(value: Any) -> bool:
    """Whether the value is a policy document, as JSON text or as an object."""
    return _document(value) is not None


def policy_diff(old: Any, new: Any, *, context: int = _EVERYTHING) -> list[str]:
    """The lines of the diff, empty when both mean the same. `context` is how many unchanged lines stay round a changed one."""
    before, after = _document(old) or {}, _document(new) or {}
    lines: list[str] = []
    rest = [{key: value for key, value in side.items() if key != "Statement"} for side in (before, after)]
    if before and after and rest[0] != rest[1]:
        lines += _changed(rest[0], rest[1], context)
    same = 0
    for left, right in _pairs(_statements(before), _statements(after)):
        if left == right:
            same += 1
            continue
        lines += [f"@@ {_title(left, right)} @@", *_changed(left, right, context)]
    if lines and same:
        lines.append(f"@@ {same} {'statement stays as it is' if same == 1 else 'statements stay as they are'} @@")
    return lines


def _document(value: Any) -> Mapping[str, Any] | None:
    if isinstance(value, str) and '"Statement"' in value and len(value) <= LONGEST:
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return None
    return value if isinstance(value, Mapping) and "Statement" in value else None


def _statements(document: Mapping[str, Any]) -> list[Any]:
    statements = document.get("Statement", [])
    return [_normal(statement) for statement in (statements if isinstance(statements, list) else [statements])]


def _normal(statement: Any) -> Any:
    """The statement as it is meant: a list of one is that one, any other list is in a fixed order."""
    if not isinstance(statement, Mapping):
        return statement
    return {key: _listed(value) if key in _LISTS else _inner(value) for key, value in statement.items()}


def _inner(value: Any) -> Any:
    """Principals and conditions: operator or kind → key → one value or several."""
    return {key: _inner(item) for key, item in value.items()} if isinstance(value, Mapping) else _listed(value)


def _listed(value: Any) -> Any:
    if not isinstance(value, list):
        return value
    return value[0] if len(value) == 1 else sorted(value, key=str)


def _pairs(old: list[Any], new: list[Any]) -> Iterator[tuple[Any, Any]]:
    """Each statement with the one that it was: the same, of the same name, or much alike; None where there is none."""
    gone = list(old)
    partners: list[Any] = [_take(gone, lambda left, right=right: bool(left == right)) for right in new]
    for index, right in enumerate(new):
        if partners[index] is None and _sid(right):
            partners[index] = _take(gone, lambda left, right=right: _sid(left) == _sid(right))
    for index, right in enumerate(new if len(gone) * len(new) <= _COMPARABLE_STATEMENTS else ()):
        if partners[index] is None:
            partners[index] = _take(
                gone, lambda left, right=right: not (_sid(left) and _sid(right)) and _alike(left, right)
            )
    yield from zip(partners, new, strict=True)
    yield from ((left, None) for left in gone)


def _take(among: list[Any], fits: Any) -> Any:
    for index, candidate in enumerate(among):
        if fits(candidate):
            return among.pop(index)
    return None


def _alike(left: Any, right: Any) -> bool:
    return SequenceMatcher(None, _json_lines(left), _json_lines(right), autojunk=False).ratio() >= _ALIKE


def _sid(statement: Any) -> str:
    return str(statement.get("Sid", "")) if isinstance(statement, Mapping) else ""


def _title(left: Any, right: Any) -> str:
    name = _sid(right) or _sid(left)
    word = "new statement" if left is None else "statement taken away" if right is None else "statement"
    return f"{word} {json.dumps(name, ensure_ascii=False)}" if name else word


def _changed(left: Any, right: Any, context: int) -> list[str]:
    before, after = ([] if side is None else _json_lines(side) for side in (left, right))
    return diff_lines(before, after, context)


def _json_lines(value: Any) -> list[str]:
    return json.dumps(ordered(value), indent=2, ensure_ascii=False).splitlines()


def in_order(value: Any) -> Any:
    """The value; a policy that is JSON text, with its keys in one order."""
    document = _document(value) if isinstance(value, str) else None
    return value if document is None else json.dumps(ordered(document), ensure_ascii=False)


def ordered(value: Any) -> Any:
    """The value with the keys of every object in one order, whoever wrote it: AWS's own order, then by name.

    The AWS provider stores policies with sorted keys, AWS answers with its own, and a program has a third.
    """
    if isinstance(value, Mapping):
        return {key: ordered(value[key]) for key in sorted(value, key=lambda key: (_rank(key), str(key)))}
    return [ordered(item) for item in value] if isinstance(value, list) else value


def _rank(key: Any) -> int:
    return _ORDER.index(key) if key in _ORDER else len(_ORDER)


def diff_lines(before: Sequence[str], after: Sequence[str], context: int) -> list[str]:
    """A unified diff without its header; a gap between two of its parts is a line `…`."""
    lines = list(unified_diff(before, after, lineterm="", n=context))[2:]
    return [
        ("  …" if line.startswith("@@") else line)
        for index, line in enumerate(lines)
        if index or not line.startswith("@@")
    ]


_REPLACES = "-replace"
_BEFORE = 20
"""Characters kept before the first one that differs."""

_COMPARABLE = 600
"""Lines up to which two texts are compared line by line."""


def property_lines(diffs: Sequence[PropertyDiff], *, value: int, context: int) -> list[str]:
    """One or two lines for each difference, what forces a replacement first. `value` is the room for one value."""
    ordered = sorted(diffs, key=lambda diff: not diff.kind.endswith(_REPLACES))
    return [line for diff in ordered for line in _lines(diff, value, context)]


def _lines(diff: PropertyDiff, value: int, context: int) -> Iterator[str]:
    path = json.dumps(diff.path, ensure_ascii=False)[1:-1].replace('\\"', '"')
    forces = "  (forces the replacement)" if diff.kind.endswith(_REPLACES) else ""
    both = diff.kind.startswith("update")
    if both and (lines := _line_by_line(diff, value, context)):
        yield f"  {cut(path, value)}:{forces}"
        yield from lines
        return
    old, new = one_value(diff.old), one_value(diff.new)
    if both and old == new:
        yield f"! {cut(path, value)}: {cut(old, value)}, another one than before{forces}"
        return
    if both:
        old, new = excerpts(old, new, value)
    if not diff.kind.startswith("add"):
        yield f"- {cut(path, value)}: {cut(old, value)}{'' if both else forces}"
    if not diff.kind.startswith("delete"):
        yield f"+ {cut(path, value)}: {cut(new, value)}{forces}"


def _line_by_line(diff: PropertyDiff, value: int, context: int) -> list[str]:
    """Policies by statement, documents and longer texts by line; empty when one line says it as well."""
    if is_policy(diff.old) and is_policy(diff.new):
        lines = policy_diff(diff.old, diff.new, context=context)
    else:
        before, after = _text_lines(diff.old), _text_lines(diff.new)
        if before is None or after is None or max(len(before), len(after)) > _COMPARABLE:
            return []
        lines = diff_lines(before, after, context)
    shown = [cut(line, value) for line in lines]
    return shown if sum(map(len, shown)) <= max(value, 400) * 4 else []


def _text_lines(value: Any) -> list[str] | None:
    """The lines of a text that has several, or of a document; None for what is one line anyway."""
    if isinstance(value, str):
        if "\n" in value:
            return value.split("\n")
        value = _json(value)
    if not isinstance(value, dict | list):
        return None
    return json.dumps(ordered(value), indent=2, ensure_ascii=False).splitlines()


def _json(text: str) -> Any:
    if not text.startswith(("{", "[")) or is_placeholder(text):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def is_placeholder(text: str) -> bool:
    """Whether the text stands for a value that is secret, not known yet, or a file's."""
    return text in {SECRET, UNKNOWN, MASK} or text.startswith(FILES)


LATER = "[unknown until deployed]"
"""How people are told of a value that is known only after something else was changed."""


def one_value(value: Any) -> str:
    """The value in one line; words that stand for a value are no quoted text."""
    if isinstance(value, str) and is_placeholder(value):
        return LATER if value == UNKNOWN else value
    return json.dumps(in_order(value), ensure_ascii=False)


def excerpts(old: str, new: str, room: int) -> tuple[str, str]:
    """Two texts that are too long, from where they begin to differ."""
    if max(len(old), len(new)) <= room:
        return old, new
    start = max(_same_start(old, new) - _BEFORE, 0)
    if start <= room // 2:
        return old, new
    left_out = f"({start:,} characters) …"
    return left_out + old[start:], left_out + new[start:]


def _same_start(old: str, new: str) -> int:
    """How many characters both begin with; by halves, because values may be megabytes."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if old[:middle] == new[:middle] else (low, middle - 1)
    return low


_ACCESS = {
    "aws:cloudtrail/trail",
    "aws:kms/grant",
    "aws:lambda/functionUrl",
    "aws:lambda/permission",
    "aws:s3/bucketAcl",
    "aws:s3/bucketAclV2",
    "aws:s3/bucketOwnershipControls",
    "aws:s3/bucketPublicAccessBlock",
    "aws:s3/accountPublicAccessBlock",
    "aws:sns/topicPolicy",
    "aws:sqs/queuePolicy",
}
"""Types beyond IAM's own and beyond policies that decide who may do what, or who sees it afterwards."""


def decides_access(change: ResourceChange) -> bool:
    """Whether the change is one of roles, trust, policies or of what else lets somebody in."""
    kind = change.type.rsplit(":", 1)[0]
    return (
        kind.startswith("aws:iam/")
        or kind in _ACCESS
        or kind.endswith("Policy")
        or any(is_policy(diff.old) or is_policy(diff.new) for diff in change.diffs)
    )
