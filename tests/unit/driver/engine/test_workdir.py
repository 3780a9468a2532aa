"""The generated copies of the user's files."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from deploy_driver import remedies
from deploy_driver.adapters.engine.workdir import (
    AUTONAMING,
    WorkDir,
    empty_workspace_of,
    prepare,
    read_project,
    workspace_of,
)
from deploy_driver.errors import NotReadyError, UsageError
from tests.carried import gone, is_helped, printed, said

STACK = """
secretsprovider: awskms://alias/mine?region=eu-central-1
encryptedkey: AAAA
config:
  deploy:account: "222222222222"
  items:token:
    secure: v1:cipher
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__main__.py").touch()
    project = "name: items\nmain: infra\nruntime:\n  name: python\ndescription: mine\n"
    (tmp_path / "Pulumi.yaml").write_text(project, encoding="utf-8")
    (tmp_path / "Pulumi.dev.yaml").write_text(STACK, encoding="utf-8")
    return tmp_path


def prepared(root: Path, facts: dict[str, str] | None = None, stack: str = "dev") -> WorkDir:
    return prepare(read_project(root), root / "work", stack, root / "Pulumi.dev.yaml", facts or {})


def test_the_copy_holds_the_users_settings_and_the_facts_of_the_run(root: Path) -> None:
    workdir = prepared(root, {"deploy:sessionName": "items-dev-1", "deploy:account": "333333333333"})
    copied = YAML(typ="safe").load(workdir.path / "Pulumi.dev.yaml")
    assert copied == {
        "secretsprovider": "awskms://alias/mine?region=eu-central-1",
        "encryptedkey": "AAAA",
        "config": {
            "deploy:account": "333333333333",
            "items:token": {"secure": "v1:cipher"},
            "pulumi:autonaming": {"pattern": AUTONAMING},
            "deploy:sessionName": "items-dev-1",
        },
    }


@pytest.mark.parametrize("secret", ["{secure: v1:x}", "{a: [1, {secure: v1:x}]}", "[{b: {secure: v1:x}}]"])
def test_the_access_layer_sees_neither_the_services_secrets_nor_their_key(root: Path, secret: str) -> None:
    with (root / "Pulumi.dev.yaml").open("a", encoding="utf-8") as file:
        file.write(f"  items:list: {secret}\n  items:plain: {{sure: x, or: not}}\n")
    workdir = prepared(root, {"deploy:sessionName": "x"}, "dev-access")
    copied = YAML(typ="safe").load(workdir.path / "Pulumi.dev-access.yaml")
    kept = {"deploy:account": "222222222222", "items:plain": {"sure": "x", "or": "not"}, "deploy:sessionName": "x"}
    assert copied == {"config": kept}
    assert workdir.secrets_provider == ""
    service = YAML(typ="safe").load(prepared(root).path / "Pulumi.dev.yaml")
    assert {"secretsprovider", "encryptedkey"} <= set(service)
    assert {"items:token", "items:list"} <= set(service["config"])


def test_the_project_keeps_its_name_and_runs_in_the_programs_folder(root: Path) -> None:
    copied = YAML(typ="safe").load(prepared(root).path / "Pulumi.yaml")
    assert copied == {"name": "items", "main": str(root / "infra"), "runtime": "python", "description": "mine"}


def test_what_an_earlier_call_left_is_gone(root: Path) -> None:
    workdir = prepared(root)
    (workdir.path / "Pulumi.dev.yaml").write_text("encryptedkey: old\n", encoding="utf-8")
    (workdir.path / "left").touch()
    prepared(root)
    assert sorted(path.name for path in workdir.path.iterdir()) == ["Pulumi.dev.yaml", "Pulumi.yaml"]
    assert "old" not in (workdir.path / "Pulumi.dev.yaml").read_text(encoding="utf-8")


def test_a_stack_file_may_say_nothing(root: Path) -> None:
    (root / "Pulumi.dev.yaml").write_text("config: {}", encoding="utf-8")
    workdir = prepared(root, {"deploy:sessionName": "x"})
    copied = YAML(typ="safe").load(workdir.path / "Pulumi.dev.yaml")
    assert copied == {"config": {"pulumi:autonaming": {"pattern": AUTONAMING}, "deploy:sessionName": "x"}}


