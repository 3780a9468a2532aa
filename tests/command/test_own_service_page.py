"""What docs/how-to/your-own-service.md shows is a service: its project, its program, its function, and the roles that follow."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.command.bare import bare
from tests.e2e.project import ROOT

PAGE = (ROOT / "docs" / "how-to" / "your-own-service.md").read_text("utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
CALLED = """
import json, os
from types import SimpleNamespace
os.environ |= {"STACK": "dev", "CURRENCY": "EUR", "BUCKET": "b"}
from infra.front.app import answer
arn = "arn:aws:lambda:eu-central-1:222222222222:function:f"
print(answer({"routeKey": "GET /health"}, SimpleNamespace(invoked_function_arn=arn, function_version="7"))["body"])
"""


def block(kind: str, holding: str) -> str:
    """The one block of that kind in which these words are."""
    (found,) = (text for each, text in BLOCKS if each == kind and holding in text)
    return found


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """The project as the page begins it, with the settings and the files that it shows."""
    line = next(line for line in block("console", "deploy init shop").splitlines())
    ended = bare(tmp_path, *line.removeprefix("deploy ").split())
    assert ended.code == 0, ended
    for file in tmp_path.glob("Pulumi.*.yaml"):
        own = re.sub(r"^  shop:.*\n", "", file.read_text("utf-8"), flags=re.MULTILINE)
        file.write_text(own + ("" if "tools" in file.name else "  shop:currency: EUR\n"), "utf-8")
    (tmp_path / "infra" / "__main__.py").write_text(block("python", "Takes orders over HTTP"), "utf-8")
    (tmp_path / "infra" / "front").mkdir()
    (tmp_path / "infra" / "front" / "app.py").write_text(block("python", "def answer"), "utf-8")
    return tmp_path


def test_the_stack_file_that_is_shown_is_the_one_that_is_written(shop: Path) -> None:
    shown = block("yaml", "shop:currency")
    written = (shop / "Pulumi.dev.yaml").read_text("utf-8")
    known = [re.sub(r"shop-dev-[0-9a-f]{8}", "ID", line) for line in written.splitlines()]
    assert [line for line in shown.splitlines() if re.sub(r"shop-dev-[0-9a-f]{8}", "ID", line) not in known] == []


def test_the_program_that_is_shown_has_all_the_rights_it_needs(shop: Path) -> None:
    checked = bare(shop, "iam", "check")
    assert "no findings" in checked.out, checked
    shown = bare(shop, "iam", "show", "--stack", "dev-access").out
    assert "# dev-access: front-execution.policy" in shown


def test_a_queue_and_a_table_are_refused_until_their_services_are_admitted(shop: Path) -> None:
    main = shop / "infra" / "__main__.py"
    main.write_text(f"{main.read_text('utf-8')}\n{block('python', 'jobs = here.queue')}", "utf-8")
    (shop / "infra" / "worker").mkdir()
    (shop / "infra" / "worker" / "app.py").write_text("def work(event, context):\n    pass\n", "utf-8")
    refused = bare(shop, "iam", "check")
    assert refused.code == 2, refused
    assert 'adds "sqs" to `services` under [access] in deploy.toml' in " ".join(refused.err.split())
    toml = shop / "deploy.toml"
    toml.write_text(f"{toml.read_text('utf-8')}\n{block('toml', 'services')}", "utf-8")
    checked = bare(shop, "iam", "check")
    assert "no findings" in checked.out, checked


def test_the_function_that_is_shown_answers_for_its_health(shop: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", CALLED], cwd=shop, capture_output=True, text=True, timeout=60, check=False
    )
    assert json.loads(done.stdout) == {"stack": "dev", "account": "222222222222", "version": "7"}, done.stderr
