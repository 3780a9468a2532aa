"""A stack file as it is written: where every key stands, and what is told of files that are none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from deploy_project.stackfile import parse, read
from deploy_project.written import ValueKind, shown


def kind(value: str) -> ValueKind:
    return parse("Pulumi.dev.yaml", f"config:\n  a: {value}\n".encode()).settings["a"].kind


def told(content: bytes) -> list[str]:
    return [str(problem) for problem in parse("Pulumi.dev.yaml", content).problems]


@pytest.mark.parametrize(
    ("kinds", "values"),
    [
        (ValueKind.TEXT, ["ab", "'0400'", '"yes"', "12ab", "12345678-aa", "arn:aws:iam::1:role/x", '""']),
        (ValueKind.NUMBER, ["0", "400", "-3", "128.5", "0.001", "123456789012345"]),
        (ValueKind.TRUTH, ["true", "False"]),
        (ValueKind.NOTHING, ["", "~", "null"]),
        (ValueKind.LIST, ["[a]", "[]"]),
        (ValueKind.MAPPING, ["{a: b}"]),
        (ValueKind.SECRET, ["{secure: v1:abc}"]),
        (
            ValueKind.AMBIGUOUS,
            ["0400", "010000", "0o20", "0x1f", "0b11", "1_000", "12:30", "1:20.5", "1e3", "1.", ".5", ".inf"],
        ),
        (
            ValueKind.AMBIGUOUS,
            ["+5", "-0", "1.50", "1.0", "00.5", "1.5e+3", "0.0000001", "1234567890123456", "1e400", "=", '"\\ud800"'],
        ),
        (
            ValueKind.AMBIGUOUS,
            ["yes", "No", "on", "OFF", "y", "2026-11-23", "2026-11-23 10:00:00"],
        ),
    ],
)
def test_a_value_is_what_every_version_of_yaml_reads_or_ambiguous(kinds: ValueKind, values: list[str]) -> None:
    assert {value: kind(value) for value in values} == dict.fromkeys(values, kinds)


def test_every_key_is_known_with_its_line_and_column() -> None:
    file = parse("Pulumi.dev.yaml", b"# a comment\nconfig:\n  x:a: 1\n  x:b: [c, d]\n  x:e: [c]\n")
    assert {key: (setting.line, setting.column) for key, setting in file.settings.items()} == {
        "x:a": (3, 3),
        "x:b": (4, 3),
        "x:e": (5, 3),
    }
    assert file.settings["x:b"].items == ("c", "d")
    assert (file.line, file.problems) == (2, ())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", ":1:1: config: missing, expected a mapping of settings"),
        (b"# x\nconfig:\n", ":2:1: config: missing, expected a mapping of settings"),
        (b"- config\n", ":1:1: config: missing, expected a mapping of settings"),
        (b"config:\n  a: [1\n", ":3:1: not YAML: "),
        (b"config: {}\n--- 2\n", ":2:1: not YAML: "),
        (b"config: *x\n", ":1:9: *x: a YAML alias, expected what it stands for"),
        (b"config:\n  a: \x07\n", ":2:6: not YAML: unacceptable character"),
        (b"config:\n  a: \xff\xfe\n", ":2:6: not text in UTF-8: invalid start byte"),
        ("config:\n  a: 1\n".encode("utf-16"), ":1:1: not text in UTF-8: invalid start byte"),
        (b"config: " + b"[" * 5000, ":1:1: not YAML: maximum recursion depth"),
        (b"config:\n  x:a: 1\n  x:b: 2\n  x:a: 3\n", ":4:3: x:a: given twice, expected it in line 2 only"),
        (b"config: {x:a: 1}\nconfig: {x:b: 1}\n", ":2:1: config: given twice, expected it in line 1 only"),
        (b"x: {a: 1}\nconfig:\n  <<: *x\n", ":3:3: <<: a YAML merge key, expected the keys themselves"),
        (b"x: {config: {a: 1}}\n<<: *x\n", ":2:1: <<: a YAML merge key, expected the keys themselves"),
        (b"x: {config: {a: 1}}\nconfig: *x\n", ":2:9: *x: a YAML alias, expected what it stands for"),
        (b"x: &x {config: {a: 1}}\nconfig: *x\n", ":1:4: &x: a YAML anchor, expected a value without one"),
        (b"config:\n  x:a: !!int '3'\n", ":2:8: a YAML tag, tag:yaml.org,2002:int, expected a value without one"),
        (b"config:\n  x:a: !odd [1]\n", ":2:8: a YAML tag, !odd, expected"),
        (b"config:\n  x:a: 0400\n", ":2:8: x:a: got 0400, which not everybody reads as the same value: in quotes"),
        (b"config:\n  x:a: [1, {b: yes}]\n", ":2:16: x:a: got yes, which not everybody reads as the same"),
        (b"config:\n  x:a: {b: 1, b: 2}\n", ":2:15: b: given twice, expected it in line 2 only"),
        (b"config:\n  x:a: {1: b}\n", ":2:9: 1: not everybody reads that key as the same"),
        (b"config:\n  x:a: {secure: x, b: c}\n", ":2:9: x:a: got more than a text under `secure:`"),
        (b"config:\n  x:a: {secure: 5}\n", ":2:9: x:a: got more than a text under `secure:`"),
        (b"config:\n  a: b\n", ":2:3: a: expected a key with its namespace, such as PROJECT:a"),
        (b"config:\n  a:config:b: c\n", ":2:3: a:config:b: expected a key with its namespace, such as PROJECT:b"),
        (b"confg: {}\nconfig: {}\n", ":1:1: confg: unknown key; did you mean config?"),
        (b"config: {}\nx: 1\n", ":2:1: x: unknown key; expected one of config, secretsprovider, "),
        (b"config: {}\nenvironment: [x]\n", ":2:1: environment: environments are Pulumi Cloud's"),
        (b"config: {}\nsecretsprovider: [x]\n", ":2:1: secretsprovider: got a list, expected a text"),
        (b"config:\n  ? [a]\n  : 1\n", ":2:5: got a key that is a list or a mapping, expected a name"),
    ],
)
def test_what_is_no_stack_file_is_told_with_its_line_and_never_raised(content: bytes, said: str) -> None:
    assert told(content)[0].startswith(f"Pulumi.dev.yaml{said}")


def test_a_file_that_is_not_there_or_cannot_be_read_is_a_problem_too(tmp_path: Path) -> None:
    assert str(read(tmp_path / "Pulumi.qa.yaml").problems[0]) == (
        "Pulumi.qa.yaml:1:1: no such file, though it says everything about the account qa; "
        "write one that begins with `config:`, and every key that it must have is named"
    )
    (tmp_path / "Pulumi.dev.yaml").mkdir()
    assert str(read(tmp_path / "Pulumi.dev.yaml").problems[0]) == "Pulumi.dev.yaml:1:1: cannot be read: Is a directory"
    os.mkfifo(tmp_path / "Pulumi.fifo.yaml")
    assert str(read(tmp_path / "Pulumi.fifo.yaml").problems[0]).endswith("cannot be read: it is no regular file")
    with (tmp_path / "Pulumi.huge.yaml").open("wb") as file:
        file.truncate(2**32)
    assert str(read(tmp_path / "Pulumi.huge.yaml").problems[0]).endswith("cannot be read: it is larger than 1024 KB")


def test_a_file_is_parsed_again_only_when_its_content_is_another(tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.dev.yaml"
    path.write_text("config: {x:a: 1}\n")
    first = read(path)
    assert read(path) is first
    path.write_text("config: {x:a: 2}\n")
    assert read(path).settings["x:a"].text == "2"


def test_a_value_is_found_where_it_stands_or_at_the_account() -> None:
    file = parse("Pulumi.dev.yaml", b'config:\n  deploy:account: "1"\n  deploy:deploymentRole: x\n')
    assert [file.place_of(value) for value in ("x", "elsewhere")] == [(3, 3), (2, 3)]
    assert parse("Pulumi.dev.yaml", b"").place_of("x") == (1, 1)


@pytest.mark.parametrize(
    ("text", "said"), [("", "''"), (" a", "' a'"), ("a\nb", r"'a\nb'"), ("x" * 61, "x" * 59 + "…")]
)
def test_what_was_found_is_shown_so_that_a_terminal_only_prints_it(text: str, said: str) -> None:
    assert shown(text) == said
