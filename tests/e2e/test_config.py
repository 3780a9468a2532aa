"""A secret in a stack file: set before anything is deployed, and read by the service alone, through every run and a destroy."""

from __future__ import annotations

import json
import subprocess

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.e2e.planted import STATE
from tests.e2e.project import DEPLOY, Ended, Project

PROVIDER = "awskms://alias/deploy-state?region=eu-central-1"

PROGRAM = """
if pulumi.get_stack() == "dev":
    pulumi.export("token", pulumi.Config().require_secret("token"))
else:
    assert pulumi.Config().get("token") is None
"""


def give_secret(project: Project) -> None:
    """A program that knows one more setting."""
    with (project.root / "infra" / "__main__.py").open("a", encoding="utf-8") as program:
        program.write(PROGRAM)


def config_set(project: Project, value: str, *args: str, key: str = "token") -> Ended:
    done = subprocess.run(
        [str(DEPLOY), "config", "set", key, "--secret", *args],
        cwd=project.root,
        env=project._environment(None),
        input=value,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def token(project: Project) -> str:
    return project.deploy("exec", "--stack", "dev", "--", "pulumi", "stack", "output", "--show-secrets", "token").out


def provider_of(project: Project, bucket: str, stack: str) -> str:
    body = project.client("tools", "s3").get_object(Bucket=bucket, Key=f".pulumi/stacks/items/{stack}.json")["Body"]
    return str(json.loads(body.read())["checkpoint"]["latest"]["secrets_providers"]["state"]["url"])


def test_a_secret_reaches_the_service_and_nobody_else(project: Project) -> None:
    with (project.root / "infra" / "__main__.py").open("a", encoding="utf-8") as program:
        program.write('pulumi.Config().require("greeting")\n')
    missing = project.deploy("preview", "--stacks", "dev")
    [command] = printed(remedies.SET_SETTING, missing.err).commands
    assert project.deploy(*(word.replace("VALUE", "hello") for word in command[1:])).code == 0
    give_secret(project)
    missing = project.deploy("preview", "--stacks", "dev")
    gone(remedies.SET_SETTING, missing.err)
    to_set = printed(remedies.SET_SECRET_SETTING, missing.err)
    file = project.root / "Pulumi.dev.yaml"
    before = file.read_text("utf-8")
    first = config_set(project, "F1rst-Secret\n\n", "--stack", to_set["stack"], key=to_set["key"])
    assert first.code == 0, first
    assert first.out == "Pulumi.dev.yaml: items:token is set\n"
    written = file.read_text("utf-8")
    assert "F1rst" not in written + first.err
    assert [line for line in before.splitlines() if line not in written.splitlines()] == []

    for verb in (("preview",), ("up",), ("preview", "--exit-code")):
        done = project.deploy(*verb, "--stacks", "dev")
        assert done.code == 0, done
        assert "F1rst" not in done.out + done.err
        gone(remedies.SET_SECRET_SETTING, done.err)
    assert token(project) == "F1rst-Secret\n\n"

    assert config_set(project, "S3cond-Secret", "--stack", "dev").code == 0
    assert [
        line.split(":")[0] for line in file.read_text("utf-8").splitlines() if line not in written.splitlines()
    ] == ["    secure"]
    assert project.deploy("up", "--stacks", "dev").code == 0
    assert token(project) == "S3cond-Secret\n"

    access = project.deploy("bootstrap", "--stacks", "dev-access", "--yes")
    assert access.code == 0, access
    assert provider_of(project, STATE, "dev").startswith("awskms://alias/deploy-state?")
    assert provider_of(project, f"{STATE}-access", "dev-access").startswith("awskms://alias/deploy-state-access?")

    assert project.deploy("destroy", "--stacks", "dev", "--yes").code == 0
    assert project.deploy("up", "--stacks", "dev").code == 0
    assert token(project) == "S3cond-Secret\n"


def test_what_the_key_does_not_encrypt_is_not_written(project: Project) -> None:
    file = project.root / "Pulumi.dev.yaml"
    own = file.read_text("utf-8")
    for head, code, said in (
        (
            "secretsprovider: awskms://alias/elsewhere",
            2,
            "Pulumi.dev.yaml:1:1: secretsprovider: got awskms://alias/elsewhere",
        ),
        (
            f"secretsprovider: {PROVIDER}\nencryptedkey: bm90IGEga2V5",
            3,
            f"items:token cannot be encrypted with {PROVIDER}",
        ),
    ):
        strange = f"{head}\n{own}"
        file.write_text(strange, "utf-8")
        done = config_set(project, "F1rst-Secret", "--stack", "dev")
        assert done.code == code, done
        assert said in done.err
        assert "F1rst" not in done.err
        assert file.read_text("utf-8") == strange


def test_what_pulumi_encrypted_before_can_still_be_read(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev").code == 0
    give_secret(project)
    written = project.deploy(
        "exec", "--stack", "dev", "--", "pulumi", "config", "set", "--secret", "items:token", "By-Pulumi"
    )
    assert written.code == 0, written

    other = config_set(project, "By-Deploy", "--stack", "dev", key="other")
    assert other.code == 0, other
    assert project.deploy("up", "--stacks", "dev").code == 0
    assert token(project) == "By-Pulumi\n"


NOTE = """
pulumi.export("note", pulumi.Config().get("note"))
"""


def note(project: Project) -> object:
    return project.deploy("outputs", "--stacks", "dev", "--output", "json").json["dev"].get("note")


def test_a_setting_for_one_run_is_in_no_file_and_gone_after_it(project: Project) -> None:
    with (project.root / "infra" / "__main__.py").open("a", encoding="utf-8") as program:
        program.write(NOTE)
    files = {path: path.read_bytes() for path in project.root.glob("*.*") if path.is_file()}
    plain = project.deploy("up", "--stacks", "dev")
    assert plain.code == 0, plain
    assert note(project) is None

    once = project.deploy("up", "--stacks", "dev", "--config", "note=for once = 1", "--output", "json")
    assert once.code == 0, once
    assert "set for this run only: items:note" in once.err
    assert note(project) == "for once = 1"
    report = project.deploy("report", once.json["run"], "--format", "json").json
    assert report["config"] == ["items:note"]
    assert "items:note (for this run only)" in project.deploy("report", once.json["run"]).out

    assert project.deploy("up", "--stacks", "dev").code == 0
    assert note(project) is None
    assert {path: path.read_bytes() for path in files} == files


def test_a_setting_for_one_run_is_part_of_what_is_reviewed(project: Project) -> None:
    with (project.root / "infra" / "__main__.py").open("a", encoding="utf-8") as program:
        program.write(NOTE)
    saved = project.deploy(
        "preview", "--stacks", "dev", "--config", "note=reviewed", "--save", "../plan", "--allow-dirty"
    )
    assert saved.code == 0, saved
    assert "set for this plan only: items:note" in (project.root.parent / "plan" / "plan.md").read_text("utf-8")
    applied = project.deploy("up", "--plan", "../plan")
    assert applied.code == 0, applied
    assert note(project) == "reviewed"
