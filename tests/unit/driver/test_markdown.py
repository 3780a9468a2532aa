"""A preview as a pull request's comment: what stands where, what goes first, what gives way when there is no room."""

from __future__ import annotations

import json
import time

import pytest

from deploy_driver.cli.preview import preview as verb
from deploy_driver.render.diff import is_policy, policy_diff, property_lines
from deploy_driver.render.markdown import visible, without_secrets
from deploy_driver.render.preview import LIMIT, MARKER, as_markdown, marker
from deploy_driver.run.outcome import StepOutcome
from deploy_driver.values import PropertyDiff
from tests import previews
from tests.previews import LOG, change, policy, statement, step
from tests.unit.driver.test_render import golden


def document(*steps: StepOutcome, limit: int = LIMIT) -> str:
    return as_markdown(previews.preview(*steps), project="items", limit=limit)


@pytest.mark.parametrize("name", ["SMALL", "DANGEROUS"])
def test_a_preview_as_markdown(name: str) -> None:
    golden(f"preview.{name.lower()}.md", as_markdown(getattr(previews, name), project="items"))


def test_a_huge_preview_as_markdown() -> None:
    golden("preview.huge.md", as_markdown(previews.huge(200), project="items", limit=8_000))


def test_nothing_to_preview_is_a_document_too() -> None:
    shown = document()
    assert shown.startswith(MARKER)
    assert "no stack is affected" in shown


def test_the_marker_is_the_project_s_and_not_the_run_s() -> None:
    assert document().split("\n")[0] == marker("items") == "<!-- deploy:preview items -->"
    assert marker("a-->\n<b>--c") == "<!-- deploy:preview a-b-c -->"


def test_the_command_s_limit_is_the_renderer_s() -> None:
    assert (verb.__defaults__ or ()).count(LIMIT) == 1


def test_what_holds_data_goes_first_and_says_what_would_be_lost() -> None:
    shown = document(step("dev", change("delete", "aws:lambda/alias:Alias", "live"), previews.BUCKET_REPLACED))
    listed = [line for line in shown.splitlines() if line.startswith("- ")]
    assert "its objects would be lost" in listed[0]
    assert "because of <code>bucket</code>" in listed[0]
    assert "lost" not in listed[1]


@pytest.mark.parametrize("op", ["update", "create"])
def test_what_only_changes_what_holds_data_loses_nothing(op: str) -> None:
    assert "lost" not in document(step("dev", change(op, "aws:s3/bucket:Bucket", "data")))


def test_a_failed_stack_has_its_cause_and_remedy() -> None:
    shown = document(previews.FAILED)
    assert "❌ **failed**" in shown
    assert "AccessDeniedException" in shown
    assert "What to do: Run <code>deploy bootstrap</code>: it puts the role&#39;s policy in place" in shown


def test_many_dangerous_changes_of_one_stack_do_not_hide_another_s() -> None:
    gone = [change("delete", "aws:s3/bucket:Bucket", f"b{n}") for n in range(300)]
    shown = document(step("dev", *gone), step("prod", gone[0]), limit=8_000)
    assert "in <code>prod</code>" in shown.split("<details>")[0]


def test_three_megabytes_fit_and_do_not_take_long() -> None:
    big = "".join(chr(97 + n * n % 23) for n in range(1_500_000))
    began = time.monotonic()
    shown = document(
        step(
            "dev",
            change("update", "aws:ssm/parameter:Parameter", "p", PropertyDiff("value", "update", big + "a", big + "b")),
        )
    )
    assert len(shown) <= LIMIT
    assert time.monotonic() - began < 20
    assert "(1,499,981 characters) …" in shown
    assert "+ value: " in shown


@pytest.mark.parametrize("limit", [60_000, 20_000, 5_000, 2_000])
def test_the_table_is_never_lost(limit: int) -> None:
    shown = as_markdown(previews.huge(300), project="items", limit=limit)
    assert len(shown) <= limit
    assert shown.count("\n| <code>") == 3
    assert "Shortened to" in shown


def test_a_table_that_is_itself_too_long_keeps_what_tells_something() -> None:
    stacks = [step(f"s{n}") for n in range(900)]
    shown = document(*stacks[:450], previews.FAILED, *stacks[450:], limit=20_000)
    assert len(shown) <= 20_000
    assert "<code>prod</code> | <code>444444444444</code>" in shown
    assert "stacks more, which did not fit" in shown


def test_long_values_give_way_before_details_do() -> None:
    values = [
        change(
            "update", "aws:ssm/parameter:Parameter", f"p{n}", PropertyDiff("value", "update", "x" * 5_000, "y" * 5_000)
        )
        for n in range(20)
    ]
    shown = document(step("dev", *values))
    assert len(shown) <= LIMIT
    assert all(f"<code>p{n}</code>" in shown for n in range(20))
    assert "more characters)" in shown


