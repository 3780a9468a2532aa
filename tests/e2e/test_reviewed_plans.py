"""What was reviewed is what is applied: every single difference is refused by name, and no account is touched."""

from __future__ import annotations

import hashlib
import json
import py_compile
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import cache_from_source
from pathlib import Path
from typing import Any

import pytest

from deploy_sandbox import lifecycle
from deploy_sandbox.accounts import ACCOUNTS
from deploy_toolchain.search import ENGINE_VERSION
from tests.contract.cloud.outsider import at_instance, refusal
from tests.e2e.project import ROOT, SANDBOX, Ended, Project, copy_project, copy_sandbox, own_program
from tests.repository import Repository

ENVS = ("dev", "staging", "prod")
STATE = "deploy-state-111111111111"


def under_git(project: Project) -> Repository:
    """The project with its lock file, committed."""
    shutil.copy(ROOT / "uv.lock", project.root)
    repository = Repository(project.root).init()
    repository.write(".gitignore", ".deploy/\n__pycache__/\n")
    repository.commit()
    return repository


def save(project: Project, folder: str, *more: str) -> Path:
    done = project.deploy("preview", "--save", folder, *(more or ("--all",)))
    assert done.code == 0, done
    return project.root / folder


def accounts(project: Project) -> Mapping[str, Any]:
    """All that a run could have touched, from outside. Beside the state its bucket keeps the record of every run."""
    state = project.client("tools", "s3").list_objects_v2(Bucket=STATE, Prefix=".pulumi/").get("Contents", [])
    return {
        "state": {entry["Key"]: entry["ETag"] for entry in state},
        **{
            env: (project.functions(env), project.buckets(env), project.apis(env), sorted(project.roles(env)))
            for env in ENVS
        },
    }


@dataclass(frozen=True)
class Reviewed:
    """A project with a saved plan of three stacks that nobody has applied. Tests spoil it, and the fixture mends it."""

    project: Project
    repository: Repository
    plan: Path
    late: Path
    environment: dict[str, str] = field(default_factory=dict)


@pytest.fixture(scope="module")
def saved(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reviewed]:
    root = copy_project(tmp_path_factory.mktemp("reviewed") / "project")
    copy_sandbox(template, root)
    project = Project(root, lifecycle.up(root / SANDBOX, powers=True))
    try:
        repository = under_git(project)
        late = save(project, "../late", "--stacks", "dev", "--expires-in", "1s")
        yield Reviewed(project, repository, save(project, "../plan"), late)
    finally:
        lifecycle.down(root / SANDBOX)


@pytest.fixture
def reviewed(saved: Reviewed, tmp_path: Path) -> Iterator[Reviewed]:
    """The same for every test: a copy of the plan, and the files of the commit."""
    commit = saved.repository.git("rev-parse", "HEAD")
    plan = Path(shutil.copytree(saved.plan, tmp_path / "plan"))
    try:
        yield Reviewed(saved.project, saved.repository, plan, saved.late)
    finally:
        saved.repository.git("reset", "--quiet", "--hard", commit)
        saved.repository.git("clean", "--quiet", "--force", "-d")
        saved.project.client("tools", "s3").delete_object(Bucket=STATE, Key=".pulumi/stacks/items/dev.json")


def apply(reviewed: Reviewed, *more: str) -> Ended:
    return reviewed.project.deploy("up", "--plan", str(reviewed.plan), *more, env=reviewed.environment)


def another_commit(reviewed: Reviewed) -> None:
    reviewed.repository.commit("nothing else")


def a_file_that_is_not_committed(reviewed: Reviewed) -> None:
    reviewed.repository.write("notes.txt")


def a_setting(reviewed: Reviewed) -> None:
    reviewed.project.setting("staging", "items:timeout", "11")


def a_shared_setting(reviewed: Reviewed) -> None:
    reviewed.project.setting("tools", "deploy:jenkinsPreviewRole", "somebody")


def a_program_file(reviewed: Reviewed) -> None:
    path = reviewed.project.root / "infra" / "handler" / "app.py"
    path.write_text(path.read_text("utf-8") + "\n# more\n", "utf-8")


