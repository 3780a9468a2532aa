"""The function as Lambda starts it: from its environment, in a folder of its own, without the rest of the project."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.unit.infra.facts import ROOT
from tests.unit.infra.lambda_events import event

PROGRAM = """
import json, sys
from handler.app import answer
class Context:
    invoked_function_arn = "arn:aws:lambda:eu-central-1:222222222222:function:items-dev:live"
    function_version = "7"
    aws_request_id = "r-1"
print(json.dumps(answer(json.load(sys.stdin), Context())))
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "infra" / "handler", tmp_path / "handler", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _answer(archive: Path, request: dict[str, Any], **environment: str) -> tuple[dict[str, Any], str]:
    given = {"PATH": os.environ["PATH"], "AWS_DEFAULT_REGION": "eu-central-1", **environment}
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        input=json.dumps(request),
        cwd=archive,
        env=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    reply: dict[str, Any] = json.loads(ran.stdout)
    return reply, ran.stderr


def test_it_answers_from_its_environment(archive: Path) -> None:
    reply, said = _answer(archive, event("GET", "/health"), BUCKET="b", STACK="dev", MAX_ITEM_BYTES="1")
    assert (reply["statusCode"], json.loads(reply["body"])["stack"], said) == (200, "dev", "")


def test_what_goes_wrong_inside_is_logged_and_the_caller_sees_the_requests_id_only(archive: Path) -> None:
    reply, said = _answer(archive, event("GET", "/health"), STACK="dev", MAX_ITEM_BYTES="1")
    assert reply["statusCode"] == 500
    assert json.loads(reply["body"]) == {"error": "internal error", "request": "r-1"}
    assert "KeyError: 'BUCKET'" in said
