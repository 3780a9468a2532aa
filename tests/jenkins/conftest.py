"""The same sandbox projects as the end-to-end stories."""

from __future__ import annotations

from tests.e2e.conftest import project, template, templates

__all__ = ["project", "template", "templates"]