def the_lock_file(reviewed: Reviewed) -> None:
    path = reviewed.project.root / "uv.lock"
    path.write_text(path.read_text("utf-8") + "\n", "utf-8")


def another_engine(reviewed: Reviewed) -> None:
    engine = reviewed.plan.parent / "pulumi"
    engine.write_text("#!/bin/sh\necho v3.299.0\n")
    engine.chmod(0o755)
    reviewed.environment["DEPLOY_PULUMI"] = str(engine)


def another_plugin(reviewed: Reviewed) -> None:
    plugin = reviewed.plan.parent / "home" / "plugins" / "resource-aws-v7.51.1" / "pulumi-resource-aws"
    plugin.parent.mkdir(parents=True)
    plugin.write_text("#!/bin/sh\nexit 1\n")
    plugin.chmod(0o755)
    reviewed.environment.update({"PULUMI_HOME": str(plugin.parents[2]), "DEPLOY_PLUGIN": "real"})


def another_account(reviewed: Reviewed) -> None:
    reviewed.project.setting("dev", "deploy:account", '"555555555555"')


def another_order(reviewed: Reviewed) -> None:
    path = reviewed.project.root / "deploy.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace('needs = ["staging"]', "").replace('needs = ["dev"]', 'needs = ["prod"]'), "utf-8")


def the_state(reviewed: Reviewed) -> None:
    s3 = reviewed.project.client("tools", "s3")
    s3.put_object(Bucket=STATE, Key=".pulumi/stacks/items/dev.json", Body=b"{}")


def spoiled(name: str, place: int) -> Callable[[Reviewed], None]:
    """One bit of one file of the plan."""

    def spoil(reviewed: Reviewed) -> None:
        content = bytearray((reviewed.plan / name).read_bytes())
        content[place] ^= 1
        (reviewed.plan / name).write_bytes(bytes(content))

    return spoil


def no_signature(reviewed: Reviewed) -> None:
    (reviewed.plan / "plan.sig").unlink()


def its_time_is_over(reviewed: Reviewed) -> None:
    shutil.rmtree(reviewed.plan)
    shutil.copytree(reviewed.late, reviewed.plan)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (another_commit, ["commit: reviewed "]),
        (a_file_that_is_not_committed, ["work tree: reviewed clean, now notes.txt (?? "]),
        (a_setting, ["staging: settings: reviewed sha256:", "work tree: reviewed clean, now Pulumi.staging.yaml (M "]),
        (a_shared_setting, ["settings of tools: reviewed sha256:"]),
        (a_program_file, ["program: reviewed sha256:"]),
        (the_lock_file, ["lock file: reviewed sha256:"]),
        (another_engine, [f"engine version: reviewed {ENGINE_VERSION}, now 3.299.0"]),
        (another_plugin, ["plugin version: reviewed 7.51.1 (", "now 7.51.1 (installed)"]),
        (another_account, ["dev: account: reviewed 222222222222, now 555555555555"]),
        (another_order, ["stacks: reviewed dev, staging, prod, now dev, prod, staging", "deploy.toml: reviewed "]),
        (the_state, ["dev: state moved: reviewed absent, now sha256:"]),
        (spoiled("plan.json", 0), ["signature: "]),
        (spoiled("plan.json", -1), ["signature: "]),
        (spoiled("plan.json", 4000), ["signature: "]),
        (spoiled("plan.sig", 0), ["signature: "]),
        (spoiled("plan.sig", -1), ["signature: "]),
        (spoiled("plan.md", 300), ["plan.md: reviewed sha256:"]),
        (no_signature, ["signature: "]),
        (its_time_is_over, ["expiry: reviewed until "]),
    ],
)
def test_any_difference_is_refused_by_name_and_nothing_is_touched(
    reviewed: Reviewed, spoil: Callable[[Reviewed], None], says: list[str]
) -> None:
    spoil(reviewed)
    before = accounts(reviewed.project)
    done = apply(reviewed)
    assert done.code == 4, done
    for said in says:
        assert said in done.err
    assert "nothing was touched" in done.err
    assert "Traceback" not in done.err
    assert accounts(reviewed.project) == before


