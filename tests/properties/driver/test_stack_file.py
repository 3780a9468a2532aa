"""Whatever is set, the file says the same of everything else."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.adapters.stack_file import Encrypted, with_setting
from deploy_project.stackfile import Setting, parse
from deploy_project.written import ValueKind

NAMES = st.sampled_from([f"items:{name}" for name in ("memory", "a", "b.c", "long-name", "x")])
VALUES = st.sampled_from([
    "1", "128", "1.50", "0.0E-0", "true", "plain", "two words", '"222222222222"', "'quoted'", '"yes"', "0400", "yes", "2027-01-31", "",
    "~", "[1, 'two']", "{a: 1}", "[]", "{secure: v1:abc}", "\n    secure: v1:abc", "\n    - 1\n    - two", "|\n    text",
])  # fmt: skip
COMMENTS = st.sampled_from(["", "", "  # beside", "\n  # below", "\n\n# far below"])
ENTRIES = st.dictionaries(NAMES, st.tuples(VALUES, COMMENTS), max_size=5)
TEXTS = st.one_of(st.text(), VALUES.filter(lambda text: "\n" not in text), st.integers().map(str), st.floats().map(str))
SECRETS = st.builds(Encrypted, st.just("v1:x:y="), st.just("awskms://alias/k?region=r"), st.just("QUJD"))


def written(entries: dict[str, tuple[str, str]]) -> bytes:
    lines = [
        f"  {key}: {value}{'' if '|' in value or not value else comment}" for key, (value, comment) in entries.items()
    ]
    return ("\n".join(["# the account", "config:", '  deploy:account: "222222222222"', *lines]) + "\n").encode()


def others(content: bytes, key: str) -> dict[str, tuple[ValueKind, str, tuple[str, ...]]]:
    file = parse("", content)
    assert all("not everybody reads as the same value" in problem.what for problem in file.problems)
    return {name: said(setting) for name, setting in file.settings.items() if name != key}


def said(setting: Setting) -> tuple[ValueKind, str, tuple[str, ...]]:
    text = "" if setting.kind is ValueKind.NOTHING else setting.text
    return setting.kind, text, setting.items


def comments(content: bytes) -> list[str]:
    return [line.split("#", 1)[1] for line in content.decode().splitlines() if "#" in line and '"' not in line]


@given(entries=ENTRIES, key=NAMES, value=TEXTS)
def test_a_value_arrives_and_nothing_else_changes(entries: dict[str, tuple[str, str]], key: str, value: str) -> None:
    before = written(entries)
    after = with_setting(before, key, value)
    assert others(after, key) == others(before, key)
    assert [*others(after, key)] == [*others(before, key)]
    there = parse("", after).settings[key]
    assert there.text == value
    assert there.kind in {ValueKind.TEXT, ValueKind.NUMBER, ValueKind.TRUTH}
    assert with_setting(after, key, value) == after


@given(entries=ENTRIES, value=st.one_of(st.just("7"), SECRETS))
def test_comments_stay_when_something_is_added(entries: dict[str, tuple[str, str]], value: str | Encrypted) -> None:
    before = written(entries)
    after = with_setting(before, "items:new", value)
    assert comments(after) == comments(before)
    assert others(after, "items:new") == others(before, "items:new")
