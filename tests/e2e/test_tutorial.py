"""The tutorial, typed as it stands: every command of the page runs, prints what is shown, and exits as is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.hosts.conftest import on_github
from tests.contract.hosts.server import GitHubServer, listening
from tests.e2e.pages import typed
from tests.e2e.project import ROOT, Project
from tests.repository import Repository

PAGE = ROOT / "docs" / "tutorial.md"


def as_the_demo_leaves_it(project: Project) -> Repository:
    """A clone in which `make demo` has run."""
    repository = Repository(project.root).init()
    repository.write(".gitignore", (ROOT / ".gitignore").read_text("utf-8"))
    repository.commit()
    deployed = project.deploy("up", "--all", "--yes")
    assert deployed.code == 0, deployed
    return repository


def versioning(project: Project, env: str) -> str:
    """Whether the bucket of an account keeps versions, as its owner sees it."""
    bucket = next(name for name in project.buckets(env) if name.startswith(f"items-{env}-"))
    return str(project.client(env, "s3").get_bucket_versioning(Bucket=bucket)["Status"])


@pytest.mark.timeout(600)
@pytest.mark.both_plugins
def test_every_command_does_what_the_page_says(project: Project) -> None:
    repository = as_the_demo_leaves_it(project)
    page, told = PAGE.read_text("utf-8"), 0
    with listening(GitHubServer()) as host:
        for command in typed(page, project, {**repository.environment, **on_github(host)}, silent=True):
            told += 1
            if "put_bucket_versioning" in command.typed:
                assert versioning(project, "dev") == "Suspended"
    assert told >= 15

    assert [comment.body for comment in host.comments] == [read(project, "preview.md")]
    assert "<code>prod</code>" in host.comments[0].body
    timeouts = {env: function_timeout(project, env) for env in ("dev", "staging", "prod")}
    assert timeouts == {"dev": 20, "staging": 20, "prod": 20}
    assert versioning(project, "dev") == "Enabled"
    the_pages_show_all_of_it(project)


def read(project: Project, name: str) -> str:
    return (project.root / ".deploy" / name).read_text("utf-8")


def function_timeout(project: Project, env: str) -> int:
    answer = project.client(env, "lambda").get_function_configuration(FunctionName=f"items-{env}")
    return int(answer["Timeout"])


def the_pages_show_all_of_it(project: Project) -> None:
    """The pages of the runs: who approved and why, what was applied, what had drifted, who did it, and that it was put back."""
    recorded = project.deploy("history", "--output", "json").json["runs"]
    runs = {run["operation"]: run["run"] for run in reversed(recorded) if run["exitCode"] == 0}
    file = Path(".deploy") / "page.html"
    pages = {}
    for operation in ("up", "drift --fix"):
        made = project.deploy("report", runs[operation], "--format", "html", "--file", str(file))
        assert made.code == 0, made
        pages[operation] = (project.root / file).read_text("utf-8").replace("<wbr>", "")
    assert all(fact in pages["up"] for fact in ("Maya", "slow items", "444444444444", "timeout"))
    assert all(fact in pages["drift --fix"] for fact in ("OrganizationAccountAccessRole", "Suspended", "Enabled"))
