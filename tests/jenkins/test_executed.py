"""The Jenkinsfile with its commands really run, against a sandbox: what builds leave in the accounts and on their pages."""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from deploy_sandbox.accounts import ACCOUNTS
from tests.contract.hosts.conftest import on_github
from tests.contract.hosts.server import GitHubServer, listening
from tests.e2e.project import DEPLOY, Project
from tests.e2e.project import ROOT as REPOSITORY
from tests.jenkins.harness import BRANCH, LIMIT, PULL_REQUEST, ROOT, Built, build, needs_harness
from tests.repository import Repository
from tests.schemas import problems

pytestmark = [needs_harness, pytest.mark.timeout(LIMIT + 600)]

REASON = 'it\'s "the" $HOME'
IGNORED = ".deploy/\n.venv/\n__pycache__/\ntarget/\n"
INSTALLED = """#!/bin/bash
# `deploy` on an agent. The harness records `stash` and `unstash` and does nothing: this brings back what was stashed.
mkdir -p .deploy/out {stash}
cp -rn {stash}/. .deploy/out
{deploy} "$@"; code=$?
cp -r .deploy/out/plan-prod .deploy/out/preview.md {stash} 2>/dev/null
exit $code
"""
AGENT = """#!/bin/bash
# `deploy` on an agent of its own: in a new clone, which only the accounts know of. What it leaves is to be archived.
workspace=$(mktemp -d {folder}/agent-XXXXXX) && git clone --quiet . "$workspace" && cd "$workspace" && mkdir -p .deploy/out
DEPLOY_SANDBOX_HOME={root}/.deploy/sandbox {deploy} "$@"; code=$?
cp -r .deploy/out/. {root}/.deploy/out
exit $code
"""
MAKEFILE = """setup .venv/ready:
\t@echo {branch} >>{log}
\t@mkdir -p .venv/bin && ln -sf {installed} .venv/bin/deploy
"""


@dataclass(frozen=True)
class Job:
    """A multibranch job on one machine: every agent works in the project's folder. `log` has a line for each `make`."""

    project: Project
    repository: Repository
    folder: Path
    log: Path

    def build(self, *, env: Mapping[str, str] = BRANCH, **scenario: Any) -> Built:
        ledger = {"DEPLOY_DRIFT_LEDGER": str(self.folder / "ledger.json")}
        options = ("--execute", "--cwd", self.project.root)
        return build(ROOT / "Jenkinsfile", self.folder, *options, env={**env, **ledger}, **scenario)

    def propose(self, branch: str) -> None:
        """Commit what was changed to a branch of the origin; what an agent then has is that branch's head and nothing else."""
        makefile = self.project.root / "Makefile"
        makefile.write_text(makefile.read_text("utf-8").replace("echo main", f"echo {branch}"), "utf-8")
        self.repository.git("checkout", "--quiet", "-b", branch)
        self.repository.commit()
        origin = str(self.folder / "origin.git")
        self.repository.git("push", "--quiet", origin, "main", branch)
        self.repository.git("remote", "add", "origin", origin)
        target = Repository(self.project.root / "target").init()  # the harness records `checkout scm`, and does nothing
        target.git("remote", "add", "origin", origin)
        target.git("fetch", "--quiet", "origin", branch)
        target.git("checkout", "--quiet", "--detach", "FETCH_HEAD")


@pytest.fixture
def job(project: Project, tmp_path: Path) -> Job:
    folder = tmp_path / "jenkins"
    folder.mkdir()
    installed, log = folder / "deploy", folder / "log"
    stash = shlex.quote(str(folder / "stash"))
    installed.write_text(INSTALLED.format(stash=stash, deploy=shlex.quote(str(DEPLOY))), "utf-8")
    installed.chmod(0o755)
    shutil.copy(REPOSITORY / "uv.lock", project.root)
    repository = Repository(project.root).init()
    repository.write(".gitignore", IGNORED)
    repository.write("Makefile", MAKEFILE.format(branch="main", log=log, installed=installed))
    repository.commit()
    Repository(folder / "origin.git").init().git("config", "receive.denyCurrentBranch", "ignore")
    return Job(project, repository, folder, log)


