"""The same sandbox projects as the end-to-end stories."""

from __future__ import annotations

from tests.e2e.conftest import plugin_home, project, template

__all__ = ["plugin_home", "project", "template"]
