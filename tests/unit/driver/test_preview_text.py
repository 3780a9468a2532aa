"""A preview on a console or in a pipe: what would change, property by property, in eighty columns."""

from __future__ import annotations

import json

import pytest

from deploy_driver.render.result import LINES, as_text
from deploy_driver.render.width import WIDTH
from deploy_driver.values import PropertyDiff, ResourceChange
from tests import previews
from tests.previews import LOG, change, policy, step
from tests.unit.driver.test_render import golden

PARAMETER = "aws:ssm/parameter:Parameter"


def said(*resources: ResourceChange) -> list[str]:
    """The lines below the table."""
    return as_text(previews.preview(step("dev", *resources))).splitlines()[3:]


def differing(*diffs: PropertyDiff, op: str = "update") -> list[str]:
    """The lines of one resource's properties, without their indentation."""
    return [line.strip() for line in said(change(op, "aws:lambda/function:Function", "items", *diffs))[2:]]


def test_a_preview_as_text() -> None:
    golden("preview.dangerous.txt", as_text(previews.DANGEROUS) + "\n")


def test_each_property_goes_from_what_it_is_to_what_it_would_be() -> None:
    assert differing(
        PropertyDiff("timeout", "update", 10, 12),
        PropertyDiff("version", "update", "7", "[unknown]"),
        PropertyDiff("tags.owner", "add", None, "team-a"),
        PropertyDiff("description", "delete", "items", None),
        PropertyDiff("key", "update", "[secret]", "[secret]"),
        PropertyDiff("environment.variables.TOKEN", "update", "abc", "def"),
    ) == [
        "timeout: 10 -> 12",
        'version: "7" -> [unknown until deployed]',
        'tags.owner: nothing -> "team-a"',
        'description: "items" -> nothing',
        "key: [secret], another one than before",
        "environment.variables.TOKEN: [redacted], another one than before",
    ]


def test_what_forces_a_replacement_is_named_first() -> None:
    assert differing(
        PropertyDiff("timeout", "update", 10, 12), PropertyDiff("name", "update-replace", "a", "b"), op="replace"
    ) == ['name: "a" -> "b"  (forces the replacement)', "timeout: 10 -> 12"]


def test_a_replacement_without_such_a_property_says_that_too_and_an_update_does_not() -> None:
    timeout = PropertyDiff("timeout", "update", 10, 12)
    unforced = ["(the engine names no property that forces the replacement)", "timeout: 10 -> 12"]
    assert differing(timeout, op="replace") == unforced
    assert differing(timeout) == ["timeout: 10 -> 12"]


def test_what_is_made_or_deleted_is_one_line_and_says_what_is_lost() -> None:
    made = change("create", PARAMETER, "new", PropertyDiff("value", "add", None, "x"))
    assert said(made, previews.TABLE_DELETED) == [
        "dev: 1 to create, 1 to delete",
        "  delete aws:dynamodb:Table orders: its items would be lost",
        "  create aws:ssm:Parameter new",
    ]


def test_a_stack_in_which_nothing_would_change_is_a_row_and_no_more() -> None:
    _, row = as_text(previews.preview(step("dev"))).splitlines()
    assert row.split() == ["dev", "222222222222", "no", "changes"]


@pytest.mark.parametrize("room", [10, 200, 100_000])
def test_a_long_value_is_cut_where_it_differs_and_a_short_one_is_not(room: int) -> None:
    lines = said(change("update", PARAMETER, "p", PropertyDiff("value", "update", "x" * room + "a", "x" * room + "b")))
    assert max(map(len, lines)) <= WIDTH
    if room == 10:
        assert lines[2:] == [f'      value: "{"x" * room}a" -> "{"x" * room}b"']
    else:
        assert 'xa"' in lines[2]
        assert 'xb"' in lines[3]
        assert lines[-1] == "… stands where something was left out: --output json has all of it"


def test_of_a_long_document_only_so_many_lines_are_shown() -> None:
    old, new = (policy(LOG, {"Sid": "A", "Action": [f"{verb}{n}" for n in range(30)]}) for verb in ("s3:Get", "s3:Put"))
    lines = said(change("update", "aws:iam/policy:Policy", "p", PropertyDiff("policy", "update", old, new)))
    assert lines[2] == "      policy:"
    assert lines[3].strip() == '@@ statement "A" @@'
    assert lines[3 + LINES].strip().endswith("more lines")


def test_nothing_that_a_value_or_a_name_says_moves_the_cursor_hides_or_makes_a_line() -> None:
    evil = "a\x1b[2J\r\n\x07\u202e\u200bb"
    lines = said(
        change("update", PARAMETER, evil, PropertyDiff(evil, "update", evil, "c")),
        change("update", PARAMETER, "text", PropertyDiff("doc", "update", f"one\n{evil * 9}", f"two\n{evil * 9}")),
    )
    assert not any(char in "".join(lines) for char in "\x1b\r\x07\u202e\u200b")
    assert "\\u{202e}" in lines[1]
    assert sum(line.startswith("  update ") for line in lines) == 2
    assert all(line.startswith("  ") for line in lines[1:-2])


def test_a_secret_is_taken_out_before_anything_is_cut() -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    diffs = [PropertyDiff(f"v{at}", "update", "x" * at + key, json.dumps({"k": key})) for at in range(20, 80)]
    assert "AKIA" not in "\n".join(said(change("update", PARAMETER, key, *diffs)))
