"""A new project: what is refused with a reason, what is asked, and that all of it is written or nothing."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from deploy_driver.adapters.new_files import write_new
from deploy_driver.app.init import Interviewer, WrittenProject, init
from deploy_driver.app.program import settings_problems
from deploy_driver.config.load import load
from deploy_driver.config.new_project import AskedProject, NewAccount, NewProject, missing, wrong
from deploy_driver.errors import RefusedError, UsageError
from deploy_driver.render.project import project_files
from tests.fakes.prompt import FakeInterview

ROOT = Path(__file__).parents[3]
REGIONS = ("eu-central-1", "eu-west-1")
ORDERS = AskedProject("orders", "111111111111", ("dev=222222222222", "prod=444444444444"), "eu-central-1")


def interviewer(*said: str, writes: bool = True) -> tuple[Interviewer, FakeInterview, list[str]]:
    person, notices = FakeInterview(answers=[writes], said=list(said)), list[str]()
    return Interviewer(person, notices.append, "eu-west-1"), person, notices


def there(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())


def test_what_is_given_and_right_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "orders"
    written = init(ORDERS, folder)
    assert list(written.files) == sorted(there(folder))
    assert {"Pulumi.dev.yaml", "Pulumi.prod.yaml", "Pulumi.tools.yaml", "infra/__main__.py"} <= set(written.files)
    assert [path.name for path in tmp_path.rglob(".deploy-init-*")] == []
    config = load(folder, {}, ask=settings_problems)
    assert [stack.name for stack in config.stacks] == ["tools", "dev-access", "dev", "prod-access", "prod"]
    assert config.stack("prod").needs == ("prod-access", "dev")
    assert (config.project, config.stack("prod").max_deletes, config.stack("dev").max_deletes) == ("orders", 0, None)
    ids = [config.stack(env).external_id for env in ("dev", "prod")]
    assert re.fullmatch(r"orders-dev-[0-9a-f]{8} orders-prod-[0-9a-f]{8}", " ".join(ids))
    init(ORDERS, tmp_path / "again")
    assert load(tmp_path / "again", {}).stack("dev").external_id != ids[0]


def test_what_it_leaves_to_be_switched_on_holds_as_it_stands_there(tmp_path: Path) -> None:
    init(ORDERS, tmp_path)
    toml = tmp_path / "deploy.toml"
    toml.write_text(re.sub(r"^# (?=[a-z-]+ = |\[)", "", toml.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    with (tmp_path / "Pulumi.tools.yaml").open("a", encoding="utf-8") as tools:
        tools.write("  deploy:approverRole: approvers\n")
    dev, prod = (load(tmp_path, {}).stack(env) for env in ("dev", "prod"))
    assert (dev.approvals, prod.approvals) == (0, 1)
    assert [window.words for window in prod.schedule.windows] == ["Mon-Fri 09:00-16:00"]
    assert [freeze.why for freeze in prod.schedule.freezes] == ["Christmas"]


def test_one_account_is_enough(tmp_path: Path) -> None:
    init(replace(ORDERS, accounts=("live=222222222222",)), tmp_path)
    assert load(tmp_path, {}, ask=settings_problems).stack("live").max_deletes == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"name": "Orders"},
            "NAME: got Orders, expected the service's name: a-z 0-9 and single hyphens, a letter first",
        ),
        ({"name": "orders_x"}, "NAME: got orders_x"),
        ({"name": "../orders"}, "NAME: got ../orders"),
        ({"name": "a\n'; rm -rf /"}, r"NAME: got \"a\\n'; rm -rf /\""),
        ({"name": "deploy"}, "NAME: got deploy, expected another one"),
        ({"name": "sthree"}, "NAME: got sthree, expected another one: S3 keeps buckets"),
        ({"name": "amzn-s3-demo-orders"}, "NAME: got amzn-s3-demo-orders, expected another one"),
        ({"name": "no"}, "NAME: got no, expected another one"),
        ({"name": "o" * 37}, "expected at most 40 characters together with the account's name prod"),
        ({"tools": "1111"}, "--tools: got 1111, expected an AWS account's id, 12 digits"),
        ({"tools": "\u0661" * 12}, "expected an AWS account's id, 12 digits"),
        ({"tools": "222222222222"}, "--account dev: got 222222222222, expected another account than that of --tools"),
        ({"accounts": ("dev=222222222222", "qa=222222222222")}, "expected another account than that of --account dev"),
        ({"accounts": ("dev=222222222222", "dev=333333333333")}, "--account: got dev, expected each name once"),
        ({"accounts": ("dev",)}, "--account dev: got '', expected an AWS account's id"),
        ({"accounts": ("Dev=222222222222",)}, "--account: got Dev, expected NAME=ID with a name of a-z 0-9"),
        ({"accounts": ("../x=222222222222",)}, "--account: got ../x, expected NAME=ID with a name of"),
        ({"accounts": ("$(id)=222222222222",)}, "--account: got $(id), expected NAME=ID with a name of"),
        ({"accounts": ("tools=222222222222",)}, "expected another name: tools and NAME-access are there by themselves"),
        ({"accounts": ("dev-access=222222222222",)}, "expected another name: tools and NAME-access"),
        ({"region": "eu-centrl-1"}, "--region: got eu-centrl-1, expected a region of AWS; did you mean eu-central-1?"),
        ({"region": "mars"}, "expected a region of AWS; there are eu-central-1, eu-west-1"),
    ],
)
def test_what_is_wrong_is_said_with_what_is_expected(changed: dict[str, Any], said: str) -> None:
    assert wrong(ORDERS, REGIONS) == missing(ORDERS) == []
    (line,) = wrong(replace(ORDERS, **changed), REGIONS)
    assert re.search(said if "\\" in said else re.escape(said), line), line


def test_the_longest_names_that_may_be_are_written_and_hold(tmp_path: Path) -> None:
    longest = replace(ORDERS, name="o" * 20, accounts=(f"{'e' * 20}=222222222222",))
    init(longest, tmp_path)
    load(tmp_path, {}, ask=settings_problems)


def test_everything_that_is_wrong_or_missing_is_said_at_once_and_nothing_is_written(tmp_path: Path) -> None:
    folder = tmp_path / "orders"
    with pytest.raises(UsageError) as caught:
        init(AskedProject("Orders", "", ("dev=1", "x y=222222222222"), ""), folder)
    said = [line.split(":")[0] for line in caught.value.detail]
    assert said == ["--tools", "--region", "NAME", "--account dev", "--account"]
    assert "deploy init orders --tools 111111111111 --account dev=222222222222" in caught.value.remedy
    assert not folder.exists()


def test_a_region_of_another_partition_or_of_none_is_refused(tmp_path: Path) -> None:
    for region in ("cn-north-1", "us-gov-west-1", "eu-central-9"):
        with pytest.raises(UsageError, match=f"--region: got {region}"):
            init(replace(ORDERS, region=region), tmp_path)
    assert there(tmp_path) == []
    assert init(replace(ORDERS, region="ap-southeast-4"), tmp_path).project.region == "ap-southeast-4"


def test_who_says_nothing_is_asked_for_everything(tmp_path: Path) -> None:
    answers = ("orders", "111111111111", "dev=222222222222", "prod=444444444444", "", "", "yes")
    talk, person, notices = interviewer(*answers)
    written = init(AskedProject(), tmp_path, talk)
    assert written.project == replace(NewProject.of(ORDERS), region="eu-west-1")
    assert notices == []
    assert person.questions[-2:] == [
        "the region of all accounts, such as eu-central-1 [eu-west-1]",
        f"Write {len(written.files)} files into {tmp_path}?",
    ]


def test_only_what_is_missing_is_asked(tmp_path: Path) -> None:
    talk, person, _ = interviewer("dev=222222222222", "")
    init(replace(ORDERS, accounts=()), tmp_path, talk)
    assert len(person.questions) == 3
    quiet, nobody, _ = interviewer()
    init(ORDERS, tmp_path / "other", quiet)
    assert len(nobody.questions) == 1


def test_the_folder_s_name_is_suggested_where_it_may_be_the_service_s(tmp_path: Path) -> None:
    for name, suggested in (("shop", "shop"), ("My Shop", "")):
        talk, person, _ = interviewer("")
        with pytest.raises((RefusedError, IndexError)):
            init(replace(ORDERS, name="", region=""), tmp_path / name, talk)
        assert person.questions[0].endswith(f" [{suggested}]")


def test_a_wrong_answer_is_explained_and_asked_for_again(tmp_path: Path) -> None:
    talk, person, notices = interviewer("Orders", "", "orders")
    init(replace(ORDERS, name=""), tmp_path / "My Shop", talk)
    assert [line.split(",")[0] for line in notices] == [
        "NAME: got Orders",
        "NAME: expected the service's name: a-z 0-9 and single hyphens",
    ]
    assert len(person.questions) == 4


def test_wrong_options_are_said_before_anybody_is_asked(tmp_path: Path) -> None:
    talk, person, _ = interviewer("orders")
    with pytest.raises(UsageError, match="--tools: got 1"):
        init(replace(ORDERS, name="", tools="1"), tmp_path, talk)
    assert person.questions == []


@pytest.mark.parametrize(("said", "writes"), [((), True), (("orders",), False)])
def test_who_stops_answering_or_says_no_gets_nothing(tmp_path: Path, said: Sequence[str], writes: bool) -> None:
    talk, _, _ = interviewer(*said, writes=writes)
    with pytest.raises(RefusedError, match="nothing was written"):
        init(replace(ORDERS, name=""), tmp_path, talk)
    assert there(tmp_path) == []


def test_nothing_that_is_there_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("mine", "utf-8")
    (tmp_path / "deploy.toml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "infra").write_text("a file", "utf-8")
    before = there(tmp_path)
    with pytest.raises(UsageError) as caught:
        init(ORDERS, tmp_path)
    assert caught.value.detail == ("infra: expected a folder", "README.md: is there", "deploy.toml: is there")
    assert "--directory" in caught.value.remedy
    assert there(tmp_path) == before
    for name in before:
        (tmp_path / name).unlink()
    init(ORDERS, tmp_path)


def test_a_repository_that_holds_nothing_of_the_same_name_gets_the_project(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "tests").mkdir()
    (tmp_path / "LICENSE").write_text("mine", "utf-8")
    init(ORDERS, tmp_path)
    assert (tmp_path / "LICENSE").read_text("utf-8") == "mine"


def test_no_file_is_written_through_a_link_to_another_folder(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    folder = tmp_path / "orders"
    folder.mkdir()
    (folder / "infra").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="infra: expected a folder"):
        init(ORDERS, folder)
    assert there(tmp_path / "elsewhere") == []


def test_a_file_in_the_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "orders").write_text("mine", "utf-8")
    with pytest.raises(UsageError, match="this is no folder"):
        init(ORDERS, tmp_path / "orders")


@pytest.mark.parametrize("name", ["a/b", "z" * 300])
def test_where_one_file_cannot_be_written_none_is(tmp_path: Path, name: str) -> None:
    (tmp_path / "mine").write_text("mine", "utf-8")
    files = {"a/b/c": "1", "first": "2", f"{name}": "3"}
    with pytest.raises(UsageError):
        write_new(tmp_path, files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine"]
    write_new(tmp_path, {"a/b/c": "1", "first": "2"})
    assert there(tmp_path) == ["a/b/c", "first", "mine"]


SIZES = r"(?m)^  items:(memory|timeout|maxItemBytes|logRetentionDays): \d+$"
"""What each account of this repository has another value of; the service's own affair."""

