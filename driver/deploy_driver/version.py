"""Which `deploy` this is. The package is built with the version that is written here."""

from __future__ import annotations

VERSION = "0.1.0"
