"""In one run every account gets the same code, which its report shows; other code is refused before the account has it."""

from __future__ import annotations

import re

from tests.e2e.project import Project

PER_STACK = """
from pathlib import Path as _Path

import pulumi as _pulumi

(_Path(__file__).parent / "handler" / "where.py").write_text(f"HERE = {_pulumi.get_stack()!r}", "utf-8")
"""
"""A program that gives every account code of its own under the same name."""

WITH_MORE = """
import json as _json
from pathlib import Path as _Path

from .words.greeting import WORD as _WORD

if _json.loads((_Path(__file__).parent / "words" / "table.json").read_text("utf-8")) != {"word": _WORD}:
    raise RuntimeError(_WORD)
"""
"""Code that cannot be imported without a package below its own and a file that is no code."""


def test_every_account_gets_the_same_code_or_is_refused(project: Project) -> None:
    main = project.root / "infra" / "__main__.py"
    said = main.read_text("utf-8")
    assert "import pulumi\n" in said
    main.write_text(said.replace("import pulumi\n", f"import pulumi\n{PER_STACK}", 1), "utf-8")
    refused = project.deploy("up", "--stacks", "dev,staging", "--output", "json")
    dev, staging = refused.json["stacks"]
    assert (refused.code, dev["result"]) == (4, "succeeded"), refused
    assert (staging["result"], staging["reason"]) == ("refused", "another package"), refused
    assert re.search(r"code of items .*: sha256:\w+ in dev, sha256:\w+ in staging", staging["cause"])
    assert project.client("staging", "lambda").list_functions()["Functions"] == []

    previewed = project.deploy("preview", "--stacks", "dev,staging")
    assert "`up` refuses that" in previewed.err

    main.write_text(said, "utf-8")
    handler = project.root / "infra" / "handler"
    (handler / "words").mkdir()
    (handler / "words" / "greeting.py").write_text('WORD = "grüezi"\n', "utf-8")
    (handler / "words" / "table.json").write_text('{"word": "grüezi"}', "utf-8")
    app = handler / "app.py"
    app.write_text(app.read_text("utf-8").replace("from .items import", f"{WITH_MORE}\nfrom .items import", 1), "utf-8")
    done = project.deploy("up", "--stacks", "dev,staging", "--output", "json")
    assert done.code == 0, done
    assert ", as in dev" in done.err
    codes = {project.client(one, "lambda").list_functions()["Functions"][0]["CodeSha256"] for one in ("dev", "staging")}
    assert len(codes) == 1
    report = project.deploy("report", "latest", "--format", "json").json
    dev, staging = (stack["packages"] for stack in report["stacks"])
    assert dev == staging
    assert dev[0].startswith("items sha256:")