COMMENTING = """\
                        dir('target') {
                            checkout scm
                            fetchTarget()
                            sh 'git checkout --quiet --force --detach "refs/remotes/origin/$CHANGE_TARGET" && make .venv/ready'
                        }
                        unstash 'preview'
                        sh 'target/.venv/bin/"""
"""Before `deploy comment`: whoever comments runs the target branch's code."""

OTHER_WORDS = (
    ("Keys: README.md", "Keys: docs/reference/settings.md"),
    ("may comment. README.md", "may comment. docs/how-to/jenkins.md"),
    # Here `deploy` is made from the sources, there it is installed.
    ("runtime: python\n", (ROOT / "Pulumi.yaml").read_text("utf-8").partition("main: infra\n")[2]),
    ("&& deploy setup'", "&& make setup'"),
    *((f"{before}deploy {verb}", f"{before}.venv/bin/deploy {verb}")
      for before, verb in (("'", "preview"), ("'", "up"), ('"', "list"), ('"', "drift"))),
    *((f"{before}deploy report", f"{before}.venv/bin/deploy report") for before in ("do ", "'", "&& ")),
    ("with the `deploy` that is installed there", "with the project's own `deploy`"),
    ("runs nothing of the pull request", "runs what the target branch says, and nothing of the pull request"),
    ("                        unstash 'preview'\n                        sh '", COMMENTING),
)  # fmt: skip
"""What this repository says in other words than a project whose `deploy` is installed, and why."""

