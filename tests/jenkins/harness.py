"""Executes a Jenkinsfile outside of Jenkins, with the harness beside the project, and reads what happened."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.beside import SHARED

ROOT = Path(__file__).resolve().parents[2]
HARNESS = SHARED / "jenkins" / "run.sh"
LIMIT = 300
"""Seconds. The first execution on a machine resolves Groovy with Maven, which takes about a minute; later ones about one second."""

PAGE = "Page of the run"
"""The step that makes a page of what a stage did, whatever became of it, and whatever becomes of the page."""

ACCOUNTS = "All accounts"
"""The step that makes a page of all accounts after a look for drift."""

MISSING = [str(HARNESS)] if not HARNESS.exists() else [tool for tool in ("java", "mvn") if not shutil.which(tool)]

needs_harness = pytest.mark.skipif(
    bool(MISSING), reason=f"the Jenkinsfile is not executed: {' and '.join(MISSING)} is not here"
)

BRANCH = {"BRANCH_NAME": "main"}
PULL_REQUEST = {"BRANCH_NAME": "PR-7", "CHANGE_ID": "7", "CHANGE_TARGET": "main", "CHANGE_BRANCH": "topic"}


@dataclass(frozen=True)
class Built:
    """What a build did. `raw` is all that the harness says."""

    raw: Mapping[str, Any]

    @property
    def result(self) -> str:
        return str(self.raw["result"])

    @property
    def stages(self) -> list[str]:
        """The stages that were entered, in order."""
        return list(self.raw["entered"])

    def steps(self, name: str) -> list[Mapping[str, Any]]:
        """The steps of one kind, in order."""
        return [step for step in self.raw["steps"] if step["step"] == name]

    @property
    def ran(self) -> list[Mapping[str, Any]]:
        """The `sh` steps that do something; what makes a page of it afterwards is not one."""
        return [step for step in self.steps("sh") if step["args"].get("label") not in {PAGE, ACCOUNTS}]

    @property
    def commands(self) -> list[tuple[str, str]]:
        """Every `deploy` command that does something, with the label of the agent that ran it."""
        scripts = [(step["node"], step["args"]["script"]) for step in self.ran]
        ours = [(node, re.search(r"(?:^|/|\|\| )(deploy (?!\|).*)", script)) for node, script in scripts]
        return [(node, found[1]) for node, found in ours if found]

    def within(self, step: Mapping[str, Any]) -> list[str]:
        """The block steps around a step."""
        return [self.raw["steps"][index]["step"] for index in step["within"]]

    def kept(self) -> list[str]:
        """The stages whose results, record and page were archived."""
        pages = {step["stage"] for step in self.steps("sh") if step["args"].get("label") == PAGE}
        archived, tested = ({step["stage"] for step in self.steps(name)} for name in ("archiveArtifacts", "junit"))
        return [stage for stage in self.stages if stage in pages & archived & tested]


def build(jenkinsfile: str | Path, folder: Path, *options: str | Path, **scenario: Any) -> Built:
    """Execute a Jenkinsfile, by path or by text, in a scenario (the harness's README says what may be in one)."""
    if isinstance(jenkinsfile, str):
        text, jenkinsfile = jenkinsfile, folder / "Jenkinsfile"
        jenkinsfile.write_text(text, "utf-8")
    file = folder / "scenario.json"
    file.write_text(json.dumps({"name": "test", "env": BRANCH, **scenario}), "utf-8")
    done = subprocess.run(
        [str(HARNESS), str(jenkinsfile), str(file), *(str(option) for option in options)],
        env={name: value for name, value in os.environ.items() if not name.startswith(("DEPLOY_", "AWS_"))},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    built = Built(json.loads(done.stdout))
    assert not built.raw["unknownSteps"], built.raw["unknownSteps"]
    return built
