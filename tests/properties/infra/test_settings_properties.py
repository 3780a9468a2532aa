"""Whatever somebody writes into a stack file: no traceback, one line a problem, and nothing hostile in an ARN."""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from deploy_infra.documents import documents
from deploy_infra.settings import problems
from deploy_project.keys import TARGET_KEYS, TOOLS_KEYS
from deploy_project.written import shown

ROOT = Path(__file__).resolve().parents[3]
NAMES = st.sampled_from(sorted({key.name for key in (*TOOLS_KEYS, *TARGET_KEYS)})) | st.text(max_size=30)
HOSTILE = st.sampled_from(["*", "a*", "?", "role/x", "..", "a\nb", "a:b", '"', "${aws:username}", "alias/*", "x/../y"])
ROLE_NAMES = st.from_regex(r"[A-Za-z0-9_+=,.@-]{1,64}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=70)
VALUES = st.none() | st.booleans() | st.integers() | TEXTS | HOSTILE | ROLE_NAMES | st.lists(st.integers(), max_size=2)


def _project(folder: str, **changed: Any) -> Path:
    """A copy of the real stack files in which some keys of dev are others."""
    root, yaml = Path(folder), YAML()
    shutil.copy(ROOT / "Pulumi.yaml", root)
    (root / "infra").mkdir()
    shutil.copy(ROOT / "infra" / "__main__.py", root / "infra")
    shutil.copytree(ROOT / "infra" / "handler", root / "infra" / "handler")
    for file in ROOT.glob("Pulumi.*.yaml"):
        content = yaml.load(file.read_text())
        if file.name == "Pulumi.dev.yaml":
            content["config"].update(changed)
        with (root / file.name).open("w", encoding="utf-8") as out:
            yaml.dump(content, out)
    return root


@given(key=NAMES.filter(lambda name: name.isprintable()), value=VALUES)
def test_a_setting_is_right_or_said_to_be_wrong_in_one_line(key: str, value: Any) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for problem in map(str, problems(_project(folder, **{key: value}), ["dev"])):
            assert re.fullmatch(r"Pulumi\.(dev|tools)\.yaml:\d+:\d+: .+: .+", problem), problem
            assert problem.isprintable()


@given(
    key=st.sampled_from(["deploy:deploymentRole", "deploy:previewRole", "deploy:externalId"]),
    value=TEXTS | HOSTILE | ROLE_NAMES,
)
def test_what_is_accepted_adds_no_wildcard_and_no_variable_to_any_document(key: str, value: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = _project(folder, **{key: value})
        if problems(root, ["dev-access"]):
            return
        shown_documents = json.dumps(documents(root, "dev-access")["deployment.trust"])
        jenkins = json.dumps(documents(root, "tools")["deploy.policy"])
        assert "${" not in shown_documents + jenkins
        assert re.findall(r":role/[^\"]*[*?/]", shown_documents) == []
        assert set(re.findall(r":role/([^\"]*)", jenkins)) == {"deploy/deployment/*", "deploy/preview/*"}


@given(st.text())
def test_what_was_found_is_shown_on_one_printable_line(text: str) -> None:
    assert shown(text).isprintable()
    assert len(shown(text)) <= 60
