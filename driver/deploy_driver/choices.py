"""What a person chooses from on the command line. Its help is shown without whatever else these words are used in."""

from __future__ import annotations

from enum import StrEnum


class OnFailure(StrEnum):
    """What the other stacks do when one did not succeed; those that need it are blocked either way."""

    STOP = "stop"
    CONTINUE = "continue"


class Overridable(StrEnum):
    """What may be overridden with a reason, by its key in deploy.toml."""

    WINDOW = "window"
    FREEZE = "freeze"
    MAX_DELETES = "max-deletes"


class Host(StrEnum):
    """Where pull requests are discussed."""

    GITHUB = "github"
    GITLAB = "gitlab"