@pytest.mark.parametrize("fetched", [True, False], ids=["fetched", "brought by the job's refspec"])
def test_the_name_of_a_target_branch_is_never_a_command(tmp_path: Path, *, fetched: bool) -> None:
    name = f'rel"$(touch${{IFS}}{tmp_path}/pwned);x'
    origin = Repository(tmp_path / "origin").init()
    origin.write("README", "target")
    origin.git("checkout", "--quiet", "-b", name)
    target = origin.commit()
    agent = Repository(tmp_path / "agent").init()
    agent.git("remote", "add", "origin", str(origin.root))
    agent.commit()
    if not fetched:
        agent.git("fetch", "--quiet", "origin", "+refs/heads/*:refs/remotes/origin/*")
        agent.git("remote", "set-url", "origin", str(tmp_path / "nobody may read this"))
    built = build(
        ROOT / "Jenkinsfile",
        tmp_path,
        "--execute",
        "--cwd",
        agent.root,
        env={**PULL_REQUEST, "CHANGE_TARGET": name},
        sh=[{"match": "make setup", "override": True}],
    )
    assert built.stages == ["Pull request", "Pull request/Preview"]
    assert script(built, "git fetch")["status"] == 0
    assert agent.git("rev-parse", f"refs/remotes/origin/{name}") == target
    assert not (tmp_path / "pwned").exists()


def script(built: Built, part: str) -> Mapping[str, Any]:
    """The one command that contains `part`."""
    (found,) = [step for step in built.steps("sh") if part in step["args"]["script"]]
    return found


def run_of(built: Built, stage: str) -> str:
    """The run of a stage, as the folder of its record is called."""
    (record,) = [name for name in archived(built, stage) if name.endswith("/events.jsonl")]
    return Path(record).parent.name


def archived(built: Built, stage: str) -> list[str]:
    """The files that a stage left on the build's page."""
    return [name for step in built.steps("archiveArtifacts") if step["stage"] == stage for name in step["matched"]]


@pytest.mark.sandbox
@pytest.mark.engine
def test_what_main_deploys_the_night_sees_changed_and_a_pull_request_would_change(job: Job) -> None:
    main_deploys_prod_from_the_plan_that_was_approved(job)
    three_agents_leave_one_run(job)
    the_night_finds_what_was_changed_by_hand(job)
    a_pull_request_is_commented(job)


def main_deploys_prod_from_the_plan_that_was_approved(job: Job) -> None:
    built = job.build(
        causes=["UserIdCause"],
        params={"DEPLOY_REASON": REASON},
        input={"action": "approve", "submitter": "eve"},
    )
    assert built.result == "SUCCESS", built.raw
    assert built.stages == ["Deploy", "Deploy/Plan", "Deploy/dev", "Deploy/staging", "Deploy/prod"]
    question = built.steps("input")[0]["args"]["message"].splitlines()
    page = (job.project.root / ".deploy" / "out" / "plan-prod" / "plan.md").read_bytes()
    assert question[2] == "14 to create in 1 of 1 stack"
    assert f"sha256 of plan.md: {hashlib.sha256(page).hexdigest()}" in question
    assert {".deploy/out/plan-prod/plan.json", ".deploy/out/plan-prod.xml"} <= set(archived(built, "Deploy/Plan"))
    for env in ("dev", "staging", "prod"):
        stage = f"Deploy/{env}"
        assert job.project.functions(env) == [f"items-{env}"]
        assert {"events.jsonl", f"{run_of(built, stage)}.html"} <= {Path(name).name for name in archived(built, stage)}
        (console,) = [
            step for step in built.steps("sh") if step["stage"] == stage and " up --" in step["args"]["script"]
        ]
        assert "\x1b" not in console["stdout"] + console["stderr"]
    cases = ET.parse(job.project.root / ".deploy" / "out" / "prod.xml").getroot()  # noqa: S314 -- our own document
    assert {case.get("name") for case in cases.findall("testsuite[@name='prod']/testcase")} >= {"up", "smoke test"}

    shutil.rmtree(job.project.root / ".deploy" / "runs")  # another agent's folder: the record is in the state bucket
    done = job.project.deploy("history", "--output", "json")
    runs = {run["stacks"][0]["stack"]: run for run in done.json["runs"] if run["build"]}
    assert {run["reason"] for run in runs.values()} == {REASON}
    assert {stack: (run["exitCode"], run["approvedBy"]) for stack, run in runs.items()} == {
        "dev": (0, ""),
        "staging": (0, ""),
        "prod": (0, "eve"),
    }
    assert runs["prod"]["identity"].startswith("arn:aws:sts::111111111111:assumed-role/jenkins-deploy/")


