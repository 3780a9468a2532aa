"""What can be typed, and what it says when it cannot mean that. No engine, no sandbox: files only."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest

from deploy_driver.cli.exit import leave
from deploy_driver.cli.main import app
from deploy_driver.config.environment import Machine
from deploy_driver.version import VERSION
from deploy_toolchain.search import ENGINE_VERSION, PLUGIN_VERSION
from tests.samples import DEPLOY_TOML, project, target_file

DEPLOY = Path(sys.executable).with_name("deploy")
VERBS = (
    "init",
    "up",
    "preview",
    "approve",
    "comment",
    "destroy",
    "resume",
    "rollback",
    "bootstrap",
    "outputs",
    "list",
    "compare",
    "doctor",
    "audit",
    "history",
    "report",
    "drift",
    "repair",
    "prove",
    "exec",
    "setup",
    "config",
    "iam",
    "sandbox",
    "state",
)
SANDBOX_VERBS = ("up", "status", "reset", "down")


@dataclass(frozen=True)
class Said:
    """What a command wrote and how it ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def deploy(capsys: pytest.CaptureFixture[str]) -> Deploy:
    return Deploy(capsys)


@dataclass(frozen=True)
class Deploy:
    """The command, run in this process as its entry point runs it."""

    capsys: pytest.CaptureFixture[str]

    def __call__(self, *args: str | Path) -> Said:
        machine, typed = Machine.capture(os.environ), [str(arg) for arg in args]
        with pytest.raises(SystemExit) as caught:
            leave(lambda: app(args=typed, prog_name="deploy", standalone_mode=True, obj=machine), sys.exit)
        out, err = self.capsys.readouterr()
        assert "Traceback" not in err
        assert isinstance(caught.value.code, int)
        return Said(int(caught.value.code), out, err)


def summaries(help_text: str) -> Iterable[str]:
    return (line for line in help_text.split("Commands:")[1].splitlines() if line.strip())


@pytest.mark.parametrize("verb", [(), *((verb,) for verb in VERBS), *(("sandbox", verb) for verb in SANDBOX_VERBS)])
def test_every_verb_says_what_it_does(deploy: Deploy, verb: tuple[str, ...]) -> None:
    for flag in ("--help", "-h"):
        said = deploy(*verb, flag)
        assert said.code == 0
        assert said.err == ""
        assert said.out.startswith(f"Usage: {' '.join(('deploy', *verb))} ")


@pytest.mark.parametrize(("verb", "verbs"), [((), VERBS), (("sandbox",), SANDBOX_VERBS)])
def test_every_verb_is_listed_with_a_whole_sentence(
    deploy: Deploy, verb: tuple[str, ...], verbs: tuple[str, ...]
) -> None:
    listed = list(summaries(deploy(*verb, "--help").out))
    assert [line.split()[0] for line in listed] == list(verbs)
    for line in listed:
        assert line.endswith(".")
        assert not line.endswith("...")
        assert len(line.split(maxsplit=1)[1]) <= 55


def test_without_a_verb_the_help_is_shown(deploy: Deploy) -> None:
    said = deploy()
    assert said.code == 2
    assert "Usage: deploy" in said.out + said.err


def test_the_version_is_said_with_those_of_the_tools(deploy: Deploy) -> None:
    said = deploy("--version")
    assert (said.code, said.err) == (0, "")
    assert said.out == f"deploy {VERSION}\npulumi {ENGINE_VERSION}, pulumi-resource-aws {PLUGIN_VERSION}\n"


@pytest.mark.parametrize("code", ["0 done", "1 a stack failed", "3 not ready", "4 refused", "70 bug", "130/143"])
def test_the_help_says_the_exit_codes(deploy: Deploy, code: str) -> None:
    assert code in " ".join(deploy("--help").out.split())


def test_stacks_are_listed_in_the_order_of_their_deployment(deploy: Deploy, tmp_path: Path) -> None:
    said = deploy("list", "--project", project(tmp_path))
    assert (said.code, said.err) == (0, "")
    header, *rows = said.out.splitlines()
    assert header.split() == ["STACK", "LAYER", "ACCOUNT", "REGION", "NEEDS"]
    assert [row.split()[0] for row in rows] == [
        "tools",
        "dev-access",
        "staging-access",
        "prod-access",
        "dev",
        "staging",
        "prod",
    ]