def test_whoever_names_things_otherwise_is_left_to_it(root: Path) -> None:
    with (root / "Pulumi.dev.yaml").open("a", encoding="utf-8") as file:
        file.write("  pulumi:autonaming: {pattern: mine}\n")
    copied = YAML(typ="safe").load(prepared(root).path / "Pulumi.dev.yaml")
    assert copied["config"]["pulumi:autonaming"] == {"pattern": "mine"}


@pytest.mark.parametrize(
    ("head", "provider"),
    [
        ("", "the backend's"),
        ("secretsprovider: awskms://alias/mine\n", "awskms://alias/mine"),
        ("encryptionsalt: v1:x\n", "passphrase"),
    ],
)
def test_a_secrets_provider_in_the_stack_file_is_kept(root: Path, head: str, provider: str) -> None:
    (root / "Pulumi.dev.yaml").write_text(f"{head}config: {{}}\n", encoding="utf-8")
    place = workspace_of(
        prepared(root), {}, state_url="s3://b", secrets_provider="the backend's", home=root / "home", new=True
    )
    assert place.secrets_provider == provider


def test_nothing_is_inherited_and_nothing_of_ours_can_be_overridden(root: Path) -> None:
    given = {"AWS_REGION": "eu-central-1", "PULUMI_HOME": "/elsewhere", "PULUMI_BACKEND_URL": "file:///elsewhere"}
    place = workspace_of(prepared(root), given, state_url="s3://b", secrets_provider="k", home=root / "home", new=False)
    assert place.environment["AWS_REGION"] == "eu-central-1"
    assert place.environment["PULUMI_HOME"] == str(root / "home")
    assert place.environment["PULUMI_BACKEND_URL"] == "s3://b"
    assert "HOME" not in place.environment


def test_an_empty_place_has_a_backend_of_its_own(root: Path) -> None:
    place = empty_workspace_of(prepared(root), {"AWS_REGION": "eu-central-1"}, home=root / "home")
    assert place.environment["PULUMI_BACKEND_URL"].startswith("file://")
    assert place.new


def test_a_folder_that_cannot_be_written_is_made_writable(root: Path) -> None:
    in_the_way = root / "work"
    in_the_way.write_text("a file")
    printed(remedies.MAKE_ROOM_AND_RESUME, said(lambda: prepared(root)))
    in_the_way.unlink()
    gone(remedies.MAKE_ROOM_AND_RESUME, said(lambda: prepared(root)))


@pytest.mark.parametrize(
    ("file", "content", "told"),
    [
        ("Pulumi.yaml", "main: infra\n", "name: missing"),
        ("Pulumi.yaml", "name: items\nmain: nowhere\n", "no program"),
        ("Pulumi.yaml", "name: [\n", "not YAML"),
        ("Pulumi.yaml", "- a list\n", "name: missing"),
        ("Pulumi.dev.yaml", "config: [\n", "not YAML"),
    ],
)
def test_a_broken_file_is_told_by_name(root: Path, file: str, content: str, told: str) -> None:
    (root / file).write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=told) as refused:
        prepared(root)
    assert file in str(refused.value)


def test_a_program_is_found_where_main_names_its_folder(root: Path) -> None:
    def named(folder: str) -> None:
        (root / "Pulumi.yaml").write_text(f"name: items\nmain: {folder}\nruntime: python\n", encoding="utf-8")
        prepared(root)

    is_helped(remedies.NAME_PROGRAM, lambda: named("nosuch"), lambda: named("infra"))
    named("infra")


def test_a_missing_file_is_told_by_name(root: Path) -> None:
    (root / "Pulumi.dev.yaml").unlink()
    with pytest.raises(UsageError, match=r"Pulumi\.dev\.yaml:1:1: no such file"):
        prepared(root)


def test_where_the_runs_folder_cannot_be_written_it_says_so(root: Path) -> None:
    (root / "work").write_text("a file is in its place", encoding="utf-8")
    with pytest.raises(NotReadyError, match="the run's folder cannot be written") as refused:
        prepared(root)
    assert "deploy resume" in refused.value.remedy
    (root / "work").unlink()
    assert prepared(root).path == root / "work"
