"""Which parts of the AWS SDK are imported ahead of the program."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from deploy_driver.adapters.engine.program import named_modules

LOADED = """
import sys
from pathlib import Path
from deploy_driver.adapters.engine.program import Imports
imports = Imports(Path(sys.argv[1]))
imports.wait()
print("Bucket" in vars(sys.modules["pulumi_aws.s3"]), "pulumi_aws.ec2" in sys.modules and "Instance" in vars(sys.modules["pulumi_aws.ec2"]))
"""


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_the_modules_that_the_program_names(tmp_path: Path) -> None:
    write(tmp_path / "__main__.py", "import pulumi_aws as aws\naws.s3.Bucket('b')\naws.Provider('p')\n")
    write(tmp_path / "deep" / "more.py", "from pulumi_aws import iam, lambda_\npulumi_aws.apigatewayv2.Api('a')\n")
    assert named_modules(tmp_path) == {"s3", "iam", "lambda_", "apigatewayv2"}


def test_the_modules_that_an_installed_package_of_the_program_names(tmp_path: Path) -> None:
    write(tmp_path / "__main__.py", "import os, json\nfrom deploy_infra.service import this_stack\nimport boto3\n")
    found = named_modules(tmp_path)
    assert {"s3", "lambda_", "apigatewayv2", "iam"} <= found


def test_what_is_installed_beside_it_is_not_the_program(tmp_path: Path) -> None:
    write(tmp_path / "venv" / "pyvenv.cfg", "")
    write(tmp_path / "venv" / "lib" / "one.py", "aws.ec2.Instance('i')")
    write(tmp_path / ".venv" / "two.py", "aws.rds.Instance('i')")
    assert named_modules(tmp_path) == set()


def test_they_are_whole_before_two_stacks_use_them(tmp_path: Path) -> None:
    write(tmp_path / "__main__.py", "import pulumi_aws as aws\naws.s3.Bucket('b')\n")
    done = subprocess.run(
        [sys.executable, "-c", LOADED, str(tmp_path)], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["True", "False"]
