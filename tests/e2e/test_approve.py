"""A stack with approvals is changed by a plan that somebody else has approved, and by nothing else; AWS says who that was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from deploy_driver import remedies
from deploy_sandbox.accounts import ACCOUNTS
from tests.carried import gone, printed
from tests.contract.cloud.outsider import at_instance, document, refusal, trusting
from tests.e2e.project import ROOT, Ended, Project
from tests.receiver import receiving
from tests.repository import Repository

STATE = "deploy-state-111111111111"
UNTOUCHED = [f"deploy-trail-{ACCOUNTS['dev']}"]


def with_approvers(project: Project) -> Project:
    """The project under git, with a role whose sessions approve dev's plans; what it may is what bootstrap prints."""
    with (project.root / "Pulumi.tools.yaml").open("a", encoding="utf-8") as tools:
        tools.write("  deploy:approverRole: approvers\n")
    toml = project.root / "deploy.toml"
    toml.write_text(toml.read_text("utf-8").replace("[stacks.dev]\n", "[stacks.dev]\napprovals = 1\n"), "utf-8")
    printed = project.deploy("bootstrap", "--print").json
    iam = project.client("tools", "iam")
    iam.create_role(RoleName="approvers", AssumeRolePolicyDocument=trusting(ACCOUNTS["tools"]))
    policy = document(*printed["approver"]["policy"]["Statement"])
    iam.put_role_policy(RoleName="approvers", PolicyName="approve", PolicyDocument=policy)
    shutil.copy(ROOT / "uv.lock", project.root)
    repository = Repository(project.root).init()
    repository.write(".gitignore", ".deploy/\n__pycache__/\nplan*/\n")
    repository.commit()
    laid = project.deploy("bootstrap", "--stacks", "tools", "--yes")
    assert laid.code == 0, laid
    return project


def approve(project: Project, person: str, plan: str = "plan") -> Ended:
    return project.deploy("approve", plan, "--yes", env={"USER": person})


def approvals(project: Project) -> list[str]:
    found = project.client("tools", "s3").list_objects_v2(Bucket=STATE, Prefix=".deploy/approvals/").get("Contents", [])
    return [entry["Key"] for entry in found]


def save(project: Project, folder: str, *more: str) -> Ended:
    saved = project.deploy(*saving("dev", folder), *more)
    assert saved.code == 0, saved
    return saved


def saving(stack: str, folder: str) -> tuple[str, ...]:
    return ("preview", "--stacks", stack, "--save", folder)


def test_a_plan_is_applied_once_somebody_else_has_approved_it(project: Project) -> None:
    with_approvers(project)
    directly = project.deploy("up", "--stacks", "dev", "--yes")
    assert directly.code == 4, directly
    assert "reviewed plans with 1 approval" in directly.err
    assert printed(remedies.NEEDS_REVIEWED_PLAN, directly.err).commands[0] == ("deploy", *saving("dev", "DIR"))
    with receiving() as team:
        told = {"DEPLOY_NOTIFY_URLS": team.url}
        saved = project.deploy(*saving("dev", "plan"), env=told)
        assert saved.code == 0, saved
        early = project.deploy("up", "--plan", "plan", "--yes", env=told)
    assert "it needs 1 approval: `deploy approve plan`" in saved.err
    assert early.code == 4, early
    assert [message["title"] for message in team.messages] == [
        f"items: {verb} of dev on sandbox: waits for approval" for verb in ("preview", "up")
    ]
    assert "needs 1 approval: `deploy approve plan`" in team.messages[0]["message"]
    assert "has 0 approvals (nobody) of 1" in team.messages[1]["message"]
    assert "has 0 approvals (nobody) of 1; nothing was touched" in early.err
    [(_, *approving)] = printed(remedies.HAVE_APPROVED, early.err).commands

    author = approve(project, "somebody")
    assert author.code == 4, author
    assert "what is deployed is by somebody" in author.err
    printed(remedies.OTHER_APPROVER, author.err)
    asked = project.deploy("approve", "plan", env={"USER": "eve"})
    assert asked.code == 4
    assert "nobody is at the terminal" in asked.err
    printed(remedies.READ_THEN_YES, asked.err)
    assert approvals(project) == []

    as_jenkins_would(project)
    proved = project.deploy("prove", "--stacks", "dev", "--only", "jenkins.*.approve@tools", "--output", "json")
    assert proved.code == 0, proved
    assert {f"jenkins.{who}.approve@tools" for who in ("administrator", "jenkins-deploy", "jenkins-preview")} <= {
        case["id"] for case in proved.json["cases"]
    }
    past_the_command(project)
    assert project.deploy("up", "--plan", "plan", "--yes").code == 4
    assert project.buckets("dev") == UNTOUCHED

    approved = project.deploy(*approving, "--yes", env={"USER": "eve"})
    assert approved.code == 0, approved
    assert "dev (222222222222): " in approved.err
    assert "to create" in approved.err
    applied = project.deploy("up", "--plan", "plan", "--yes", "--output", "json")
    assert applied.code == 0, applied
    (answer,) = project.deploy("report", applied.json["run"], "--format", "json").json["approvals"]
    assert answer["who"] == "eve"
    assert "approved by eve" in project.deploy("history").flat
    for remedy in (
        remedies.NEEDS_REVIEWED_PLAN,
        remedies.HAVE_APPROVED,
        remedies.OTHER_APPROVER,
        remedies.READ_THEN_YES,
    ):
        gone(remedy, approved.err + applied.err)

    another_plan(project)


