"""Makes `infra/deploy_infra/policies/resource_types.json` from a folder of recorded facts: `python -m generate.resource_types FOLDER`.

The folder holds `types.json`, `operations.json`, `provider-calls.json` and `beyond-the-recording.json`. What was decided by hand is in
`generate/reviewed_types.py`. Whatever neither says stops the generator; what it leaves out it says.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import quote

from generate.reviewed_types import (
    ALSO_ASKED,
    ALWAYS,
    BESIDE,
    CONDITIONS,
    ELSEWHERE,
    ONLY_WITH,
    REFUSED,
    TYPES,
    ReviewedNeed,
    ReviewedType,
)

TABLE = Path(__file__).parents[1] / "infra" / "deploy_infra" / "policies" / "resource_types.json"
PHASES = ("plan", "read", "create", "update", "delete")
_PLACEHOLDER = re.compile(r"\$\{[^}]*\}")

Row = list[Any]


class UnreviewedFactError(Exception):
    """The facts say something that nobody has decided about."""


@dataclass
class RecordedFacts:
    """The folder as it is, and which of the reviewed rows were used."""

    types: Mapping[str, Any]
    operations: Mapping[str, list[Mapping[str, Any]]]
    recorded: Mapping[str, Mapping[str, list[str]]]
    beyond: Mapping[str, Mapping[str, list[str]]]
    used: set[str] = field(default_factory=set)

    def calls(self, token: str) -> dict[str, list[str]]:
        """The operations of each phase. What has no update of its own is made again and read."""
        sources = (self.recorded[token], self.beyond.get(token, {}), BESIDE.get(token, {}))
        found = {phase: sorted({made for source in sources for made in source.get(phase, ())}) for phase in PHASES}
        found["update"] = found["update"] or sorted({*found["create"], *found["read"]})
        return {phase: operations for phase, operations in found.items() if operations}


def facts(folder: Path) -> RecordedFacts:
    """The facts of a folder."""

    def file(name: str) -> Any:
        return json.loads((folder / name).read_text("utf-8"))

    return RecordedFacts(
        file("types.json"),
        file("operations.json"),
        file("provider-calls.json")["types"],
        file("beyond-the-recording.json")["types"],
    )


def table(known: RecordedFacts) -> str:
    """The whole file: sorted, one line for each fact of a type and for each of its operations."""
    entries = {token: _entry(known, token, TYPES[token]) for token in sorted(TYPES)}
    _nothing_reviewed_for_nothing(known)
    types = ",\n".join(f"{_line(token)}: {_typed(entry)}" for token, entry in entries.items())
    refusals = ",\n".join(f" {_line(token)}: {_line(REFUSED[token])}" for token in sorted(REFUSED))
    return f'{{\n"refused": {{\n{refusals}\n}},\n"types": {{\n{types}\n}}\n}}\n'


def left_out(known: RecordedFacts) -> list[str]:
    """The recorded types that are neither in the table nor refused."""
    return [
        token
        for token in sorted(known.types)
        if token not in TYPES and not any(fnmatchcase(token, pattern) for pattern in REFUSED)
    ]


def _typed(entry: Mapping[str, Any]) -> str:
    calls = ",\n".join(f"   {_line(phase)}: {_line(operations)}" for phase, operations in entry["calls"].items())
    requests = ",\n".join(f"   {_line(operation)}: {_line(rows)}" for operation, rows in entry["requests"].items())
    said = {key: value for key, value in entry.items() if key not in {"calls", "requests"}}
    lines = "".join(f"  {_line(key)}: {_line(value)},\n" for key, value in said.items())
    return f'{{\n{lines}  "calls": {{\n{calls}\n  }},\n  "requests": {{\n{requests}\n  }}\n }}'


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def _entry(known: RecordedFacts, token: str, reviewed: ReviewedType) -> dict[str, Any]:
    said = known.types[token]
    calls = known.calls(token)
    longest, pattern = _name_rule(said, reviewed)
    return {
        "service": said["service"],
        "name": (said["name_property"] or "") if reviewed.name is None else reviewed.name,
        "longest": longest,
        "pattern": pattern,
        "parent": reviewed.parent,
        "arns": list(reviewed.arns),
        "scope": reviewed.scope,
        "taggable": said["taggable"] if reviewed.taggable is None else reviewed.taggable,
        "calls": calls,
        "requests": {
            operation: _requests(known, token, operation, reviewed)
            for operation in sorted({operation for operations in calls.values() for operation in operations})
        },
    }


def _name_rule(said: Mapping[str, Any], reviewed: ReviewedType) -> tuple[int, str]:
    limits = said["name_limits"] or {}
    longest = limits.get("max") or limits.get("provider", {}).get("max", 0)
    pattern = limits.get("pattern", "") if reviewed.pattern is None else reviewed.pattern
    return (longest if reviewed.longest is None else reviewed.longest), pattern.removeprefix("^").removesuffix("$")


def _requests(known: RecordedFacts, token: str, operation: str, reviewed: ReviewedType) -> list[Row]:
    if operation not in known.operations and operation not in ALSO_ASKED:
        raise UnreviewedFactError(f"{token}: operations.json does not know {operation}")
    rows: dict[str, Row] = {}
    only_with = ONLY_WITH.get(f"{token} {operation}", "")
    known.used.add(f"{token} {operation}")
    for said in known.operations.get(operation, ()):
        for need in _needs(known, token, operation, said):
            on = need.on or _on(known, token, operation, said, reviewed)
            row = _row(said["action"], () if on == reviewed.arns else on, need.when or only_with, need.passed_to)
            rows.setdefault(_line(row), row)
    for action, needs in ALSO_ASKED.get(operation, {}).items():
        known.used.add(operation)
        for need in needs:
            row = _row(action, need.on, need.when or only_with, need.passed_to)
            rows.setdefault(_line(row), row)
    return list(rows.values())


def _row(action: str, on: Iterable[str], when: str, passed_to: str) -> Row:
    """What is empty at the end is left out; an empty `on` stands for the type's own ARNs."""
    row: Row = [action, list(on), when, passed_to]
    while not row[-1]:
        row.pop()
    return row


