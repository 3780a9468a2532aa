"""Which run a stack goes back to, and every run that it cannot go back to."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy_driver.app.as_then import back_to
from deploy_driver.app.rollback import chosen, other_files
from deploy_driver.errors import DeployError, NotReadyError, UsageError
from deploy_driver.record import catalogue as said
from deploy_driver.record.standing import BackTo
from deploy_driver.values import LiveAlias
from tests.unit.driver.test_resuming import FIRST, HERE, SECOND, THIRD, known, run

ONE, TWO = "1" * 40, "2" * 40
ALIAS = "urn:pulumi:dev::items::aws:lambda/alias:Alias::items"


def choose(folder: Path, runs: dict[str, list[said.Event]], wanted: str = "", stack: str = "dev") -> str:
    return chosen(known(folder, runs), HERE, stack, wanted)[0].started.run


def refusal(folder: Path, runs: dict[str, list[said.Event]], wanted: str = "", stack: str = "dev") -> DeployError:
    with pytest.raises(DeployError) as caught:
        choose(folder, runs, wanted, stack)
    assert caught.value.remedy
    return caught.value


TWO_COMMITS = {
    FIRST: run(FIRST, "dev", "staging", code=0, commit=ONE),
    SECOND: run(SECOND, "dev", "staging", code=0, commit=TWO),
}


def test_it_is_the_one_before_with_another_commit(tmp_path: Path) -> None:
    target, now = chosen(known(tmp_path, TWO_COMMITS), HERE, "dev", "")
    assert now
    assert (target.started.run, now.started.run) == (FIRST, SECOND)


def test_what_many_other_projects_deployed_since_is_looked_past(tmp_path: Path) -> None:
    theirs: dict[str, list[said.Event]] = {}
    for number in range(60):
        name = f"20261124-{number:04}-cccccc"
        theirs[name] = run(name, "dev", code=0, commit=TWO)
        theirs[name].insert(1, said.RunDependsOn("project", "orders"))
    assert choose(tmp_path, {**TWO_COMMITS, **theirs}) == FIRST


def test_the_same_commit_again_is_no_other_one(tmp_path: Path) -> None:
    again = {**TWO_COMMITS, THIRD: run(THIRD, "dev", code=0, commit=TWO)}
    assert choose(tmp_path, again) == FIRST


def test_the_same_commit_with_a_setting_of_its_own_is_another_one(tmp_path: Path) -> None:
    told = run(THIRD, "dev", code=0, commit=TWO, config=("items:memory",))
    told.insert(1, said.RunDependsOn("--config", "sha256:1"))
    assert choose(tmp_path, {**TWO_COMMITS, THIRD: told}) == SECOND


def test_a_failed_run_is_gone_back_from_and_not_to(tmp_path: Path) -> None:
    failed = run(SECOND, code=1, commit=TWO)
    failed[1:1] = [said.StateSeen("dev", "sha256:1", before=True), said.StepFinished("dev", "failed", "engine failed")]
    assert choose(tmp_path, {FIRST: TWO_COMMITS[FIRST], SECOND: failed}) == FIRST
    assert "no earlier run of dev" in str(refusal(tmp_path, {SECOND: failed}))


def test_what_nobody_has_deployed_goes_back_to_nothing(tmp_path: Path) -> None:
    error = refusal(tmp_path, TWO_COMMITS, stack="prod")
    assert isinstance(error, UsageError)
    assert "no run has deployed prod" in str(error)


@pytest.mark.parametrize("wanted", [FIRST, FIRST[:14]])
def test_a_run_that_is_named_is_taken(tmp_path: Path, wanted: str) -> None:
    assert choose(tmp_path, TWO_COMMITS, wanted) == FIRST


def test_a_run_that_went_back_stands_for_the_one_that_it_went_back_to(tmp_path: Path) -> None:
    back = run(THIRD, "dev", stacks=("dev",), code=0, operation="rollback", commit=ONE, back_to=FIRST)
    assert choose(tmp_path, {**TWO_COMMITS, THIRD: back}, THIRD) == FIRST
    assert choose(tmp_path, {THIRD: back}, THIRD) == THIRD


@pytest.mark.parametrize(
    ("other", "words"),
    [
        (run(FIRST, code=1, commit=ONE), "was a deploy up and left it not begun"),
        (run(FIRST, "prod", stacks=("prod",), code=0, commit=ONE), "was a deploy up and was not about it"),
        (run(FIRST, "dev", code=0, commit=ONE, operation="destroy"), "was a deploy destroy and left it done"),
    ],
)
def test_a_run_that_did_not_deploy_it_well_is_refused(tmp_path: Path, other: list[said.Event], words: str) -> None:
    error = refusal(tmp_path, {**TWO_COMMITS, FIRST: other}, FIRST)
    assert isinstance(error, UsageError)
    assert words in str(error)


def test_a_run_of_another_project_is_refused(tmp_path: Path) -> None:
    theirs = run(FIRST, "dev", code=0, commit=ONE)
    theirs.insert(1, said.RunDependsOn("project", "orders"))
    error = refusal(tmp_path, {**TWO_COMMITS, FIRST: theirs}, FIRST)
    assert isinstance(error, UsageError)
    assert "is not one of items on sandbox" in str(error)


def test_a_record_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, {**TWO_COMMITS, FIRST: [said.Progress("nothing of a run")]}, FIRST)
    assert isinstance(error, NotReadyError)


def test_what_is_kept_of_the_run_is_what_it_goes_back_to(tmp_path: Path) -> None:
    first = run(FIRST, "dev", code=0, commit=ONE)
    first[1:1] = [
        said.Packaged("dev", ("api sha256:1",)),
        said.Published("dev", ALIAS, "items-dev", "live", "1", "s9UT"),
        said.Packaged("staging", ("api sha256:2",)),
    ]
    target, _ = chosen(known(tmp_path, {**TWO_COMMITS, FIRST: first}), HERE, "dev", FIRST)
    led = LiveAlias(ALIAS, "items-dev", "live", "1", "s9UT")
    assert back_to(target, "dev") == BackTo(FIRST, "dev", ONE, ("api sha256:1",), (led,))


@pytest.mark.parametrize(("commit", "words"), [(f"{ONE}+changes", "not as committed"), ("", "says of no commit")])
def test_what_is_in_no_commit_cannot_be_checked_out(tmp_path: Path, commit: str, words: str) -> None:
    runs = {**TWO_COMMITS, FIRST: run(FIRST, "dev", code=0, commit=commit)}
    target, _ = chosen(known(tmp_path, runs), HERE, "dev", "")
    with pytest.raises(UsageError, match=words) as caught:
        back_to(target, "dev")
    assert "--to RUN" in caught.value.remedy


THEN = {
    ("", "program"): "sha256:1",
    ("", "deploy.toml"): "sha256:2",
    ("dev", "settings"): "sha256:3",
    ("", "lock file"): "sha256:4",
}


def others(then: dict[tuple[str, str], str], **now: str) -> list[tuple[str, bool]]:
    """What is not as it was: `now` is what changed, by name."""
    there = {**THEN, ("", "engine version"): "3.251.0", ("staging", "settings"): "sha256:9"}
    for name, value in now.items():
        there[("dev" if name == "settings" else "", name.replace("_", " "))] = value
    return [(one.name, one.missed) for one in other_files(then, there, "dev")]


def test_the_same_files_are_the_same_whatever_the_tools_are_and_the_other_stacks() -> None:
    assert others({**THEN, ("", "engine version"): "3.250.0", ("staging", "settings"): "sha256:8"}) == []


def test_a_setting_that_is_another_one_is_named() -> None:
    assert others(THEN, settings="sha256:7") == [("settings", False)]
    assert others({**THEN, ("", "--config"): "sha256:7"}) == [("--config", False)]


def test_what_git_ignores_in_the_programs_folder_is_said_and_what_was_not_committed_is_refused() -> None:
    assert others(THEN, program="sha256:7") == [("program", True)]
    assert others({**THEN, ("", "work tree"): "infra/__main__.py M sha256:7"}, program="sha256:7") == [
        ("program", False)
    ]
    assert others({**THEN, ("", "work tree"): "README.md M sha256:7"}) == []


def test_where_nothing_is_on_record_nobody_can_say() -> None:
    assert others({}) == []
