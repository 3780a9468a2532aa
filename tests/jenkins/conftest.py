"""The same sandbox projects as the end-to-end stories."""

from __future__ import annotations

from tests.e2e.conftest import project, template

__all__ = ["project", "template"]
