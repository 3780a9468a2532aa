"""Which parts of the AWS SDK are imported ahead of the program."""

from __future__ import annotations

from pathlib import Path

from driver.adapters.engine.imports import named_modules


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def test_the_modules_that_the_program_names(tmp_path: Path) -> None:
    write(tmp_path / "__main__.py", "import pulumi_aws as aws\naws.s3.Bucket('b')\naws.Provider('p')\n")
    write(tmp_path / "deep" / "more.py", "from pulumi_aws import iam, lambda_\npulumi_aws.apigatewayv2.Api('a')\n")
    assert named_modules(tmp_path) == {"s3", "iam", "lambda_", "apigatewayv2"}


def test_what_is_installed_beside_it_is_not_the_program(tmp_path: Path) -> None:
    write(tmp_path / "venv" / "pyvenv.cfg", "")
    write(tmp_path / "venv" / "lib" / "one.py", "aws.ec2.Instance('i')")
    write(tmp_path / ".venv" / "two.py", "aws.rds.Instance('i')")
    assert named_modules(tmp_path) == set()
