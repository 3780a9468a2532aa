"""The stack files: what they may say, and what is said about everything else."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import pytest

from deploy_infra.settings import TargetSettings, ToolsSettings, of_files
from deploy_infra.settings import problems as problems_of
from deploy_project.stackfile import StackFile, read
from tests.unit.infra.facts import ROOT

FILES = sorted(path.name for path in ROOT.glob("Pulumi.*.yaml"))


def problems(root: Path, stack: str) -> list[str]:
    return [str(problem) for problem in problems_of(root, [stack])]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    return tmp_path


def _change(project: Path, env: str, key: str, line: str | None) -> int:
    """Replace the line of `key` by another one, or take it out; returns the line's number."""
    file = project / f"Pulumi.{env}.yaml"
    lines = file.read_text().splitlines()
    (at,) = [number for number, text in enumerate(lines) if text.strip().startswith(f"{key}:")]
    lines[at : at + 1] = [] if line is None else [f"  {line}"]
    file.write_text("\n".join(lines) + "\n")
    return at + 1


@pytest.mark.parametrize("stack", ["tools", "dev", "dev-access", "staging", "staging-access", "prod", "prod-access"])
def test_the_real_files_are_right(stack: str) -> None:
    assert problems(ROOT, stack) == []


def test_settings_of_a_target_know_the_tools_account_and_of_tools_the_targets() -> None:
    dev, tools = of_files(ROOT, "dev"), of_files(ROOT, "tools")
    assert isinstance(dev, TargetSettings)
    assert isinstance(tools, ToolsSettings)
    assert (dev.project, dev.target.account, dev.tools) == ("items", "222222222222", tools.tools)
    assert [target.env for target in tools.targets] == ["dev", "prod", "staging"]
    assert dev.target in tools.targets


def test_every_account_has_its_own_external_id() -> None:
    targets = [of_files(ROOT, env) for env in ("dev", "staging", "prod")]
    assert all(isinstance(settings, TargetSettings) for settings in targets)
    ids = {settings.target.external_id for settings in targets if isinstance(settings, TargetSettings)}
    assert len(ids) == 3


WRONG = [
    ("deploy:sessionDuration", "deploy:sessionDuration: 64000000", "got the number 64000000, expected 900 to 43200 (seconds)"),
    ("deploy:sessionDuration", "deploy:sessionDuration: lots", "got lots, expected 900 to 43200 (seconds)"),
    ("deploy:sessionDuration", "deploy:sessionDuration: true", "got true, expected 900 to 43200 (seconds)"),
    ("deploy:sessionDuration", "deploy:sessionDuration: 900.5", "got the number 900.5, expected 900 to 43200 (seconds)"),
    ("deploy:sessionDuration", "deploy:sessionDuration: [900]", "got a list, expected 900 to 43200 (seconds)"),
    ("deploy:account", "deploy:account: 222222222222", "got the number 222222222222, expected 12 digits in quotes"),
    ("deploy:account", 'deploy:account: "22222222222"', "got 22222222222, expected 12 digits in quotes"),
    ("deploy:account", 'deploy:account: "٢٢٢٢٢٢٢٢٢٢٢٢"', "expected 12 digits in quotes"),
    ("deploy:region", "deploy:region: eu-central-1/../x", "got eu-central-1/../x, expected a region"),
    ("deploy:deploymentRole", "deploy:deploymentRole: role/*", "got role/*, expected a role name"),
    ("deploy:deploymentRole", 'deploy:deploymentRole: "x\\n"', "got 'x\\n', expected a role name"),
    ("deploy:externalId", 'deploy:externalId: "*"', "got *, expected 2 to 1224 of"),
    ("deploy:externalId", "deploy:externalId: {secure: v1:abc}", "got a secret, expected 2 to 1224 of"),
    ("deploy:sessionDuration", "deploy:sessionDuration: 899", "got the number 899, expected 900 to 43200 (seconds)"),
    ("deploy:previewRole", "deploy:previewRole: items-dev-deployment", "expected another role than deploy:deploymentRole"),
    ("deploy:externalId", "deploy:externalId: items-prod-e86f37c2", "expected another than in Pulumi.prod.yaml"),
    ("deploy:account", 'deploy:account: "111111111111"', "got 111111111111, expected another than in Pulumi.tools.yaml"),
    ("deploy:sessionDuration", "deploy:sessoinDuration: 900", "unknown key; did you mean deploy:sessionDuration?"),
    ("pulumi:disable-default-providers", 'pulumi:disable-default-providers: ["gcp"]', "every provider is explicit"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "line", "said"), WRONG)
def test_a_wrong_line_is_said_with_its_file_line_and_what_belongs_there(
    project: Path, key: str, line: str, said: str
) -> None:
    assert problems(project, "dev") == []
    at = _change(project, "dev", key, line)
    (found,) = [problem for problem in problems(project, "dev") if said in problem and problem.startswith("Pulumi.dev")]
    assert found.startswith(f"Pulumi.dev.yaml:{at}:3: ")
    assert "\n" not in found