def test_all_differences_are_said_at_once(reviewed: Reviewed) -> None:
    for spoil in (the_lock_file, a_program_file, another_account, another_commit):
        spoil(reviewed)
    done = apply(reviewed)
    assert done.code == 4, done
    for said in ("commit: ", "program: ", "lock file: ", "dev: account: ", "dev: settings: "):
        assert f"\n  {said}" in done.err


def test_a_refusal_is_on_record(reviewed: Reviewed) -> None:
    another_commit(reviewed)
    before = set((reviewed.project.root / ".deploy" / "runs").iterdir())
    assert apply(reviewed).code == 4
    (run,) = set((reviewed.project.root / ".deploy" / "runs").iterdir()) - before
    events = [json.loads(line) for line in (run / "events.jsonl").read_text("utf-8").splitlines()]
    assert [event["check"] for event in events if event["kind"] == "check-failed"] == ["reviewed plan"]
    assert events[-1]["kind"] == "run-finished"
    assert events[-1]["exit_code"] == 4


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--stacks", "dev"), "the plan is of dev, prod, staging, and dev was asked for"),
        (("--refresh",), "--refresh and --plan contradict each other"),
        (("--affected", "--base", "HEAD"), "--affected and --plan contradict each other"),
        (("--config", "note=1"), "--config and --plan contradict each other"),
        (("--on-failure", "continue"), "--on-failure continue and --plan contradict each other"),
        (("--override", "freeze"), "--override freeze needs a reason"),
    ],
)
def test_a_plan_is_applied_as_a_whole(reviewed: Reviewed, arguments: tuple[str, ...], says: str) -> None:
    done = apply(reviewed, *arguments)
    assert done.code == 2, done
    assert says in done.err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--stacks", "dev-access", "--save", "p"), 2, "service layers only"),
        (("--all", "--save", "p", "--refresh"), 2, "--refresh and --save contradict each other"),
        (("--all", "--save", "p", "--expires-in", "soon"), 2, "such as 24h"),
        (("--all", "--expires-in", "24h"), 2, "pass --save DIR"),
    ],
)
def test_what_cannot_be_saved_is_said(reviewed: Reviewed, arguments: tuple[str, ...], code: int, says: str) -> None:
    done = reviewed.project.deploy("preview", *arguments)
    assert done.code == code, done
    assert says in done.err
    assert not (reviewed.project.root / "p").exists()


def test_a_dirty_tree_is_saved_only_when_that_is_asked_for_and_applied_only_as_it_was(reviewed: Reviewed) -> None:
    reviewed.repository.write("notes.txt", "draft")
    refused = reviewed.project.deploy("preview", "--stacks", "dev", "--save", "p")
    assert refused.code == 4, refused
    assert "notes.txt" in refused.err
    assert not (reviewed.project.root / "p").exists()
    plan = save(reviewed.project, "p", "--stacks", "dev", "--allow-dirty")
    assert list(json.loads((plan / "plan.json").read_bytes())["binding"]["changes"]) == ["notes.txt"]
    reviewed.repository.write("notes.txt", "another draft")
    done = reviewed.project.deploy("up", "--plan", "p")
    assert done.code == 4, done
    assert "work tree: reviewed notes.txt (?? sha256:" in done.err


def test_a_preview_that_fails_saves_nothing(reviewed: Reviewed) -> None:
    broken = reviewed.project.root / "infra" / "__main__.py"
    broken.write_text(broken.read_text("utf-8") + "\nraise RuntimeError('broken')\n", "utf-8")
    done = reviewed.project.deploy("preview", "--stacks", "dev", "--save", "p", "--allow-dirty")
    assert done.code == 1, done
    assert "no plan is saved" in done.err
    assert not (reviewed.project.root / "p").exists()


def test_only_jenkins_deploy_role_signs(reviewed: Reviewed) -> None:
    digest = hashlib.sha256((reviewed.plan / "plan.json").read_bytes()).digest()
    how = {
        "KeyId": "alias/deploy-plan",
        "Message": digest,
        "MessageType": "DIGEST",
        "SigningAlgorithm": "ECDSA_SHA_256",
    }
    sandbox = reviewed.project.sandbox
    deploy, preview, administrator = (
        at_instance(sandbox, instance).client("kms")
        for instance in ("jenkins-deploy", "jenkins-preview", "administrator")
    )
    signature = (reviewed.plan / "plan.sig").read_bytes()
    assert deploy.verify(**how, Signature=signature)["SignatureValid"]
    assert deploy.sign(**how)["Signature"]
    assert refusal(lambda: preview.sign(**how))[0] == "AccessDeniedException"
    assert refusal(lambda: administrator.sign(**how))[0] == "AccessDeniedException"
    assert deploy.get_public_key(KeyId="alias/deploy-plan")["PublicKey"]
    assert refusal(lambda: preview.get_public_key(KeyId="alias/deploy-plan"))[0] == "AccessDeniedException"


