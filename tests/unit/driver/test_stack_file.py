"""One setting is written, and the rest of the file is as a person wrote it."""

from __future__ import annotations

import pytest

from deploy_driver.adapters.stack_file import Encrypted, with_setting

FILE = b"""\
# The account dev.
config:
  deploy:account: "222222222222"   # twelve digits
  # how much
  items:memory: 128
  items:name: 'quoted'

  items:list: [1, "two"]
  items:block:
  - 1
  - 2
# the end
"""


def changed(key: str, value: str | Encrypted, content: bytes = FILE) -> list[str]:
    """The lines that differ."""
    before, after = content.decode().splitlines(), with_setting(content, key, value).decode().splitlines()
    return [line for line in after if line not in before] + [f"-{line}" for line in before if line not in after]


@pytest.mark.parametrize(
    ("key", "value", "lines"),
    [
        ("items:memory", "256", ["  items:memory: 256", "-  items:memory: 128"]),
        ("items:memory", "128", []),
        ("items:new", "1.50", ['  items:new: "1.50"']),
        ("items:new", "true", ["  items:new: true"]),
        ("items:new", "some text", ["  items:new: some text"]),
        ("items:new", "", ['  items:new: ""']),
        ("items:new", "yes", ['  items:new: "yes"']),
        ("items:new", "0400", ['  items:new: "0400"']),
        ("items:new", "2027-01-31", ['  items:new: "2027-01-31"']),
        ("items:new", "a: b # c", ['  items:new: "a: b # c"']),
        ("items:new", "[x", ['  items:new: "[x"']),
        ("items:new", "two\nlines", ['  items:new: "two\\nlines"']),
        ("items:new", "{secure: x}", ['  items:new: "{secure: x}"']),
        ("items:new", "  spaces ", ['  items:new: "  spaces "']),
    ],
)
def test_a_value_is_written_as_what_it_is(key: str, value: str, lines: list[str]) -> None:
    assert changed(key, value) == lines


def test_what_stands_in_quotes_stays_there() -> None:
    assert changed("items:name", "12") == ["  items:name: '12'", "-  items:name: 'quoted'"]
    assert changed("deploy:account", "333333333333") == [
        '  deploy:account: "333333333333"   # twelve digits',
        '-  deploy:account: "222222222222"   # twelve digits',
    ]


def test_a_secret_brings_its_key_along_once() -> None:
    first = with_setting(FILE, "items:token", Encrypted("v1:a", "awskms://alias/k?region=r", "QUJD"))
    assert first.decode().splitlines()[:4] == [
        "# The account dev.",
        "secretsprovider: awskms://alias/k?region=r",
        "encryptedkey: QUJD",
        "config:",
    ]
    assert "  items:token:\n    secure: v1:a\n" in first.decode()
    other = Encrypted("v1:b", "awskms://other", "REVG")
    assert changed("items:key", other, first) == ["  items:key:", "    secure: v1:b"]
    assert changed("items:token", other, first) == ["    secure: v1:b", "-    secure: v1:a"]
    assert "v1:a" not in with_setting(first, "items:token", "plain").decode()


def test_line_ends_stay() -> None:
    windows = FILE.replace(b"\n", b"\r\n")
    assert with_setting(windows, "items:memory", "256") == windows.replace(b"128", b"256")


@pytest.mark.parametrize("head", ["---\n", "# c\n---\n", "\n# c\n\n---\n"])
def test_the_beginning_of_a_document_stays(head: str) -> None:
    content = head.encode() + FILE
    assert with_setting(content, "items:memory", "256") == content.replace(b"128", b"256")