def as_jenkins_would(project: Project) -> None:
    """The machine that deploys cannot approve what it deploys."""
    s3 = at_instance(project.sandbox, "jenkins-deploy").client("s3")
    key = f"{of(project, 'plan')}approvers/AROAEVE:eve.json"
    put = lambda: s3.put_object(Bucket=STATE, Key=key, Body=b"{}", IfNoneMatch="*")  # noqa: E731
    assert refusal(put)[0] == "AccessDenied"


def past_the_command(project: Project) -> None:
    """An author writes an approval with any S3 client: AWS lets him, under his own name, and that does not count."""
    administrator = at_instance(project.sandbox, "administrator")
    role = f"arn:aws:iam::{ACCOUNTS['tools']}:role/approvers"
    somebody = administrator.become(role, RoleSessionName="somebody")
    user = somebody.client("sts").get_caller_identity()["UserId"]
    folder = f"{of(project, 'plan')}approvers/"
    s3 = somebody.client("s3")
    forged = lambda: s3.put_object(Bucket=STATE, Key=f"{folder}{user[:-8]}eve.json", Body=b"{}", IfNoneMatch="*")  # noqa: E731
    assert refusal(forged)[0] == "AccessDenied"
    s3.put_object(Bucket=STATE, Key=f"{folder}{user}.json", Body=b"{}", IfNoneMatch="*")
    refused = project.deploy("up", "--plan", "plan", "--yes")
    assert "does not count: what is deployed is by somebody" in refused.err


def another_plan(project: Project) -> None:
    """An approval is of one plan: not of the next one, and not of the same one altered. Whoever wrote anything of it cannot approve."""
    repository = Repository(project.root)
    uncommitted(project, repository)
    repository.git("commit", "--quiet", "--allow-empty", "--message", "fix", "--author", "Eve <eve@example.com>")
    repository.commit("nothing")
    save(project, "plan2")
    assert approve(project, "eve", "plan2").code == 0, "in her clone she cannot see what was last deployed"
    refused = project.deploy("up", "--plan", "plan2", "--yes")
    assert refused.code == 4, refused
    gone(remedies.KNOWN_COMMIT, refused.err)
    assert "has 0 approvals" in refused.err
    assert "eve (" in refused.err
    assert "what is deployed is by Eve" in refused.err
    content = project.root / "plan2" / "plan.json"
    content.write_text(content.read_text("utf-8").replace('"cloud":"sandbox"', '"cloud":"Sandbox"'), "utf-8")
    altered = approve(project, "eve", "plan2")
    assert altered.code == 4, altered
    assert "this is not what was reviewed" in altered.err


def uncommitted(project: Project, repository: Repository) -> None:
    """A plan of what is in no commit is saved when that is said, and applied once it is committed, which `another_plan` goes on with."""
    notes = repository.write("notes.txt")
    refused = project.deploy(*saving("dev", "plan3"))
    assert refused.code == 4, refused
    printed(remedies.COMMIT_OR_ALLOW_DIRTY, refused.err)
    gone(remedies.COMMIT_OR_ALLOW_DIRTY, save(project, "plan3", "--allow-dirty").err)
    nobodys = project.deploy("up", "--plan", "plan3", "--yes")
    assert nobodys.code == 4, nobodys
    assert "nobody can say who wrote what is not committed, so nobody's approval counts" in nobodys.err
    printed(remedies.KNOWN_COMMIT, nobodys.err)
    notes.unlink()


def of(project: Project, folder: str) -> str:
    """Where the approvals of a saved plan are."""
    import hashlib

    plan: Path = project.root / folder / "plan.json"
    assert json.loads(plan.read_text("utf-8"))["binding"]
    return f".deploy/approvals/{hashlib.sha256(plan.read_bytes()).hexdigest()}/"