@pytest.mark.parametrize(
    ("key", "required"),
    [
        ("deploy:account", True),
        ("deploy:deploymentRole", True),
        ("deploy:sessionDuration", False),
        ("deploy:bootstrapRole", False),
    ],
)
def test_a_key_that_is_missing_is_said_unless_it_has_a_default(project: Path, key: str, required: bool) -> None:
    _change(project, "dev", key, None)
    assert [problem.split(" ")[1] for problem in problems(project, "dev")] == ([f"{key}:"] if required else [])


def test_everything_that_is_wrong_is_said_at_once(project: Path) -> None:
    _change(project, "dev", "deploy:region", "deploy:region: nowhere")
    _change(project, "dev", "deploy:sessionDuration", "deploy:sessionDuration: 1")
    _change(project, "tools", "deploy:stateKey", "deploy:stateKey: alias/aws/s3")
    _change(project, "tools", "deploy:stateBucket", "deploy:stateBucket: Bucket")
    keys = [problem.split(": ")[1] for problem in problems(project, "dev")]
    assert keys == ["deploy:region", "deploy:sessionDuration", "deploy:stateBucket", "deploy:stateKey"]


@pytest.mark.parametrize(
    "content", ["", "config:", "config: 7", "- a", "config: {a: [}", "config:\n  a: 1\n  a: 2\n", "\x00"]
)
def test_a_file_that_cannot_be_read_is_a_sentence_and_not_a_traceback(project: Path, content: str) -> None:
    (project / "Pulumi.dev.yaml").write_text(content)
    found = problems(project, "dev")
    assert found
    assert all(problem.startswith("Pulumi.dev.yaml:") for problem in found)


@pytest.mark.parametrize("stack", ["", "../dev", "Dev", "dev_1", "x" * 21, "dev\n", "-access", "a--b"])
def test_a_hostile_stack_name_reads_no_file(project: Path, stack: str) -> None:
    (found,) = problems(project, stack)
    assert found.startswith("Pulumi.yaml:1:1: stack: got ")
    assert problems(project, "dev-access") == []


def test_a_missing_file_is_said(project: Path) -> None:
    (project / "Pulumi.dev.yaml").unlink()
    assert problems(project, "dev")[0].startswith("Pulumi.dev.yaml:1:1: no such file, though")


def test_settings_of_a_wrong_file_are_refused(project: Path) -> None:
    _change(project, "dev", "deploy:region", "deploy:region: nowhere")
    with pytest.raises(ValueError, match=r"Pulumi\.dev\.yaml:\d+:3: deploy:region"):
        of_files(project, "dev")
    assert of_files(project, "prod").stack == "prod"


def test_sixty_accounts_are_checked_in_one_call_that_reads_each_file_once(tmp_path: Path) -> None:
    text = (ROOT / "Pulumi.dev.yaml").read_text()
    envs = [f"env{number}" for number in range(60)]
    for number, env in enumerate(envs):
        own = text.replace("222222222222", f"{number:012}").replace("items-dev-5f0c0e1b", f"id-{env}")
        (tmp_path / f"Pulumi.{env}.yaml").write_text(own)
    shutil.copy(ROOT / "Pulumi.tools.yaml", tmp_path)
    reads: Counter[str] = Counter()

    def counted(path: Path) -> StackFile:
        reads[path.name] += 1
        return read(path)

    stacks = ["tools", *(stack for env in envs for stack in (f"{env}-access", env))]
    assert problems_of(tmp_path, stacks, counted) == []
    assert reads == {path.name: 1 for path in tmp_path.glob("Pulumi.*.yaml")}


def test_what_is_wrong_is_said_in_order_of_lines_whoever_s_key_it_is(project: Path) -> None:
    first = _change(project, "dev", "deploy:region", "deploy:region: nowhere")
    last = _change(project, "dev", "deploy:sessionDuration", "deploy:sessionDuration: 0900")
    assert [said.split(": ")[:2] for said in problems(project, "dev")] == [
        [f"Pulumi.dev.yaml:{first}:3", "deploy:region"],
        [f"Pulumi.dev.yaml:{last}:3", "deploy:sessionDuration"],
    ]


def test_a_number_that_the_engine_reads_otherwise_is_refused(project: Path) -> None:
    _change(project, "dev", "deploy:sessionDuration", "deploy:sessionDuration: 03600")
    (said,) = problems(project, "dev")
    assert "got 03600, expected 900 to 43200 (seconds); not every YAML reads that as the same value" in said


@pytest.mark.parametrize(
    "line", ["items:memory: lots", "orders:anything: [1, {a: b}]", "items:secret: {secure: v1:abc}"]
)
def test_a_program_has_keys_of_its_own(project: Path, line: str) -> None:
    _change(project, "dev", "items:memory", line)
    assert problems(project, "dev") == []
