"""An emulator that is not the one we know is refused at start, with a name for what is missing."""

from __future__ import annotations

import subprocess
import sys

import pytest


def run(code: str) -> subprocess.CompletedProcess[str]:
    """Run code in a process of its own, because a replaced name stays replaced."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)


def test_a_name_is_replaced_wherever_it_was_imported() -> None:
    done = run(
        "import ministack.core.arn, ministack.core.responses\n"
        "from deploy_sandbox.cloud import replace\n"
        "replace.replace('core.arn', 'parse_arn', lambda original: 'mine')\n"
        "replace.check_names()\n"
        "print(ministack.core.arn.parse_arn, ministack.core.responses.parse_arn)"
    )
    assert done.stdout == "mine mine\n", done.stderr


@pytest.mark.parametrize("name", ["no_such_name", "parse_arn_2"])
def test_a_missing_name_is_named(name: str) -> None:
    done = run(
        "from deploy_sandbox.cloud import replace\n"
        f"replace.replace('core.arn', '{name}', lambda original: original)\n"
        "replace.check_names()"
    )
    assert done.returncode == 1
    assert f"lacks names that the sandbox replaces: ministack.core.arn.{name}." in done.stderr


def test_another_version_is_refused() -> None:
    known = "from deploy_sandbox.cloud import replace; replace.check_version()"
    assert run(known).returncode == 0
    other = "import deploy_sandbox.cloud.configuration as known; known.EMULATOR = '0.0.1'; " + known
    done = run(other)
    assert done.returncode == 1
    assert "The sandbox corrects ministack 0.0.1, but" in done.stderr