OF_ITS_OWN = {"README.md", "tests/__init__.py", "tests/test_handler.py"}
"""Files of a new project that have nothing here to be compared with."""


def test_this_repository_is_such_a_project() -> None:
    accounts = (("dev", "222222222222"), ("staging", "333333333333"), ("prod", "444444444444"))
    items = NewProject("items", "111111111111", tuple(NewAccount(*each) for each in accounts), "eu-central-1")
    ids = iter(("5f0c0e1b", "b7d21a94", "e86f37c2"))
    used = set()
    for name, text in project_files(items, lambda: next(ids)).items():
        if name in OF_ITS_OWN:
            continue
        here, said = (ROOT / name).read_text("utf-8"), text
        for theirs, ours in OTHER_WORDS:
            used |= {theirs} if theirs in said else set()
            said = said.replace(theirs, ours)
        if name == ".gitignore":
            assert set(text.splitlines()) <= set(here.splitlines())
        else:
            assert re.sub(SIZES, r"  items:\1:", said) == re.sub(SIZES, r"  items:\1:", here), name
    assert used == {theirs for theirs, _ in OTHER_WORDS}


def test_a_written_project_is_said_by_its_files(tmp_path: Path) -> None:
    assert init(ORDERS, tmp_path) == WrittenProject(NewProject.of(ORDERS), tmp_path, tuple(there(tmp_path)))
