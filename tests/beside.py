"""What lies beside the project, not in it: tests that need it are left out where it is not there, and say so."""

from __future__ import annotations

import os
from pathlib import Path

SHARED = Path(os.environ.get("DEPLOY_TEST_SHARED") or Path(__file__).resolve().parents[2] / "shared")
"""`shared` beside the repository. DEPLOY_TEST_SHARED names another folder, for a work tree that is not beside it."""
