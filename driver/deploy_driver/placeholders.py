"""What is shown in place of a value: of one that is secret, of one that nobody knows yet, of a file."""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "[unknown]"
"""What is shown for a value that is known only after something else was changed."""

SECRET: Final = "[secret]"  # noqa: S105 -- the word that stands for one
"""What is shown for a value that the program or the provider marks as a secret."""

FILES: Final = ("[asset sha256:", "[archive sha256:")
"""How what is shown for the content of a file, or of several, begins."""
