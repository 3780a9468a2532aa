"""The Jenkinsfile, executed: on every path, which stages run, which commands on which agents, and how the build ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.jenkins.harness import ACCOUNTS, BRANCH, LIMIT, PULL_REQUEST, ROOT, Built, build, needs_harness

pytestmark = [needs_harness, pytest.mark.timeout(LIMIT + 30)]

DEPLOYING = ["Deploy", "Deploy/Plan", "Deploy/dev", "Deploy/staging", "Deploy/prod"]
CHOSEN = '${STACKS:+--stacks "$STACKS"}'
LIST = ("deploy", f"deploy list --waves --names  {CHOSEN}")
GUARDED = ("deploy", f"deploy list --waves --names --guarded {CHOSEN}")
SAVED = '--save "$OUT/plan-$STACK" --expires-in 28h --junit "$OUT/plan-$STACK.xml"'
PLAN = ("deploy", f'deploy preview --stacks "$STACK" {SAVED}')
UP = ("deploy", 'deploy up --stacks "$STACK" --yes --junit "$OUT/$STACK.xml"')
APPLY = ("deploy", 'deploy up --plan "$OUT/plan-$STACK" --yes --junit "$OUT/$STACK.xml"')
ALL_OR = '${STACKS:+--stacks} "${STACKS:---all}"'
WRITTEN = "--output markdown --file $OUT/preview.md --junit $OUT/preview.xml"
PREVIEW = ("deploy-preview", f'deploy preview --affected --base "origin/$CHANGE_TARGET" {WRITTEN}')
COMMENT = ("deploy-comment", "deploy comment $OUT/preview.md")
REPORTED = '--ledger "${DEPLOY_DRIFT_LEDGER:-$HOME/.local/state/deploy/$JOB_NAME/drift.json}" --reports $OUT'
DRIFT = ("deploy-drift", f"deploy drift --all {REPORTED}")
FETCHED = 'git fetch --quiet --no-tags origin "+refs/heads/$CHANGE_TARGET:refs/remotes/origin/$CHANGE_TARGET"'
ON_GITHUB = {**PULL_REQUEST, "GITHUB_REPOSITORY": "us/items"}


def pipeline(
    folder: Path,
    *,
    stacks: tuple[str, ...] = ("dev", "staging", "prod"),
    guarded: tuple[str, ...] = ("prod",),
    sh: Sequence[Mapping[str, Any]] = (),
    **scenario: Any,
) -> Built:
    """The Jenkinsfile where `deploy list` says these stacks."""
    listed = [{"match": "--guarded", "stdout": "\n".join(guarded)}, {"match": "--names", "stdout": "\n".join(stacks)}]
    return build(ROOT / "Jenkinsfile", folder, sh=[*sh, *listed], **scenario)


def deployed(built: Built) -> list[tuple[str, str]]:
    """Which stack was deployed, and how: `up`, or `apply` for a plan that somebody agreed to."""
    named = {UP[1]: "up", APPLY[1]: "apply"}
    scripts = [(step["args"]["script"].removeprefix(".venv/bin/"), step["env"]) for step in built.ran]
    return [(env["STACK"], named[script]) for script, env in scripts if script in named]


def test_a_pull_request_is_previewed_and_commented(tmp_path: Path) -> None:
    built = pipeline(tmp_path, env=ON_GITHUB)
    assert built.result == "SUCCESS"
    assert built.stages == ["Pull request", "Pull request/Preview", "Pull request/Comment"]
    assert built.commands == [PREVIEW, COMMENT]
    assert built.kept() == ["Pull request/Preview"]


def test_the_target_branch_is_fetched_before_anything_is_compared_with_it(tmp_path: Path) -> None:
    built = pipeline(tmp_path, env={**PULL_REQUEST, "CHANGE_TARGET": '"; rm -rf / #'})
    scripts = [step["args"]["script"] for step in built.steps("sh")]
    assert scripts[0].startswith(FETCHED)
    assert not any("rm -rf / " in script for script in scripts)


def test_who_comments_takes_the_document_and_runs_the_target_branch_s_code(tmp_path: Path) -> None:
    built = pipeline(tmp_path, env=ON_GITHUB)
    there = [step for step in built.raw["steps"] if step["node"] == "deploy-comment" and step.get("kind") != "implicit"]
    did = [step["args"].get("script", step["step"]) for step in there]
    assert did == [
        "deleteDir",
        "dir",
        "checkout",
        next(script for script in did if script.startswith(FETCHED)),
        'git checkout --quiet --force --detach "refs/remotes/origin/$CHANGE_TARGET" && make .venv/ready',
        "unstash",
        "target/.venv/bin/deploy comment $OUT/preview.md",
    ]
    assert [step["args"] for step in built.steps("stash")] == [
        {"name": "preview", "includes": ".deploy/out/preview.md"}
    ]
    assert {step["node"] for step in built.raw["steps"] if "make setup" in str(step["args"])} == {"deploy-preview"}


def test_without_a_host_there_is_no_comment(tmp_path: Path) -> None:
    built = pipeline(tmp_path, env=PULL_REQUEST)
    assert built.result == "SUCCESS"
    assert built.commands == [PREVIEW]


def test_a_preview_that_fails_is_commented_all_the_same_and_fails_the_build(tmp_path: Path) -> None:
    built = pipeline(tmp_path, env=ON_GITHUB, sh=[{"match": "deploy preview", "status": 1}])
    assert built.result == "FAILURE"
    assert built.commands == [PREVIEW, COMMENT]
    assert built.kept() == ["Pull request/Preview"]


@pytest.mark.parametrize(
    ("how", "result"),
    [
        ({"sh": [{"match": "deploy preview", "abort": True}]}, "ABORTED"),
        ({"steps": [{"step": "stash", "fail": "No files included in stash"}]}, "FAILURE"),
    ],
)
def test_where_there_is_no_document_nobody_comments(tmp_path: Path, how: dict[str, Any], result: str) -> None:
    built = pipeline(tmp_path, env=ON_GITHUB, **how)
    assert built.result == result
    assert built.commands == [PREVIEW]
    assert built.kept() == ["Pull request/Preview"]


def test_a_fork_s_pull_request_gets_no_agent_and_is_told_why(tmp_path: Path) -> None:
    built = pipeline(tmp_path, env={**ON_GITHUB, "CHANGE_FORK": "someone"})
    assert built.result == "SUCCESS"
    assert built.stages == ["Fork"]
    assert not built.steps("node")
    assert not built.steps("sh")
    assert "fork" in built.steps("echo")[0]["args"]["message"]


def test_main_plans_deploys_asks_and_applies_the_plan(tmp_path: Path) -> None:
    told = "1 to replace\nsha256 of plan.md: 0123"
    built = pipeline(
        tmp_path,
        env={**BRANCH, "BUILD_URL": "https://jenkins.example/job/items/7/", "DEPLOY_APPROVERS": "eve,owners"},
        sh=[{"match": "sha256sum", "stdout": told}],
        input={"action": "approve", "submitter": "eve"},
    )
    assert built.result == "SUCCESS"
    assert built.stages == DEPLOYING
    assert built.commands == [LIST, GUARDED, PLAN, UP, UP, APPLY]
    assert deployed(built) == [("dev", "up"), ("staging", "up"), ("prod", "apply")]
    assert built.kept() == DEPLOYING[1:]
    (question,) = (step["args"] for step in built.steps("input"))
    assert told in question["message"]
    assert "https://jenkins.example/job/items/7/artifact/.deploy/out/plan-prod/plan.md" in question["message"]
    assert question["submitter"] == "eve,owners"
    assert [step["args"]["name"] for step in built.steps("unstash")] == ["plan-prod"]
    applied = next(step for step in built.steps("sh") if "--plan" in step["args"]["script"])
    assert applied["env"]["DEPLOY_APPROVED_BY"] == "eve"


def test_an_approval_never_holds_an_agent_and_does_not_wait_for_ever(tmp_path: Path) -> None:
    built = pipeline(tmp_path)
    question = built.steps("input")[0]
    assert question["node"] is None
    assert "node" not in built.within(question)
    assert "timeout" in built.within(question)
    assert not built.raw.get("hangs")


@pytest.mark.parametrize("answer", [{"action": "abort", "submitter": "eve"}, {"action": "none"}])
def test_without_an_approval_prod_is_not_touched(tmp_path: Path, answer: dict[str, str]) -> None:
    built = pipeline(tmp_path, input=answer)
    assert built.result == "ABORTED"
    assert deployed(built) == [("dev", "up"), ("staging", "up")]
    assert built.kept() == DEPLOYING[1:4]


def test_a_failed_staging_keeps_prod_from_being_asked_for(tmp_path: Path) -> None:
    built = pipeline(tmp_path, sh=[{"match": "deploy up", "times": 1}, {"match": "deploy up", "status": 1}])
    assert built.result == "FAILURE"
    assert built.stages == DEPLOYING[:4]
    assert deployed(built) == [("dev", "up"), ("staging", "up")]
    assert not built.steps("input")
    assert "Deploy/staging" in built.kept()


@pytest.mark.parametrize("status", [2, 3, 4])
def test_without_a_plan_nothing_is_deployed(tmp_path: Path, status: int) -> None:
    built = pipeline(tmp_path, sh=[{"match": "--save", "status": status}])
    assert built.result == "FAILURE"
    assert built.commands == [LIST, GUARDED, PLAN]
    assert built.kept() == ["Deploy/Plan"]


def test_an_aborted_build_keeps_its_record(tmp_path: Path) -> None:
    built = pipeline(tmp_path, sh=[{"match": "deploy up", "abort": True}])
    assert built.result == "ABORTED"
    assert deployed(built) == [("dev", "up")]
    assert "Deploy/dev" in built.kept()


def test_the_timer_looks_for_drift_and_deploys_nothing(tmp_path: Path) -> None:
    built = pipeline(tmp_path, causes=["TimerTrigger"])
    assert built.result == "SUCCESS"
    assert built.stages == ["Drift"]
    assert built.commands == [DRIFT]
    assert built.kept() == ["Drift"]


def test_a_merge_that_the_timer_was_folded_into_is_deployed(tmp_path: Path) -> None:
    built = pipeline(tmp_path, causes=["BranchEventCause", "TimerTrigger"])
    assert built.result == "SUCCESS"
    assert built.stages == DEPLOYING


@pytest.mark.parametrize(
    ("how", "result"),
    [
        ({"steps": [{"step": "junit", "result": "UNSTABLE"}]}, "UNSTABLE"),
        ({"sh": [{"match": "deploy drift", "status": 1}]}, "FAILURE"),
        ({"sh": [{"match": "deploy drift", "status": 3}]}, "FAILURE"),
    ],
    ids=["drift", "could not look", "nowhere to look from"],
)
def test_drift_makes_the_build_unstable_and_blindness_makes_it_fail(
    tmp_path: Path, how: dict[str, Any], result: str
) -> None:
    built = pipeline(tmp_path, causes=["TimerTrigger"], **how)
    assert built.result == result
    assert built.kept() == ["Drift"]
    (page,) = [step for step in built.steps("sh") if step["args"].get("label") == ACCOUNTS]
    assert (page["node"], page["i"] > built.ran[-1]["i"]) == ("deploy-drift", True)
    assert page["args"]["script"].count("deploy report --all --format") == 2


@pytest.mark.parametrize(("status", "result"), [(0, "SUCCESS"), (1, "FAILURE")])
def test_a_page_that_cannot_be_made_is_said_and_the_build_is_what_the_look_says(
    tmp_path: Path, status: int, result: str
) -> None:
    scripts = [{"match": "deploy report --all", "status": 3}, {"match": "deploy drift", "status": status}]
    built = pipeline(tmp_path, causes=["TimerTrigger"], sh=scripts)
    assert (built.result, built.kept()) == (result, ["Drift"])
    (caught,) = built.steps("catchError")
    assert caught["args"]["message"] == "there is no page of all accounts"
    assert "exit code 3" in caught["caught"]
    (stage,) = [stage for stage in built.raw["stages"] if stage["path"] == "Drift"]
    assert stage["status"] == ("UNSTABLE" if status == 0 else "FAILURE")


@pytest.mark.parametrize(
    ("stacks", "guarded", "did"),
    [
        (("dev",), (), [("dev", "up")]),
        (("live",), ("live",), [("live", "apply")]),
        (
            ("qa-1", "eu", "us", "last"),
            ("us", "eu"),
            [("qa-1", "up"), ("eu", "apply"), ("us", "apply"), ("last", "up")],
        ),
    ],
)
def test_the_stages_are_the_project_s_stacks_and_guarded_ones_ask(
    tmp_path: Path, stacks: tuple[str, ...], guarded: tuple[str, ...], did: list[tuple[str, str]]
) -> None:
    built = pipeline(tmp_path, stacks=stacks, guarded=guarded, input={"action": "approve", "submitter": "a$b"})
    assert built.result == "SUCCESS"
    assert built.stages == ["Deploy", "Deploy/Plan", *(f"Deploy/{stack}" for stack in stacks)]
    assert deployed(built) == did
    asked = [step["args"]["message"].split("?")[0] for step in built.steps("input")]
    assert asked == [f"Deploy this plan to {stack}" for stack in stacks if stack in guarded]
    said = {step["env"]["DEPLOY_APPROVED_BY"] for step in built.ran if "--plan" in step["args"]["script"]}
    assert said <= {"a$$b"}  # Jenkins makes $ of $$


def test_what_is_no_stack_fails_the_build_before_anything_is_deployed(tmp_path: Path) -> None:
    built = pipeline(tmp_path, params={"STACKS": "prd"}, sh=[{"match": "deploy list", "status": 2}])
    assert built.result == "FAILURE"
    assert built.commands == [LIST]
    assert built.kept() == ["Deploy/Plan"]


def test_jenkins_hands_a_parameter_on_as_it_is(tmp_path: Path) -> None:
    built = pipeline(tmp_path, causes=["UserIdCause"], params={"STACKS": "dev", "DEPLOY_REASON": "hot $HOME fix"})
    assert not [step for step in built.steps("sh") if {"DEPLOY_REASON", "STACKS"} & step["env"].keys()]


@pytest.mark.parametrize(
    ("operation", "command"),
    [
        ("preview", f"deploy preview {ALL_OR} {WRITTEN}"),
        ("drift", f"deploy drift {ALL_OR} {REPORTED}"),
    ],
)
def test_what_is_typed_never_becomes_part_of_a_command(tmp_path: Path, operation: str, command: str) -> None:
    typed = 'dev"; rm -rf / #'
    built = pipeline(
        tmp_path, causes=["UserIdCause"], params={"OPERATION": operation, "STACKS": typed, "DEPLOY_REASON": "$(id)"}
    )
    assert built.commands == [("deploy-drift", command)]
    assert not [step for step in built.ran if typed in step["env"].values()]  # Jenkins hands a parameter on as it is


def test_another_branch_does_nothing(tmp_path: Path) -> None:
    built = pipeline(tmp_path, env={"BRANCH_NAME": "topic"}, params={"OPERATION": "deploy"})
    assert built.stages == []
    assert not built.steps("node")


def test_two_builds_of_a_branch_never_run_at_once_and_old_ones_go(tmp_path: Path) -> None:
    options = {option[0]: option for option in pipeline(tmp_path).raw["options"]}
    assert {"disableConcurrentBuilds", "buildDiscarder", "timeout"} <= options.keys()


def test_only_main_has_a_timer(tmp_path: Path) -> None:
    assert pipeline(tmp_path).raw["triggers"] == [["cron", "H 3 * * *"]]
    assert pipeline(tmp_path, env=PULL_REQUEST).raw["triggers"] == [["cron", ""]]


def test_every_agent_s_work_is_bounded_and_nothing_needs_a_credentials_plugin(tmp_path: Path) -> None:
    for scenario in ({"env": BRANCH}, {"env": ON_GITHUB}, {"causes": ["TimerTrigger"]}):
        built = pipeline(tmp_path, **scenario)
        assert built.raw["credentials"] == []
        for step in built.steps("sh"):
            assert built.within(step).count("timeout") >= 2, step
