"""Pages of docs/how-to, typed as they stand: every command runs, prints what is shown, exits as is said, and has done its work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from deploy_sandbox import lifecycle
from tests.e2e import pages
from tests.e2e.project import SANDBOX, Project, copy_project
from tests.e2e.test_rollback import committed, nothing_is_left, second, what


def well(project: Project, *arguments: str) -> None:
    done = project.deploy(*arguments)
    assert done.code == 0, done


def test_one_more_account(project: Project) -> None:
    well(project, "up", "--stacks", "dev")
    (external_id,) = [line for line in text(project, "Pulumi.dev.yaml") if "deploy:externalId" in line]
    told = [command.typed for command in pages.typed(pages.read("one-more-account.md"), project)]
    assert len(told) == 8
    assert external_id not in text(project, "Pulumi.qa.yaml")
    sandbox = lifecycle.status(project.root / SANDBOX)
    assert sandbox
    qa = replace(project, sandbox=sandbox)
    assert qa.functions("qa") == ["items-qa"]
    assert "items-qa-555555555555" in qa.buckets("qa")
    assert {"items-qa-deployment", "items-qa-preview"} <= set(qa.roles("qa"))


def test_removal(project: Project) -> None:
    well(project, "up", "--all", "--yes")
    for command in pages.typed(pages.read("remove.md"), project):
        if command.typed == "deploy destroy --stacks prod --yes":
            assert project.functions("prod") == []
            assert "items-prod-deployment" in project.roles("prod")
        if "--confirm prod-access" in command.typed:
            assert project.roles("prod") == ["OrganizationAccountAccessRole"]
            assert project.functions("staging") == ["items-staging"]
    for env in ("dev", "staging"):
        assert project.roles(env) == ["OrganizationAccountAccessRole"]
        assert project.functions(env) == []
    assert project.roles("tools") == ["Administrator"]
    assert {"deploy-state-111111111111", "deploy-state-111111111111-access"} <= set(project.buckets("tools"))


SECRET = """
pulumi.export("key", pulumi.Config().require_secret("apiKey"))
pulumi.export("level", pulumi.Config().get("logLevel"))
pulumi.export("note", pulumi.Config().get("note"))
"""


def test_settings_and_secrets(project: Project) -> None:
    (project.root / "note.txt").write_text("yes\n", "utf-8")
    (project.root / "key.txt").write_text("s3cr3t-of-the-api\n", "utf-8")
    well(project, "up", "--stacks", "dev")
    before = text(project, "Pulumi.dev.yaml")
    main = project.root / "infra" / "__main__.py"
    own = main.read_text("utf-8")
    for command in pages.typed(pages.read("secrets-and-settings.md"), project):
        if "--secret" in command.typed:
            main.write_text(own + SECRET, "utf-8")
    after = text(project, "Pulumi.dev.yaml")
    assert {"  items:memory: 256", '  items:note: "yes"'} <= set(after)
    assert [line for line in before if line not in after] == ["  items:memory: 128"]
    outputs = project.deploy("outputs", "--stacks", "dev", "--output", "json").json["dev"]
    assert (outputs["level"], outputs["note"], outputs["key"]) == ("debug", "for the test on Monday", "[secret]")
    shown = project.deploy("exec", "--stack", "dev", "--", "pulumi", "config", "get", "apiKey")
    assert shown.out.strip() == "s3cr3t-of-the-api"


def text(project: Project, file: str) -> list[str]:
    return (project.root / file).read_text("utf-8").splitlines()


def test_one_more_region(project: Project) -> None:
    told = list(pages.typed(pages.read("one-more-region.md"), project))
    assert len(told) == 6
    assert project.functions("dev") == ["items-dev"]
    assert not [name for name in project.roles("dev") if name.startswith("items-dev-eu")]
    assert not [name for name in project.buckets("dev") if name.startswith("items-dev-eu")]


def test_a_second_service_beside_the_first(project: Project, tmp_path: Path) -> None:
    well(project, "up", "--stacks", "dev")
    home = {"DEPLOY_SANDBOX_HOME": str(project.sandbox.home)}
    orders = replace(project, root=copy_project(tmp_path / "orders"), environment={**project.environment, **home})
    told = list(pages.typed(pages.read("several-services.md"), orders))
    assert len(told) == 4
    assert sorted(project.functions("dev")) == ["items-dev", "orders-dev-items"]
    well(project, "drift", "--stacks", "dev", "--exit-code")


def test_going_back(project: Project) -> None:
    story = committed(project)
    first = project.deploy("up", "--stacks", "dev,prod", "--yes", "--output", "json")
    assert first.code == 0, first
    then, prod = what(project), code_of(project, "prod")
    second(project, story)
    well(project, "up", "--stacks", "prod", "--yes")
    assert code_of(project, "prod") != prod
    page = pages.read("roll-back.md").replace("20261123-0102-3f9a7c", first.json["run"])
    told = [command.typed for command in pages.typed(page, project)]
    assert len(told) == 5
    assert (what(project), code_of(project, "prod")) == (then, prod)
    nothing_is_left(project)


def code_of(project: Project, env: str) -> str:
    """The digest of the code that callers get."""
    live = {"FunctionName": f"items-{env}", "Qualifier": "live"}
    return str(project.client(env, "lambda").get_function_configuration(**live)["CodeSha256"])


def test_a_service_under_another_name(project: Project) -> None:
    well(project, "up", "--stacks", "dev")
    for command in pages.typed(pages.read("rename-a-service.md"), project):
        if "--confirm" in command.typed:
            assert project.roles("dev") == ["OrganizationAccountAccessRole"]
    assert project.functions("dev") == ["stock-dev-items"]
    assert "stock-dev-deployment" in project.roles("dev")
