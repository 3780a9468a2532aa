"""What a remedy is: a sentence that says the way out, with the commands to type in backquotes."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

_TYPED = re.compile(r"`([a-z][\w.-]*(?: [^`]*)?)`")


class Remedy(str):
    """A way out that a person can follow, known by name in a catalogue.

    It is the text that is shown. What stands in backquotes is typed as it stands; what is in {braces} is filled in by `of`.
    """

    __slots__ = ()

    def of(self, **facts: object) -> Remedy:
        """The same with these facts in it."""
        return Remedy(self.format(**facts))

    @property
    def commands(self) -> tuple[tuple[str, ...], ...]:
        """The commands in it, as words: what a shell makes of them."""
        return tuple(tuple(shlex.split(typed)) for typed in _TYPED.findall(self))


NO_REMEDY = Remedy()
"""What is said where the fact alone says what to do."""


def all_of(remedies: Iterable[Remedy]) -> Remedy:
    """Several in one text, each once."""
    return Remedy("; ".join(dict.fromkeys(remedy for remedy in remedies if remedy)))