def test_stacks_are_listed_as_json(deploy: Deploy, tmp_path: Path) -> None:
    said = deploy("list", "--project", project(tmp_path), "--output", "json")
    listed = {entry["stack"]: entry for entry in json.loads(said.out)}
    assert listed["staging"] | {"needs": []} == {
        "stack": "staging",
        "layer": "service",
        "account": "333333333333",
        "region": "eu-central-1",
        "file": "Pulumi.staging.yaml",
        "needs": [],
        "guarded": False,
        "open": True,
    }
    assert [name for name, entry in listed.items() if entry["guarded"]] == ["prod"]
    assert "dev" in listed["staging"]["needs"]


FREEZE = '\n[[freeze]]\nfrom = 2026-01-01T00:00:00Z\nuntil = 9998-01-01T00:00:00Z\nwhy = "moving"\nstacks = ["prod"]\n'


def test_a_stack_that_is_closed_now_is_listed_as_such(deploy: Deploy, tmp_path: Path) -> None:
    folder = project(tmp_path, {"deploy.toml": f'time-zone = "UTC"\n{DEPLOY_TOML}{FREEZE}'})
    listed = json.loads(deploy("list", "--project", folder, "--output", "json").out)
    assert {entry["stack"] for entry in listed if not entry["open"]} == {"prod"}
    header, *rows = deploy("list", "--project", folder).out.splitlines()
    assert header.split() == ["STACK", "LAYER", "ACCOUNT", "REGION", "OPEN", "NEEDS"]
    assert [row.split()[0] for row in rows if "from Thu" in row] == ["prod"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("window max-deletes", "--override window and --override max-deletes need a reason"),
        ("", "the sandbox does not run"),
    ],
)
def test_a_build_says_by_its_environment_what_may_not_stop_it(tmp_path: Path, said: str, expected: str) -> None:
    command = [str(DEPLOY), "up", "--stacks", "dev", "--project", str(project(tmp_path))]
    done = subprocess.run(
        command, env={**os.environ, "DEPLOY_OVERRIDE": said}, capture_output=True, text=True, timeout=60, check=False
    )
    assert expected in done.stderr


def test_an_override_without_a_reason_is_refused_with_what_to_add(deploy: Deploy, tmp_path: Path) -> None:
    said = deploy("up", "--stacks", "dev", "--override", "freeze", "--project", project(tmp_path))
    assert said.code == 2
    assert "--override freeze needs a reason" in said.err
    assert "add --reason" in said.err
    unknown = deploy("up", "--stacks", "dev", "--override", "approval", "--reason", "hurry", "--project", tmp_path)
    assert unknown.code == 2
    assert "max-deletes" in unknown.err


def test_a_repair_that_may_delete_what_is_guarded_needs_a_reason_as_an_up_does(deploy: Deploy, tmp_path: Path) -> None:
    asked = ("repair", "--stack", "prod", "--allow-delete", "all", "--yes", "--project", project(tmp_path))
    refused, given = deploy(*asked), deploy(*asked, "--reason", "moved")
    assert (refused.code, "--allow-delete in prod, which deploy.toml guards, needs a reason" in refused.err) == (
        2,
        True,
    )
    assert (given.code, "the sandbox does not run" in given.err) == (3, True), given
    assert deploy(*asked[:3], *asked[5:]).code == 3


def test_waves_are_what_many_agents_may_do_at_the_same_time(deploy: Deploy, tmp_path: Path) -> None:
    folder = project(tmp_path)
    waves = json.loads(deploy("list", "--waves", "--format", "json", "--project", folder).out)
    assert [(wave["wave"], wave["accounts"], [one["stack"] for one in wave["stacks"]]) for wave in waves] == [
        (1, ["222222222222"], ["dev"]),
        (2, ["333333333333"], ["staging"]),
        (3, ["444444444444"], ["prod"]),
    ]
    some = json.loads(deploy("list", "--waves", "--stacks", "prod,dev", "-o", "json", "--project", folder).out)
    assert [[one["stack"] for one in wave["stacks"]] for wave in some] == [["dev"], ["prod"]]
    header, first, *_ = deploy("list", "--waves", "--project", folder).out.splitlines()
    assert header.split()[:2] == ["WAVE", "STACK"]
    assert first.split()[:2] == ["1", "dev"]


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["--names"], "tools\ndev-access\nstaging-access\nprod-access\ndev\nstaging\nprod\n"),
        (["--waves", "--names"], "dev\nstaging\nprod\n"),
        (["--waves", "--names", "--guarded"], "prod\n"),
        (["--waves", "--names", "--stacks", "staging, dev"], "dev\nstaging\n"),
        (["--waves", "--names", "--guarded", "--stacks", "dev"], "\n"),
    ],
)
def test_a_pipeline_takes_names_and_nothing_else(
    deploy: Deploy, tmp_path: Path, arguments: list[str], names: str
) -> None:
    said = deploy("list", "--project", project(tmp_path), *arguments)
    assert (said.code, said.out) == (0, names)


