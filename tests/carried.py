"""Remedies as they are followed by hand: found in what was printed, with their facts and commands; and gone afterwards."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from deploy_driver.errors import DeployError
from deploy_project.remedy import Remedy
from tests.typed import typed


@dataclass(frozen=True)
class PrintedRemedy:
    """A remedy as it stands in a text. `facts` are what was filled in, `commands` those of `deploy` that are to be typed."""

    text: str
    facts: Mapping[str, str]
    commands: tuple[tuple[str, ...], ...]

    def __getitem__(self, fact: str) -> str:
        return self.facts[fact]


def pattern(remedy: Remedy) -> re.Pattern[str]:
    """What a text has in it where the remedy was printed; lines may be broken anywhere between two words."""
    parts, known = [], set()
    for literal, name, _, _ in string.Formatter().parse(remedy):
        parts.append(r"\s+".join(re.escape(word) for word in re.split(r"\s+", literal)))
        if name:
            parts.append(rf"(?P={name})" if name in known else rf"(?P<{name}>.+?)")
            known.add(name)
    return re.compile("".join(parts) + (r"$" if parts[-1].startswith("(?P<") else ""), re.MULTILINE)


def printed(remedy: Remedy, text: str) -> PrintedRemedy:
    """The remedy in the text; there must be one."""
    found = pattern(remedy).search(text)
    assert found, f"what is not said: {remedy}\n{text}"
    return PrintedRemedy(found[0], found.groupdict(), tuple(typed(" ".join(found[0].split()))))


def gone(remedy: Remedy, text: str) -> None:
    """It is not said any more, nor is any bug of ours."""
    assert not pattern(remedy).search(text), text
    assert "bug in deploy" not in text, text


def said(act: Callable[[], object]) -> str:
    """What to do, where it is refused; empty where it is not."""
    try:
        act()
    except DeployError as error:
        return error.remedy
    return ""


def is_helped(remedy: Remedy, before: Callable[[], object], after: Callable[[], object]) -> None:
    """What is refused before says the remedy, and what is done after it does not."""
    printed(remedy, said(before))
    gone(remedy, said(after))