def three_agents_leave_one_run(job: Job) -> None:
    agent = job.folder / "agent"
    places = {"folder": job.folder, "root": job.project.root, "deploy": DEPLOY}
    agent.write_text(AGENT.format(**{name: shlex.quote(str(place)) for name, place in places.items()}), "utf-8")
    agent.chmod(0o755)
    call = f"@Library('deploy') _\ndeployWaves(setUp: 'true', deploy: '{agent}')\n"
    built = build(call, job.folder, "--library", ROOT, "--execute", "--cwd", job.project.root)
    assert built.result == "SUCCESS", built.raw
    assert not [each for each in (job.project.root / ".deploy").iterdir() if each.name == "runs"]

    whole, *_ = job.project.deploy("history", "--output", "json").json["runs"]
    assert {stack["stack"] for stack in whole["stacks"]} == {"dev", "staging", "prod"}
    assert (whole["exitCode"], [len(part["stacks"]) for part in whole["parts"]]) == (0, [1, 1, 1])
    run = whole["run"]
    assert f".deploy/out/{run}.html" in archived(built, "")
    report = job.project.deploy("report", run, "--format", "json").json
    assert problems("run-report", report) == []
    assert report["verdict"] == "All went well: nothing had to change."
    audit = job.project.deploy("audit", run, "--output", "json")
    assert audit.code == 0, audit
    assert [part["run"] for part in audit.json["parts"]] == [part["run"] for part in whole["parts"]]
    assert {one["account"] for one in audit.json["accounts"]} == {
        ACCOUNTS[env] for env in ("tools", "dev", "staging", "prod")
    }


def the_night_finds_what_was_changed_by_hand(job: Job) -> None:
    bucket = f"items-dev-{ACCOUNTS['dev']}"
    s3 = job.project.client("dev", "s3")
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    for standing in ("opened", "unchanged"):
        built = job.build(causes=["TimerTrigger"])
        assert built.result == "UNSTABLE", built.raw
        assert built.stages == ["Drift"]
        assert {f".deploy/out/drift.{form}" for form in ("md", "json", "xml", "sarif")} <= set(archived(built, "Drift"))
        assert ".deploy/out/drift-ledger.json" in archived(built, "Drift")
        report = json.loads((job.project.root / ".deploy" / "out" / "drift.json").read_text("utf-8"))
        (resource,) = [found for stack in report["stacks"] for found in stack["drifted"]]
        assert resource["by"]["event"] == "PutBucketVersioning"
        assert [finding["standing"] for finding in resource["findings"]] == [standing]
        assert {f".deploy/out/accounts.{form}" for form in ("html", "json")} <= set(archived(built, "Drift"))
        accounts = json.loads((job.project.root / ".deploy" / "out" / "accounts.json").read_text("utf-8"))["accounts"]
        stacks = {stack["stack"]: stack["is"] for account in accounts for stack in account["stacks"]}
        assert [stacks[env] for env in ("dev", "staging", "prod")] == ["drifted", "deployed", "deployed"]
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Suspended"


def a_pull_request_is_commented(job: Job) -> None:
    job.project.setting("dev", "items:memory", "256")
    job.propose("topic")
    job.log.unlink()
    with listening(GitHubServer()) as host:
        built = job.build(env={**PULL_REQUEST, **on_github(host)})
        assert built.result == "SUCCESS", built.raw
        (comment,) = host.comments
    assert "256" in comment.body
    assert "staging" not in comment.body
    assert [step["matched"] for step in built.steps("stash")] == [[".deploy/out/preview.md"]]
    assert job.log.read_text("utf-8").split() == ["topic", "main"]  # who comments runs nothing of the pull request
    dev = job.project.client("dev", "lambda").get_function_configuration(FunctionName="items-dev")
    assert dev["MemorySize"] != 256