@pytest.mark.both_plugins
def test_what_was_reviewed_is_applied_to_three_accounts_once(project: Project) -> None:
    source = own_program(project.root) / "names.py"
    under_git(project)
    plan = save(project, "plan")
    for secret in (b"AKIA", b"ASIA", b"items-dev-5f0c0e1b"):
        assert not [path.name for path in plan.iterdir() if secret in path.read_bytes()]
    page = (plan / "plan.md").read_text("utf-8")
    assert all(ACCOUNTS[env] in page for env in ENVS)
    ran = planted_byte_code(source, project.root.parent)
    done = project.deploy("up", "--plan", "plan", "--stacks", "prod,dev,staging", "--output", "json")
    assert done.code == 0, done
    assert not ran.exists()
    for env in ENVS:
        assert project.functions(env) == [f"items-{env}"]
    again = project.deploy("up", "--plan", "plan")
    assert again.code == 4, again
    for env in ENVS:
        assert f"{env}: state moved: reviewed absent, now sha256:" in again.err
    for env in ENVS:
        project.client("tools", "s3").delete_object(Bucket=STATE, Key=f".pulumi/stacks/items/{env}.json")
    old = project.deploy("up", "--plan", "plan")
    assert old.code == 4, old
    assert "1 fact is not as reviewed; nothing was touched" in old.err
    assert (
        f"plan {json.loads((plan / 'plan.json').read_bytes())['id']}: reviewed unused, now used by run {done.json['run']}"
        in old.err
    )

    assert project.deploy("iam", "show", "--stack", "dev-access").code == 0
    assert ran.exists()  # where no plan is reviewed, Python takes it as it does everywhere


def planted_byte_code(source: Path, beside: Path) -> Path:
    """Put byte code beside a source of the program that Python does not hold against it; the file that is there once it ran."""
    ran, planted = beside / "ran", beside / "planted.py"
    planted.write_text(f"{source.read_text('utf-8')}\nopen({str(ran)!r}, 'w').close()\n", "utf-8")
    unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
    py_compile.compile(str(planted), cache_from_source(str(source)), str(source), invalidation_mode=unchecked)
    return ran


def test_what_an_earlier_stack_changes_stops_the_run_where_it_is_another_plan(project: Project) -> None:
    """prod's function says dev's version, which is another one once dev has been deployed."""
    function = project.root / "infra" / "__main__.py"
    description = 'description="Keeps items in a bucket and gives them back",'
    depends = (
        'description=pulumi.StackReference("organization/items/dev").get_output("version")'
        '.apply(lambda version: f"beside dev {version}") if here.stack == "prod" else "not prod",'
    )
    deployed = project.deploy("up", "--stacks", "dev,prod")
    assert deployed.code == 0, deployed
    text = function.read_text("utf-8")
    assert description in text
    function.write_text(text.replace(description, depends), "utf-8")
    under_git(project)
    save(project, "plan", "--stacks", "dev,prod")
    before = project.client("prod", "lambda").get_function(FunctionName="items-prod")["Configuration"]
    done = project.deploy("up", "--plan", "plan", "--output", "json")
    assert done.code == 4, done
    told = {stack["stack"]: (stack["result"], stack["reason"]) for stack in done.json["stacks"]}
    assert told == {"dev": ("succeeded", "changed"), "prod": ("refused", "not as reviewed")}
    assert 'beside dev 1"' in done.json["stacks"][1]["cause"]
    assert 'beside dev 2"' in done.json["stacks"][1]["cause"]
    after = project.client("prod", "lambda").get_function(FunctionName="items-prod")["Configuration"]
    assert after["Description"] == before["Description"]
