"""The page's commands are found, and what they print is compared with what is shown: both ways."""

from __future__ import annotations

import pytest

from tests.console import Command, commands

PAGE = """
```console
$ deploy list
STACK  ACCOUNT
…
$ git commit
```

Exit code 5, it says.

```sh
$ not this one
```

```console
$ deploy up
05:19:29 run 20261123-0519-98b276 finished in 18 s, exit code 4
```
"""


def test_every_command_is_found_with_what_it_shows_and_exits_with() -> None:
    assert list(commands(PAGE)) == [
        Command("deploy list", ("STACK  ACCOUNT", "…"), 0),
        Command("git commit", (), 5),
        Command("deploy up", ("05:19:29 run 20261123-0519-98b276 finished in 18 s, exit code 4",), 4),
    ]


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ((), ""),
        (("dev  3.1 s",), "dev       12 s\n"),
        (("05:19:29 run 20261123-0519-98b276",), "17:00:00 run 20270101-0000-abcdef"),
        (("…", "b"), "a\na\nb\n"),
        (("a", "…"), "a\nb\n"),
        (("by … at …",), "by somebody at noon"),
    ],
)
def test_what_may_differ_does(shown: tuple[str, ...], printed: str) -> None:
    assert Command("x", shown, 0).differs(printed) == ""


@pytest.mark.parametrize(
    ("shown", "printed", "said"),
    [
        ((), "something", "something"),
        (("a",), "", "a"),
        (("a",), "a\nb", "b"),
        (("a", "b"), "a\nc\nb", "b"),
        (("…", "b"), "a", "b"),
        (("version 2",), "version 3", "version 2"),
        (("by … at …",), "by somebody", "by … at …"),
    ],
)
def test_what_may_not_differ_is_named(shown: tuple[str, ...], printed: str, said: str) -> None:
    assert Command("x", shown, 0).differs(printed) == said