def _needs(known: RecordedFacts, token: str, operation: str, said: Mapping[str, Any]) -> tuple[ReviewedNeed, ...]:
    if "when" not in said:
        return ALWAYS
    meant = CONDITIONS.get(said["when"], {})
    asked = f"{operation} {said['action']}"
    for key in (f"{token} {asked}", asked, operation, operation.partition(":")[0], ""):
        if key in meant:
            known.used.add(f"{said['when']} / {key}")
            return meant[key]
    raise UnreviewedFactError(f"{operation}: nobody decided when {said['action']} is asked for ({said['when']})")


def _on(
    known: RecordedFacts, token: str, operation: str, said: Mapping[str, Any], reviewed: ReviewedType
) -> tuple[str, ...]:
    """On which of the type's things an action is asked for."""
    action, resources = said["action"], said["resources"]
    for key in (f"{token} {action}", action):
        if key in ELSEWHERE and (resources != ["*"]):
            known.used.add(key)
            return ELSEWHERE[key]
    if resources == ["*"]:
        return ("*",)
    if said["action"].startswith("apigateway:"):
        return tuple(dict.fromkeys(_path(resource, reviewed) for resource in resources))
    kinds = {_kind(resource) for resource in resources}
    found = tuple(arn for arn in (*reviewed.arns, *reviewed.also) if _kind(arn) in kinds)
    if not found:
        raise UnreviewedFactError(f"{token}: {operation} asks for {action} on {resources}, none of them its own")
    return found


def _kind(arn: str) -> tuple[str, str]:
    """Service and kind of thing: what stands before the first name in the ARN; a bucket's objects are not the bucket."""
    _, _, service, _, _, resource = arn.replace("${StreamType}", "stream").split(":", 5)
    head = re.split(r"[$*]", resource, maxsplit=1)[0]
    return service, "/" if service == "s3" and "/" in _PLACEHOLDER.sub("", resource) else head


def _path(resource: str, reviewed: ReviewedType) -> str:
    """API Gateway: AWS chooses the ids; under `/tags/` stands the thing's own ARN, URL-encoded."""
    arn = resource.replace("${Partition}", "${partition}").replace("${Region}", "${region}")
    before, _, path = arn.partition("::")
    own = reviewed.arns[0]
    if path.startswith("/tags/"):
        return f"{before}::/tags/{_quoted(own)}"
    return own if path == "${path of the tagged resource}" else f"{before}::{_PLACEHOLDER.sub('*', path)}"


def _quoted(arn: str) -> str:
    """The ARN URL-encoded, its placeholders and wildcards as they are."""
    return "".join(
        part if part == "*" or part.startswith("${") else quote(part, safe="")
        for part in re.split(r"(\$\{[^}]*\}|\*)", arn)
    )


def _nothing_reviewed_for_nothing(known: RecordedFacts) -> None:
    """A row that decides about nothing is a mistake, or left over."""
    unused = sorted(set(_reviewed_rows()) - known.used)
    if unused:
        raise UnreviewedFactError(f"reviewed, but the facts have nothing of the kind: {'; '.join(unused)}")


def _reviewed_rows() -> Iterator[str]:
    yield from ALSO_ASKED
    yield from ELSEWHERE
    yield from ONLY_WITH
    for when, meant in CONDITIONS.items():
        yield from (f"{when} / {key}" for key in meant)


def main() -> None:
    """Write the table, or say what nobody decided about."""
    if len(sys.argv) != 2:  # noqa: PLR2004 -- the program and the folder
        sys.exit("expected one argument: the folder of the recorded facts")
    try:
        known = facts(Path(sys.argv[1]))
        TABLE.write_text(table(known), "utf-8")
    except OSError as error:
        sys.exit(f"{error.filename}: {error.strerror}: expected the folder of the recorded facts")
    except UnreviewedFactError as error:
        sys.exit(f"{error}; decide it in generate/reviewed_types.py")
    for token in left_out(known):
        sys.stdout.write(f"left out: {token}\n")


if __name__ == "__main__":
    main()
