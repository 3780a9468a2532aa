"""Which approvals of a plan count, and what is said of the others; who a stack's settings let approve at all."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from deploy_driver.adapters.approvals import require_session_of
from deploy_driver.adapters.foundation import bucket_policy, service_bucket_policy
from deploy_driver.adapters.git import Git
from deploy_driver.app.approve import shown
from deploy_driver.app.reviewed_plan import approval_rule
from deploy_driver.bundle.approval import Approval, ApprovalRule, same_person, tally
from deploy_driver.config.load import load
from deploy_driver.errors import NotReadyError, UsageError
from tests.repository import Repository
from tests.reviews import BUNDLE, NOW
from tests.samples import DEPLOY_TOML, TOOLS_FILE, project

ONE, TWO = ApprovalRule(1, "approvers"), ApprovalRule(2, "approvers")
AUTHORS = ("Alice", "alice@example.com")


def by(person: str, role: str = "approvers", at: float = NOW) -> Approval:
    return Approval(role, f"AROAROLE:{person}", at)


def counted(rule: ApprovalRule, *approvals: Approval) -> list[str]:
    return [one.person for one in tally(approvals, rule, AUTHORS).counted]


@pytest.mark.parametrize(
    ("rule", "approvals", "expected", "why"),
    [
        (ONE, [by("bob@example.com")], ["bob@example.com"], ""),
        (ONE, [by("alice@example.com")], [], "what is deployed is by"),
        (ONE, [by("ALICE")], [], "what is deployed is by"),
        (replace(ONE, author_may=True), [by("alice")], ["alice"], ""),
        (ONE, [by("bob", role="former")], [], "given as former, and who approves is approvers"),
        (ONE, [by("bob", role="x/approvers")], [], "given as x/approvers"),
        (ONE, [Approval("approvers", "AIDAUSER", NOW)], [], "it names no session"),
        (TWO, [by("bob"), by("carol")], ["bob", "carol"], ""),
        (
            TWO,
            [by("bob"), Approval("approvers", "AROAOTHER:Bob", NOW + 1)],
            ["bob"],
            "Bob (2026-11-23 01:02:01 UTC) counts once",
        ),
    ],
)
def test_other_people_s_approvals_count(
    rule: ApprovalRule, approvals: list[Approval], expected: list[str], why: str
) -> None:
    assert counted(rule, *approvals) == expected
    others = tally(approvals, rule, AUTHORS).others
    assert [why in other for other in others] == [True] * bool(why)


@pytest.mark.parametrize(
    ("session", "author", "same"),
    [
        ("alice@example.com", "alice@example.com", True),
        ("Alice@Example.com", "alice@example.com", True),
        ("alice", "alice@example.com", True),
        ("alice@corp.example", "alice@example.com", True),
        ("alice", "1234567+alice@users.noreply.github.com", True),
        ("alice@example.com", "alice+ci@example.com", True),
        ("bob", "alice@example.com", False),
        ("example.com", "alice@example.com", False),
        ("1234567", "1234567+alice@users.noreply.github.com", False),
        ("", "", False),
    ],
)
def test_an_author_is_known_by_the_name_of_the_session(session: str, author: str, same: bool) -> None:
    assert same_person(session, author) is same
    assert same_person(author, session) is same


def approving(tmp_path: Path, tables: str, role: str = "approvers") -> Path:
    toml = DEPLOY_TOML.replace("[stacks.prod]\n", f"[stacks.prod]\n{tables}")
    tools = f"{TOOLS_FILE}  deploy:approverRole: {role}\n" if role else TOOLS_FILE
    return project(tmp_path, {"deploy.toml": toml, "Pulumi.tools.yaml": tools})


def test_the_rule_of_a_plan_is_the_strictest_of_its_stacks(tmp_path: Path) -> None:
    config = load(approving(tmp_path, "approvals = 2\nauthor-may-approve = true\n"), {})
    assert (config.stack("prod").approvals, config.stack("dev").approvals, config.approver_role) == (2, 0, "approvers")
    assert approval_rule(config, BUNDLE) == ApprovalRule(2, "approvers", author_may=True)
    without = replace(BUNDLE, binding=replace(BUNDLE.binding, stacks=BUNDLE.binding.stacks[:2]))
    assert approval_rule(config, without).needed == 0


def test_where_nobody_may_approve_no_stack_can_ask_for_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load(approving(tmp_path, "approvals = 1\n", role=""), {})
    assert "stacks.prod.approvals: nobody may approve" in "\n".join(caught.value.detail)
    assert "deploy:approverRole" in caught.value.remedy


@pytest.mark.parametrize("role", ["jenkins-deploy", "jenkins-preview"])
def test_jenkins_is_no_approver(tmp_path: Path, role: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(approving(tmp_path, "approvals = 1\n", role=role), {})
    assert "deploy:approverRole: got" in "\n".join(caught.value.detail)


def test_a_role_with_a_path_is_known_by_its_sessions() -> None:
    role = "aws-reserved/sso.amazonaws.com/eu-central-1/AWSReservedSSO_Approvers_0f9a"
    session = "arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Approvers_0f9a/bob@example.com"
    require_session_of(session, "111111111111", role)
    for other in (
        session.replace("1" * 12, "2" * 12),
        session.replace("Approvers", "Admins"),
        "arn:aws:iam::111111111111:user/bob",
    ):
        with pytest.raises(NotReadyError, match="are approved by sessions of the role AWSReservedSSO_Approvers_0f9a"):
            require_session_of(other, "111111111111", role)
    policy = service_bucket_policy("state", "111111111111", role)
    (oneself,) = (each for each in policy["Statement"] if each["Sid"] == "OnlyAsOneself")
    assert oneself["NotResource"] == f"arn:aws:s3:::state/.deploy/approvals/*/{role}/${{aws:userid}}.json"
    assert oneself["Condition"] == {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::111111111111:role/{role}"}}
    assert service_bucket_policy("state", "111111111111", "") == bucket_policy("state")


def test_whoever_approves_sees_what_goes_first() -> None:
    prod = BUNDLE.binding.stacks[-1]
    table = "urn:pulumi:prod::items::aws:dynamodb/table:Table::orders"
    gone = replace(prod, steps=(*prod.steps, replace(prod.steps[0], urn=table, op="delete")))
    bundle = replace(BUNDLE, allow_delete=(table,), binding=replace(BUNDLE.binding, stacks=(gone,)))
    lines = list(shown(bundle))
    assert lines[1] == "prod (444444444444): 1 to delete, 2 to update"
    assert lines[2] == "  delete aws:dynamodb/table:Table orders"
    assert lines[-1] == f"allowed although it holds data: {table}"


def test_the_authors_of_a_commit_are_those_of_what_it_merges(tmp_path: Path) -> None:
    repository = Repository(tmp_path).init()
    git = Git(tmp_path, repository.environment)
    first = repository.commit("first")
    repository.git("checkout", "--quiet", "-b", "branch")
    for author in ("Alice <alice@example.com>", "Bob <bob@example.com>"):
        repository.git("commit", "--quiet", "--allow-empty", "--message", "change", "--author", author)
    repository.git("checkout", "--quiet", "main")
    repository.git("merge", "--quiet", "--no-ff", "--message", "merge", "branch")
    bob, alice = {"Bob", "bob@example.com"}, {"Alice", "alice@example.com"}
    assert git.authors(first) == {"somebody", "somebody@example.com"}
    assert git.authors("HEAD^2") == bob
    assert git.authors("HEAD") == {*alice, *bob, *git.authors(first)}
    assert git.authors("0" * 40) == frozenset()
    assert git.authors_since(first, "HEAD^2") == frozenset({*alice, *bob})
    assert git.authors_since("HEAD", first) == frozenset(), "back to an earlier commit"
    assert git.authors_since("0" * 40, "HEAD") is None