@pytest.mark.parametrize(
    ("stacks", "error"),
    [
        ("prd", "no such stack: prd"),
        ("dev,dev-access", "no service stack: dev-access"),
        (" ,", "no stack is named"),
    ],
)
def test_a_pipeline_is_refused_what_it_could_not_deploy(
    deploy: Deploy, tmp_path: Path, stacks: str, error: str
) -> None:
    said = deploy("list", "--project", project(tmp_path), "--waves", "--names", "--stacks", stacks)
    assert (said.code, said.out) == (2, "")
    assert error in said.err


@pytest.mark.parametrize(
    "args",
    [
        ["frobnicate"],
        ["up", "--frobnicate"],
        ["up", "--stacks"],
        ["list", "--output", "xml"],
        ["list", "extra"],
        ["exec", "--", "true"],
        ["exec", "--stack", "dev"],
        ["sandbox", "frobnicate"],
        ["sandbox", "up", "--port", "many"],
    ],
)
def test_what_cannot_be_typed_is_a_usage_error(deploy: Deploy, args: list[str]) -> None:
    said = deploy(*args)
    assert said.code == 2
    assert said.out == ""
    assert "Error: " in said.err


@pytest.mark.parametrize(
    ("args", "what", "remedy"),
    [
        (["up"], "no stack is named", "pass --stacks dev,staging,prod, or --all"),
        (["up", "--all", "--stacks", "dev"], "--all and --stacks contradict each other", "pass one of them"),
        (["up", "--stacks", "dve"], "dve: did you mean dev?", "`deploy list` shows them"),
        (["up", "--stacks", "dev,moon"], "no such stack: moon\n  what", "there are tools, dev-access"),
        (["up", "--stacks", "dev", "--config", "note"], "--config: got 'note', expected KEY=VALUE", ""),
        (["up", "--stacks", "dev", "--config", "a b=1"], "got the key 'a b'", "such as memory or items:memory"),
        (["up", "--all", "--config", "a=1", "--config", "items:a=2"], "items:a is given twice", "once"),
        (
            ["preview", "--all", "--config", "deploy:region=x"],
            "deploy:region is not the program's own",
            "Pulumi.<env>.yaml",
        ),
        (
            ["preview", "--all", "--config", "pulumi:tags=x"],
            "pulumi:tags is not the program's own",
            "deploy config set",
        ),
        (["preview", "--stacks", "dev,dev-access"], "belong to different layers", "one command each"),
        (["destroy", "--yes", "--stacks", "x"], "no such stack: x", ""),
        (["outputs"], "no stack is named", "--all"),
        (["bootstrap", "--stacks", "dev"], "bootstrap makes access layers only", "name tools, dev-access"),
        (["exec", "--stack", "dve", "--", "true"], "dve: did you mean dev?", ""),
        (["list", "--cloud", "gcp"], "--cloud: got 'gcp', expected aws or sandbox", ""),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error_with_a_way_out(
    deploy: Deploy, tmp_path: Path, args: list[str], what: str, remedy: str
) -> None:
    at = args.index("--") if "--" in args else len(args)
    said = deploy(*args[:at], "--project", project(tmp_path), *args[at:])
    assert said.code == 2
    assert said.out == ""
    assert what in said.err
    assert remedy in said.err


@pytest.mark.parametrize("verb", [["up", "--all"], ["list"], ["doctor"], ["outputs", "--all"], ["sandbox", "status"]])
def test_outside_a_project_every_verb_says_so(deploy: Deploy, tmp_path: Path, verb: list[str]) -> None:
    said = deploy(*verb, "--project", tmp_path)
    assert said.code == 2
    assert said.err.startswith(f"error: {tmp_path}: no deploy.toml here or in any folder above\n")
    assert "--project" in said.err


def test_settings_that_do_not_hold_are_all_said(deploy: Deploy, tmp_path: Path) -> None:
    root = project(tmp_path, {"Pulumi.dev.yaml": target_file("dev", account="1", region="mars")})
    said = deploy("up", "--all", "--project", root)
    assert said.code == 2
    assert "  Pulumi.dev.yaml:2:3: deploy:account: got the number 1, expected 12 digits in quotes" in said.err
    assert "  Pulumi.dev.yaml:3:3: deploy:region: got mars, expected a region of the partition aws" in said.err


def test_stacks_that_need_each_other_are_said_with_their_circle(deploy: Deploy, tmp_path: Path) -> None:
    circle = DEPLOY_TOML.replace("[stacks.dev]\n", '[stacks.dev]\nneeds = ["prod"]\n')
    said = deploy("list", "--project", project(tmp_path, {"deploy.toml": circle}))
    assert said.code == 2
    assert "in a circle: " in said.err
    assert " → " in said.err


@pytest.mark.parametrize("names", ["", ",", " , "])
@pytest.mark.parametrize(
    "verb", ["up", "preview", "destroy --yes", "outputs", "drift", "list", "list --waves", "bootstrap", "prove"]
)
def test_a_name_that_is_empty_is_neither_nothing_nor_everything(
    deploy: Deploy, tmp_path: Path, names: str, verb: str
) -> None:
    """As a variable that is not set leaves it."""
    said = deploy(*verb.split(), "--stacks", names, "--project", project(tmp_path))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(
        "error: no stack is named: the name that is given is empty\n  what to do: there are tools,"
    )
    assert not (tmp_path / ".deploy").exists()


@pytest.mark.parametrize("names", ["dev", ",dev,"])
def test_a_name_among_empty_ones_is_named(deploy: Deploy, tmp_path: Path, names: str) -> None:
    said = deploy("list", "--names", "--stacks", names, "--project", project(tmp_path))
    assert (said.code, said.out) == (0, "dev\n")


@pytest.mark.parametrize("args", [["iam", "show", "--stack", ""], ["exec", "--stack", "", "--", "true"]])
def test_one_stack_without_a_name_is_refused_too(deploy: Deploy, tmp_path: Path, args: list[str]) -> None:
    at = args.index("--") if "--" in args else len(args)
    said = deploy(*args[:at], "--project", project(tmp_path), *args[at:])
    assert (said.code, said.out) == (2, "")
    assert "no stack is named" in said.err


@pytest.mark.parametrize("file", ["missing/preview.md", "."])
def test_a_file_that_cannot_be_written_is_said_before_anything_runs(deploy: Deploy, tmp_path: Path, file: str) -> None:
    root = project(tmp_path)
    said = deploy("preview", "--all", "--project", root, "--output", "markdown", "--file", tmp_path / file)
    assert said.code == 2
    assert "cannot be written there" in said.err
    assert "name a file in a folder that exists" in said.err
    assert not (root / ".deploy").exists()


@pytest.mark.parametrize("what", [["--all"], ["--stacks", "tools", "--confirm", "tools"]])
def test_a_destroy_that_nobody_can_confirm_is_refused_before_anything_is_read(
    deploy: Deploy, tmp_path: Path, what: list[str]
) -> None:
    said = deploy("destroy", *what, "--project", tmp_path)
    assert said.code == 4
    assert "pass --yes to confirm beforehand" in said.err


def test_hostile_names_do_not_reach_the_screen(deploy: Deploy, tmp_path: Path) -> None:
    said = deploy("up", "--stacks", "\x1b[2Jdev\x07", "--project", project(tmp_path))
    assert said.code == 2
    assert "\x1b" not in said.err
    assert "\x07" not in said.err


def run(*args: str, cwd: Path, **environment: str) -> int:
    """The installed command in a process of its own; its exit code."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DEPLOY_", "AWS_"))}
    done = subprocess.run(
        [DEPLOY, *args], cwd=cwd, env=kept | environment, capture_output=True, timeout=60, check=False
    )
    return done.returncode


def test_the_project_is_where_one_stands_or_where_the_environment_says(tmp_path: Path) -> None:
    root = project(tmp_path / "here")
    inside = root / "a" / "b"
    inside.mkdir(parents=True)
    assert run("list", cwd=inside) == 0
    assert run("list", cwd=tmp_path, DEPLOY_PROJECT=str(root)) == 0


PROGRAM = """
def problems(root, stacks):
    place = {"line": 3, "column": 3, "key": "items:memory", "what": "got 1, expected 128 to 10240"}
    return [{"file": f"Pulumi.{stack}.yaml", **place} for stack in stacks if stack in {"staging", "prod"}]

def documents(root, stack):
    return {"trust": {"of": stack}}
"""


def asking(tmp_path: Path, function: str = "problems") -> Path:
    """A project whose program can be asked; its module has a name of its own, since modules stay imported."""
    module = f"program_{uuid.uuid4().hex}"
    asked = f'\n[program]\nsettings-check = "{module}:{function}"\ndocuments = "{module}:documents"\n'
    return project(tmp_path, {"deploy.toml": DEPLOY_TOML + asked, f"{module}.py": PROGRAM})


def test_the_program_is_asked_about_its_settings_before_anything_is_touched(deploy: Deploy, tmp_path: Path) -> None:
    said = deploy("up", "--stacks", "staging,prod", "--project", asking(tmp_path))
    assert said.code == 2
    assert "  Pulumi.staging.yaml:3:3: items:memory: got 1, expected 128 to 10240" in said.err
    assert "  Pulumi.prod.yaml:3:3: items:memory" in said.err
    assert not (tmp_path / ".deploy").exists()


def test_the_program_s_documents_are_shown_beside_the_driver_s_own(deploy: Deploy, tmp_path: Path) -> None:
    said = deploy("bootstrap", "--print", "--project", asking(tmp_path))
    assert said.code == 0, said.err
    shown = json.loads(said.out)
    assert shown["dev-access"] == {"trust": {"of": "dev-access"}}
    assert shown["state"]["bucketPolicy"]["Statement"][0]["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


@pytest.mark.parametrize("entry", ["not_there_at_all:problems", "json:not_there"])
def test_a_function_that_the_program_does_not_have_is_said_with_its_key(
    deploy: Deploy, tmp_path: Path, entry: str
) -> None:
    toml = DEPLOY_TOML + f'\n[program]\nsettings-check = "{entry}"\n'
    said = deploy("up", "--all", "--project", project(tmp_path, {"deploy.toml": toml}))
    assert said.code == 2
    assert f"deploy.toml: program.settings-check: {entry} is not there" in said.err


@pytest.mark.parametrize(
    "args", ["up --all", "preview --all", "outputs --all", "exec --stack dev -- true", "bootstrap --yes"]
)
def test_without_a_sandbox_a_run_is_not_ready_and_leaves_nothing_behind(
    deploy: Deploy, tmp_path: Path, args: str
) -> None:
    verb, *rest = args.split()
    said = deploy(verb, "--project", project(tmp_path), *rest)
    assert said.code == 3
    assert said.out == ""
    assert "what to do: " in said.err
    assert not (tmp_path / ".deploy").exists()


def test_a_sandbox_that_does_not_run_has_no_status(deploy: Deploy, tmp_path: Path) -> None:
    said = deploy("sandbox", "status", "--project", project(tmp_path))
    assert said.code == 3
    assert "deploy sandbox up" in said.err


def test_a_doctor_without_a_sandbox_finds_that_and_says_what_to_do(deploy: Deploy, tmp_path: Path) -> None:
    said = deploy("doctor", "--output", "json", "--project", project(tmp_path))
    assert said.code == 3
    findings = {finding["rule"]: finding for finding in json.loads(said.out)}
    assert findings["settings"]["result"] == "ok"
    assert findings["cloud"]["result"] == "finding"
    assert "deploy sandbox up" in findings["cloud"]["remedy"]
    assert findings["role"]["result"] == findings["trail-stopped"]["result"] == "not looked at"


@pytest.mark.parametrize("output", ["text", "json"])
def test_a_reader_who_left_early_changes_no_exit_code(tmp_path: Path, output: str) -> None:
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = subprocess.run(
            [DEPLOY, "list", "--output", output],
            cwd=project(tmp_path),
            stdout=theirs,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(theirs)
    assert (done.returncode, done.stderr) == (0, "")


def test_help_imports_nothing_that_only_a_run_needs() -> None:
    heavy = (
        "boto3",
        "botocore",
        "pulumi",
        "pydantic",
        "ruamel.yaml",
        "rich",
        "deploy_driver.app.session",
        "deploy_sandbox",
    )
    script = f"import sys, deploy_driver.cli.main; print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.strip() == "[]"
