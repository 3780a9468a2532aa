"""A pull request from its first push to its second: what it concerns is previewed, and there is one comment."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.contract.hosts.conftest import on_github, on_gitlab
from tests.contract.hosts.server import GitHubServer, GitLabServer, Server, listening
from tests.e2e.project import Project
from tests.repository import Repository


@pytest.fixture
def repository(project: Project) -> Repository:
    """The project under git, on a branch of its own."""
    made = Repository(project.root).init()
    made.write(".gitignore", ".deploy/\n__pycache__/\n*.md\n")
    made.commit()
    made.git("checkout", "--quiet", "-b", "topic")
    return made


def preview(project: Project, *more: str) -> Mapping[str, object]:
    done = project.deploy("preview", "--affected", "--base", "main", "--output", "json", *more)
    assert done.code == 0, done
    result: Mapping[str, object] = done.json
    return result


def events(project: Project, run: object) -> list[Mapping[str, object]]:
    path = project.root / ".deploy" / "runs" / str(run) / "events.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_only_what_a_change_concerns_is_previewed_and_the_reasons_are_on_record(
    project: Project, repository: Repository
) -> None:
    project.setting("dev", "items:memory", "256")
    repository.commit()
    done = project.deploy("preview", "--affected", "--base", "main", "--output", "json")
    assert done.code == 0, done
    assert [stack["stack"] for stack in done.json["stacks"]] == ["dev"]
    affected = {one["stack"]: (one["selected"], one["reasons"]) for one in done.json["selection"]["affected"]}
    assert affected == {
        "tools": (False, ["an account's file, which the tools stack reads: Pulumi.dev.yaml"]),
        "dev-access": (False, ["its stack file: Pulumi.dev.yaml"]),
        "dev": (True, ["its stack file: Pulumi.dev.yaml"]),
    }
    assert "dev       affected since main: its stack file: Pulumi.dev.yaml" in done.err
    assert "an administrator's" in done.err
    kinds = {(event["kind"], event.get("stack")) for event in events(project, done.json["run"])}
    assert {("stack-selected", "dev"), ("stack-left-out", "dev-access"), ("stack-left-out", "tools")} <= kinds
    assert project.functions("dev") == []


def test_an_administrator_previews_the_access_layers_that_a_change_concerns(
    project: Project, repository: Repository
) -> None:
    project.setting("dev", "deploy:sessionDuration", "7200")
    result = preview(project, "--access")
    stacks = result["stacks"]
    assert isinstance(stacks, list)
    assert {stack["stack"]: stack["changes"]["update"] > 0 for stack in stacks} == {"tools": False, "dev-access": True}
    assert repository.git("status", "--porcelain") == " M Pulumi.dev.yaml"


def test_a_change_of_documentation_runs_nothing(project: Project, repository: Repository) -> None:
    repository.write("docs/notes.txt")
    repository.commit()
    assert preview(project)["stacks"] == []
    assert not (project.root / ".deploy" / "runs").exists()


@pytest.mark.parametrize(("server", "environment"), [(GitHubServer, on_github), (GitLabServer, on_gitlab)])
def test_two_pushes_are_one_comment(
    project: Project,
    repository: Repository,
    tmp_path: Path,
    server: Callable[[], Server],
    environment: Callable[[Server], dict[str, str]],
) -> None:
    document = tmp_path / "preview.md"
    with listening(server()) as host:
        host.write("somebody", "Looks good to me.")
        for memory, verb in (("256", "posted"), ("512", "edited")):
            project.setting("dev", "items:memory", memory)
            repository.commit()
            previewed = project.deploy(
                "preview", "--affected", "--base", "main", "--output", "markdown", "--file", str(document)
            )
            assert previewed.code == 0, previewed
            commented = project.deploy("comment", str(document), env=environment(host))
            assert commented.code == 0, commented
            assert commented.out.startswith(verb)
        assert [comment.body for comment in host.comments] == ["Looks good to me.", document.read_text("utf-8")]
        assert "512" in host.comments[1].body
        assert "2 access stacks, not previewed here" in host.comments[1].body