def test_secrets_are_redacted_before_anything_is_cut() -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    values = [
        PropertyDiff("value", "update", "x" * at + key, "y" * at + key[:9] + "\u200b" + key[9:])
        for at in range(90, 125)
    ]
    shown = document(step("dev", change("update", "aws:ssm/parameter:Parameter", "p", *values)), limit=2_500)
    assert "AKIA" not in shown


def test_a_secret_that_is_broken_up_is_one() -> None:
    assert without_secrets({"a": ["AKIA\x1b[0mIOSFODNN7EXAMPLE"]}) == {"a": ["[redacted]"]}
    assert without_secrets("a\x1b[0mb") == "a\x1b[0mb"


def test_what_nobody_sees_is_written_out() -> None:
    assert visible("a\u200bb\u202ec\x1b\n\td é ✓") == "a\\u{200b}b\\u{202e}c\\u{1b}\n\td é ✓"


def lines(*diffs: PropertyDiff, value: int = 80, context: int = 3) -> list[str]:
    return property_lines(diffs, value=value, context=context)


def test_each_kind_of_difference_is_a_line_or_two() -> None:
    assert lines(
        PropertyDiff("tags.a", "add", None, "x"),
        PropertyDiff("tags.b", "delete", "y", None),
        PropertyDiff("timeout", "update", 10, 12),
        PropertyDiff("key", "update", "[secret]", "[secret]"),
        PropertyDiff("version", "update", "7", "[unknown]"),
        PropertyDiff("bucket", "update-replace", "a", "b"),
    ) == [
        '- bucket: "a"',
        '+ bucket: "b"  (forces the replacement)',
        '+ tags.a: "x"',
        '- tags.b: "y"',
        "- timeout: 10",
        "+ timeout: 12",
        "! key: [secret], another one than before",
        '- version: "7"',
        "+ version: [unknown until deployed]",
    ]


def test_a_document_is_compared_line_by_line() -> None:
    assert lines(PropertyDiff("doc", "update", '{"a": 1, "b": 2}', '{"a": 1, "b": 3}')) == [
        "  doc:",
        " {",
        '   "a": 1,',
        '-  "b": 2',
        '+  "b": 3',
        " }",
    ]
    assert lines(PropertyDiff("text", "update", "one\ntwo\n", "one\nTWO\n"), context=0) == ["  text:", "-two", "+TWO"]


def test_a_long_value_is_shown_where_it_differs() -> None:
    same = "s" * 500
    old, new = lines(PropertyDiff("v", "update", f"{same}OLD{same}", f"{same}NEW{same}"))
    assert old.startswith("- v: (481 characters) …")
    assert "OLD" in old
    assert "NEW" in new
    assert "more characters)" in new


def test_a_policy_is_compared_by_statement() -> None:
    old = policy(LOG, statement("A", "s3:Get", "s3:Put"), statement("Gone", "s3:List"))
    new = policy(statement("New", "kms:Sign"), statement("A", "s3:Put", "s3:Delete"), LOG)
    told = policy_diff(old, new)
    assert [line for line in told if line.startswith("@@")] == [
        '@@ new statement "New" @@',
        '@@ statement "A" @@',
        '@@ statement taken away "Gone" @@',
        "@@ 1 statement stays as it is @@",
    ]
    assert '-    "s3:Get",' in told
    assert '+    "s3:Delete",' in told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (statement("A", "s3:Get", "s3:Put"), statement("A", "s3:Put", "s3:Get")),
        ({"Action": "s3:Get", "Principal": {"AWS": "1"}}, {"Action": ["s3:Get"], "Principal": {"AWS": ["1"]}}),
    ],
)
def test_what_is_only_written_differently_is_no_difference(old: object, new: object) -> None:
    assert policy_diff(policy(LOG, old), policy(old, LOG)) == []
    assert policy_diff(policy(old), json.loads(policy(new))) == []


def test_a_statement_without_a_name_is_found_by_its_likeness() -> None:
    old = {
        "Effect": "Allow",
        "Principal": {"AWS": "1"},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"a": "b"}},
    }
    told = policy_diff(policy(old), policy(LOG, {**old, "Principal": {"AWS": "*"}}))
    assert [line for line in told if line.startswith("@@")] == ['@@ new statement "WriteLog" @@', "@@ statement @@"]


@pytest.mark.parametrize(
    "value", ["", "[unknown]", "{", '"Statement"', '["Statement"]', {"a": 1}, None, 3, "x" * 80_000 + '"Statement"']
)
def test_what_is_no_policy_is_not_taken_for_one(value: object) -> None:
    assert not is_policy(value)


def test_a_policy_that_becomes_unknown_says_so() -> None:
    shown = document(
        step(
            "dev",
            change(
                "update",
                "aws:iam/rolePolicy:RolePolicy",
                "r",
                PropertyDiff("policy", "update", policy(LOG), "[unknown]"),
            ),
        )
    )
    assert "+ policy: [unknown until deployed]" in shown
    assert "- policy: " in shown
