"""What is planned is held against the deployment role as it is in the account: all that is missing is said at once, and beforehand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.e2e.project import Ended, Project
from tests.e2e.test_own_service import service, well

__all__ = ["service"]

ROLE = "orders-dev-deployment"
MORE = '\nhere.bucket("returns")\nhere.queue("late")\n'
BUCKET = "arn:aws:s3:::orders-dev-returns-222222222222"
QUEUE = "arn:aws:sqs:eu-central-1:222222222222:orders-dev-late"


def test_all_that_is_missing_is_said_before_anything_is_changed(service: Project) -> None:
    well(service.deploy("bootstrap", "--stacks", "tools,dev-access", "--yes"))
    first = well(service.deploy("up", "--stacks", "dev"))
    assert "rights" not in first.out
    assert "could not be checked" not in first.err
    nothing_is_missing(service)
    program = service.root / "infra" / "__main__.py"
    program.write_text(program.read_text("utf-8") + MORE, "utf-8")

    named = previews_name_it(service)
    before = allowed(service)
    refused = service.deploy("up", "--stacks", "dev")
    assert refused.code == 4, refused
    assert_named(refused, named)
    assert not re.search(r"AccessDenied|creating", refused.out + refused.err), refused
    assert "orders-dev-returns-222222222222" not in service.buckets("dev")
    assert service.client("dev", "sqs").list_queues(QueueNamePrefix="orders-dev-late").get("QueueUrls", []) == []

    [command] = printed(remedies.GRANT_RIGHTS, refused.out).commands
    well(service.deploy(*command[1:], "--yes"))
    assert named <= allowed(service) - before
    nothing_is_missing(service)
    gone(remedies.GRANT_RIGHTS, well(service.deploy("up", "--stacks", "dev")).out)
    assert "orders-dev-returns-222222222222" in service.buckets("dev")
    what_left_the_program_before_the_last_bootstrap_is_told_of(service, program)


def what_left_the_program_before_the_last_bootstrap_is_told_of(service: Project, program: Path) -> None:
    """The role no longer knows it; by the way that is printed it can be deleted."""
    more = program.read_text("utf-8")
    less = more.replace(MORE, "")
    program.write_text(less, "utf-8")
    nothing_is_missing(service)
    well(service.deploy("bootstrap", "--stacks", "dev-access", "--yes"))
    up = ("up", "--stacks", "dev", "--allow-delete", "all")
    for words, code in ((("preview", "--stacks", "dev"), 1), (up, 4)):
        seen = service.deploy(*words)
        assert seen.code == code, seen
        assert re.search(rf"delete aws:s3/bucket:Bucket returns \({BUCKET}\): .*s3:DeleteBucket", seen.out), seen
        assert re.search(rf"delete aws:sqs/queue:Queue late \({QUEUE}\): .*sqs:DeleteQueue", seen.out), seen
        [command] = printed(remedies.PUT_BACK_AND_GRANT, seen.out).commands
    program.write_text(more, "utf-8")
    well(service.deploy(*command[1:], "--yes"))
    program.write_text(less, "utf-8")
    gone(remedies.PUT_BACK_AND_GRANT, well(service.deploy(*up)).out)
    assert "orders-dev-returns-222222222222" not in service.buckets("dev")


def nothing_is_missing(service: Project) -> None:
    """Neither in what a preview says, nor among what it could not look at."""
    seen = well(service.deploy("preview", "--stacks", "dev", "--output", "json"))
    assert [stack["missingRights"] for stack in seen.json["stacks"]] == [[]]
    assert "could not be checked" not in seen.err


def previews_name_it(service: Project) -> set[tuple[str, str]]:
    """In JSON, as text and as Markdown: the actions, the things and the command; what they are about."""
    seen = service.deploy("preview", "--stacks", "dev", "--output", "json")
    assert seen.code == 1, seen
    (stack,) = seen.json["stacks"]
    assert (stack["result"], stack["reason"]) == ("failed", "missing rights")
    assert stack["changes"]["create"] > 1
    rights = stack["missingRights"]
    assert {(right["type"], right["name"]) for right in rights} >= {
        ("aws:s3/bucket:Bucket", "returns"),
        ("aws:sqs/queue:Queue", "late"),
    }
    named = {(right["action"], right["resource"]) for right in rights}
    assert {("s3:CreateBucket", BUCKET), ("s3:PutBucketPolicy", BUCKET), ("sqs:CreateQueue", QUEUE)} <= named
    text, markdown = (service.deploy("preview", "--stacks", "dev", "-o", form) for form in ("text", "markdown"))
    assert (text.code, markdown.code) == (1, 1)
    for shown in (text, markdown):
        assert_named(shown, named)
    return named


def assert_named(shown: Ended, named: set[tuple[str, str]]) -> None:
    """Every thing has a line of its own, with exactly the actions that are missing there; the command that grants them stands below."""
    lines = re.findall(r"^ +create aws:\S+ \S+ \((arn:\S+)\): (.+)$", shown.out, re.MULTILINE)
    assert {(action, resource) for resource, actions in lines for action in actions.split(", ")} == named
    assert re.search(r"(`|<code>)deploy bootstrap --stacks dev-access(`|</code>)", shown.out)


def allowed(service: Project) -> set[tuple[str, str]]:
    """Every action on every resource that the role's policy names, as it is in the account."""
    return {
        (action, resource)
        for statement in policy(service, ROLE)["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def policy(service: Project, role: str) -> Any:
    return service.client("dev", "iam").get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]


def test_an_older_access_layer_is_told_of_and_keeps_nobody_from_deploying(service: Project) -> None:
    well(service.deploy("bootstrap", "--stacks", "tools,dev-access", "--yes"))
    iam = service.client("dev", "iam")
    for role in (ROLE, "orders-dev-preview"):
        document = policy(service, role)
        kept = [each for each in document["Statement"] if each["Sid"] != "DeploymentRole"]
        assert len(kept) == len(document["Statement"]) - 1
        older = json.dumps({**document, "Statement": kept})
        iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=older)
    for command in ("preview", "up"):
        done = well(service.deploy(command, "--stacks", "dev"))
        assert re.search(
            rf"whether arn:\S+{ROLE} may do what is planned could not be checked: .*AccessDenied", done.err
        ), done
        assert "deploy bootstrap --stacks dev-access" in done.err


def test_a_role_that_somebody_gave_a_managed_policy_is_not_judged(service: Project) -> None:
    well(service.deploy("bootstrap", "--stacks", "tools,dev-access", "--yes"))
    iam = service.client("dev", "iam")
    iam.attach_role_policy(RoleName=ROLE, PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
    done = well(service.deploy("preview", "--stacks", "dev"))
    assert re.search("could not be checked: .*ReadOnlyAccess", done.err), done
