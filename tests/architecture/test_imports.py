"""The import contracts hold, and would not if somebody broke them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, ROOT

LINT = Path(sys.executable).with_name("lint-imports")


def lint(root: Path) -> tuple[int, str]:
    done = subprocess.run(
        [LINT, "--no-cache", "--config", ".importlinter"],
        cwd=root,
        env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin", "COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the house in which walls may be broken through."""
    root = tmp_path_factory.mktemp("house")
    for package, folder in PACKAGES.items():
        shutil.copytree(
            ROOT / folder / package, root / package, ignore=lambda _, names: [n for n in names if "__pycache__" in n]
        )
    shutil.copy(ROOT / ".importlinter", root)
    return root


def test_every_contract_is_kept() -> None:
    code, said = lint(ROOT)
    assert code == 0, said
    assert " 0 broken" in said


@pytest.mark.parametrize(
    ("module", "text", "broken"),
    [
        ("deploy_driver/utils.py", "", "The driver's imports point one way BROKEN"),
        ("deploy_infra/common.py", "", "The program's imports point one way BROKEN"),
        (
            "deploy_driver/plan/upwards.py",
            "import deploy_driver.run.runner",
            "The driver's imports point one way BROKEN",
        ),
        (
            "deploy_driver/render/sideways.py",
            "import deploy_driver.adapters.aws",
            "The driver's imports point one way BROKEN",
        ),
        ("deploy_driver/app/terminal.py", "import typer", "The application layer knows no terminal BROKEN"),
        ("deploy_driver/app/picture.py", "import rich", "The application layer knows no terminal BROKEN"),
        ("deploy_driver/run/door.py", "import boto3", "Only the adapters open the doors to the world BROKEN"),
        (
            "deploy_driver/assurance/findings/door.py",
            "import boto3",
            "Only the adapters open the doors to the world BROKEN",
        ),
        (
            "deploy_driver/drift/assured.py",
            "import deploy_driver.assurance.iam.check",
            "The driver's imports point one way BROKEN",
        ),
        (
            "deploy_driver/assurance/iam/asking.py",
            "import deploy_driver.adapters.aws",
            "What assurance decides, it decides from values: only its adapters ask AWS BROKEN",
        ),
        ("deploy_driver/cli/door.py", "import subprocess", "Only the adapters open the doors to the world BROKEN"),
        (
            "deploy_driver/adapters/stranger.py",
            "import deploy_infra.names",
            "The driver and the program never import each other BROKEN",
        ),
        (
            "deploy_infra/service/stranger.py",
            "import deploy_driver.values",
            "The driver and the program never import each other BROKEN",
        ),
        (
            "deploy_driver/cli/box.py",
            "import deploy_sandbox.accounts",
            "Only deploy_driver.app.session knows the sandbox BROKEN",
        ),
        (
            "deploy_toolchain/box.py",
            "import deploy_sandbox.plugin.launcher",
            "Only deploy_driver.app.session knows the sandbox BROKEN",
        ),
        (
            "deploy_project/stranger.py",
            "import deploy_infra.names",
            "What the driver and the program share is pure, and knows neither of them BROKEN",
        ),
        ("deploy_infra/policies/impure.py", "import pulumi_aws", "Names and policies are pure BROKEN"),
    ],
)
def test_a_wall_that_is_broken_through_is_named(house: Path, module: str, text: str, broken: str) -> None:
    breach = house / module
    breach.write_text(f'"""A breach."""\n{text}\n')
    try:
        code, said = lint(house)
    finally:
        breach.unlink()
    assert code == 1
    assert broken in said
