"""What the engine, its plugins and its SDK advise, in words that whoever runs `deploy` can follow.

Their commands ask for a login, or for an engine on PATH. What is said is only shown like this: what a
failure is known by is what the engine said, and its own event log in the run's folder stays as it is.
"""

from __future__ import annotations

import re

from deploy_driver import remedies

_SET = re.compile(
    r"(?:please )?set a value using the command `pulumi config set(?P<secret> --secret)? (?P<key>\S+) <value>`"
)
_UP = re.compile(r"`pulumi (?:up|update)`")
_COMMAND = re.compile(r"`pulumi (?P<words>(?!login\b|new\b)[^`<>\n]+)`")
"""Any other: the engine of a run, on the state of the stack."""
_SENTENCE = re.compile(r"[^\n.;]*`pulumi (?:login|new)\b[^`]*`[^\n.;]*[.;]?")
"""What nobody here needs."""


def ours(said: str, stack: str) -> str:
    """The same text, with advice that can be followed for `stack`."""
    if "pulumi" not in said.lower():
        return said

    def setting(found: re.Match[str]) -> str:
        way = remedies.SET_SECRET_SETTING if found["secret"] else remedies.SET_SETTING
        return way.of(key=found["key"], stack=stack)

    said = _SET.sub(setting, said)
    said = _UP.sub(lambda _: remedies.UP_INSTEAD.of(stack=stack), said)
    said = _COMMAND.sub(lambda found: remedies.ENGINE_ITSELF.of(stack=stack, words=found["words"]), said)
    return _SENTENCE.sub("", said).strip()
