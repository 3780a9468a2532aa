"""`deploy iam show` and `deploy iam check` on a copy of the project whose policies somebody edits."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.command.bare import bare
from tests.e2e.project import Ended, copy_project, own_program

ROLES = "infra/program/policies/roles.py"
DEPLOYS = """    return document(
        *_statements(service.wants, service), *_by_hand(service.grants), *(grant.statement for grant in rights)
    )"""


def deploy(project: Path, *arguments: str) -> Ended:
    return bare(project, "iam", *arguments)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = copy_project(tmp_path / "project")
    own_program(root)
    return root


def edit(project: Path, file: str, old: str, new: str) -> None:
    path = project / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_the_project_as_it_is_has_no_findings(project: Path) -> None:
    ended = deploy(project, "check", "--output", "json")
    assert ended.code == 0, ended
    assert ended.json["findings"] == []
    assert {(role["stack"], role["role"]) for role in ended.json["roles"]} >= {
        ("tools", "jenkins-deploy"),
        ("dev-access", "deployment"),
        ("prod-access", "preview"),
    }


@pytest.mark.parametrize(
    ("edited", "rule", "where"),
    [
        (
            (
                ROLES,
                DEPLOYS,
                (
                    '    more = allow("More", ["s3:PutBucketAcl"], ["arn:aws:s3:::items-dev-222222222222"])\n'
                    "    return document(*_statements(service.wants, service), more)"
                ),
            ),
            "iam.surplus",
            "deployment.policy: More",
        ),
        (
            (
                ROLES,
                DEPLOYS,
                (
                    '    less = [want for want in service.wants if want.action != "lambda:CreateAlias"]\n'
                    "    return document(*_statements(less, service))"
                ),
            ),
            "iam.missing",
            "deployment.policy",
        ),
        (
            (
                ROLES,
                "[want.action for want in examples], things,",
                '[want.action for want in examples], [arn.replace("items-dev", "items-*") for arn in things],',
            ),
            "iam.reaches-others",
            "deployment.policy: LambdaFunction",
        ),
    ],
    ids=["an action more", "an action less", "a wider resource"],
)
def test_an_edit_of_the_policies_is_a_named_finding(
    project: Path, edited: tuple[str, str, str], rule: str, where: str
) -> None:
    edit(project, *edited)
    ended = deploy(project, "check", "--stack", "dev-access", "--output", "json")
    assert ended.code == 1, ended
    assert (rule, where) in {(found["rule"], found["where"]) for found in ended.json["findings"]}
    assert all(found["fact"] and found["remedy"] for found in ended.json["findings"])
    assert rule in deploy(project, "check", "--stack", "dev-access").out


def test_documents_are_shown_in_the_same_order_with_their_sizes(project: Path) -> None:
    shown = deploy(project, "show", "--stack", "dev-access", "--output", "json")
    assert shown.code == 0, shown
    names = [document["name"] for document in shown.json["documents"]]
    assert names == sorted(names)
    assert "preview.session" in names
    for document in shown.json["documents"]:
        assert 0 < document["characters"] <= document["quota"]
        assert document["document"]["Version"] == "2012-10-17"
        assert document["warning"] == ""
    text = deploy(project, "show", "--stack", "dev-access").out
    first = text.split("# dev-access: ")[1]
    assert json.loads(first.partition("\n")[2])
    assert re.search(r"deployment\.policy +inline policy", text)


@pytest.mark.parametrize("verb", ["show", "check"])
def test_a_stack_that_there_is_not_is_named(project: Path, verb: str) -> None:
    ended = deploy(project, verb, "--stack", "dev-acces")
    assert ended.code == 2
    assert "dev-access" in ended.err
