"""What `deploy` says to do about accounts, states and plans, done: a project is got into one situation after the other.

What is printed is typed as it is printed, with the `--yes` of a person who is not at a terminal.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterable, Iterator

from deploy_driver import remedies
from deploy_project.remedy import Remedy
from tests.carried import PrintedRemedy, gone, printed
from tests.e2e.project import Ended, Project

Follow = Callable[[PrintedRemedy], Iterable[str]]
ASKING = frozenset({"bootstrap", "repair", "resume", "destroy"})


def typed(words: Iterable[str]) -> str:
    """A printed command without `deploy`, and with the word of somebody who is not at a terminal."""
    _, *rest = words
    asks = rest[0] in ASKING and "--print" not in rest
    return shlex.join([*rest, *(["--yes"] if asks else [])])


def is_helped(project: Project, remedy: Remedy, line: str, follow: Follow) -> Ended:
    """Type the line, follow the remedy that is printed to its last line, and see that it is not printed there again."""
    said = project.deploy(*shlex.split(line))
    done = said
    for then in follow(printed(remedy, said.err + said.out)):
        done = project.deploy(*shlex.split(then))
    gone(remedy, done.err + done.out)
    assert done.code in {0, 5}, done
    return done


def commands_then(*lines: str) -> Follow:
    """Type every printed command, and then these lines."""

    def follow(found: PrintedRemedy) -> Iterator[str]:
        yield from map(typed, found.commands)
        yield from lines

    return follow


def words(*lines: str) -> Follow:
    """Type these lines: what the remedy says stands in them."""
    return lambda _: lines


def test_what_bootstrap_puts_right(project: Project) -> None:
    """Each is broken by hand as root; `deploy bootstrap` is what is printed."""
    up = "up --stacks dev"
    is_helped(
        project,
        remedies.READ_BOOTSTRAP,
        "bootstrap --stacks dev-access",
        commands_then("bootstrap --stacks dev-access --yes"),
    )
    is_helped(project, remedies.DEPLOY_STACK, "repair --stack dev --yes", commands_then("repair --stack dev --yes"))

    iam = project.client("dev", "iam")
    iam.delete_role_policy(RoleName="items-dev-deployment", PolicyName="items-dev-deployment")
    said = project.deploy(*up.split())
    assert printed(remedies.POLICIES_OF_ROLES, said.err + said.out).commands == (("deploy", "bootstrap"),)
    trust = iam.get_role(RoleName="items-dev-deployment")["Role"]["AssumeRolePolicyDocument"]
    for statement in trust["Statement"]:
        statement["Condition"].setdefault("StringEquals", {})["sts:ExternalId"] = "another"
    iam.update_assume_role_policy(RoleName="items-dev-deployment", PolicyDocument=json.dumps(trust))
    helped = is_helped(project, remedies.ENTER_ROLE, up, commands_then(up))
    gone(remedies.POLICIES_OF_ROLES, helped.err + helped.out)
    rights_that_jenkins_lost(project)


LOST = (
    (remedies.GRANT_LEASES, "/.deploy/leases/", "up --stacks dev"),
    (remedies.GRANT_STATES, "/.pulumi/stacks/", "state show --stack dev --copy now"),
    (remedies.GRANT_KEY, ":key/", "up --stacks dev"),
    (remedies.GRANT_RECORDS, "/.deploy/runs/", "up --stacks dev"),
    (remedies.GRANT_TRAIL, "LookupEvents", "audit {run}"),
    (remedies.READ_STATE_BUCKET, "s3:ListBucket", "history --verify"),
)
"""What is said, which part of the policy of Jenkins' role is gone then, and what is typed."""


def rights_that_jenkins_lost(project: Project) -> None:
    """One after the other is taken away; a single bootstrap gives all of them back."""
    iam, role = project.client("tools", "iam"), "jenkins-deploy"
    whole = json.dumps(iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"])
    run = max(path.name for path in (project.root / ".deploy" / "runs").iterdir() if path.is_dir())
    commands = set()
    for remedy, part, line in LOST:
        iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=without(whole, part))
        said = project.deploy(*shlex.split(line.format(run=run)))
        commands |= set(printed(remedy, said.err + said.out).commands)
        if ("deploy", "doctor") in commands:
            assert "AccessDenied" in project.deploy("doctor").out
    assert commands <= {
        ("deploy", "bootstrap"),
        ("deploy", "bootstrap", "--stacks", "tools"),
        ("deploy", "doctor"),
    }
    done = project.deploy("bootstrap", "--stacks", "tools", "--yes")
    assert done.code == 0, done
    for line in dict.fromkeys(line for _, _, line in LOST):
        said = project.deploy(*shlex.split(line.format(run=run)))
        assert said.code in {0, 1}, said
        for remedy, _, _ in LOST:
            gone(remedy, said.err + said.out)


def without(policy: str, part: str) -> str:
    """The policy, with nothing allowed any more that names the part."""
    document = json.loads(policy)
    for key in ("Action", "Resource"):
        for statement in document["Statement"]:
            statement[key] = [each for each in statement[key] if part not in each]
    document["Statement"] = [each for each in document["Statement"] if each["Action"] and each["Resource"]]
    return json.dumps(document)


def test_what_is_said_about_runs_and_stacks(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev").code == 0
    of_runs(project)
    of_limits(project)
    up = "up --stacks dev"
    project.setting("dev", "items:memory", "512")
    project.client("dev", "lambda").delete_function(FunctionName="items-dev")
    is_helped(project, remedies.REFRESH_STATE, up, lambda found: [typed(found.commands[0]), up])


def test_what_is_said_about_plans(project: Project) -> None:
    assert project.deploy("up", "--stacks", "dev").code == 0
    save, apply = "preview --stacks dev --allow-dirty --save", "up --plan plan"
    project.setting("dev", "items:memory", "256")
    is_helped(project, remedies.COMMIT_OR_ALLOW_DIRTY_HERE, "preview --stacks dev --save plan", words(f"{save} plan"))
    changes_while_it_is_previewed(project, f"{save} plan0")
    file = project.root / "Pulumi.dev.yaml"
    reviewed = file.read_text("utf-8")
    project.setting("dev", "items:memory", "384")

    def undone(_: PrintedRemedy) -> Iterator[str]:
        file.write_text(reviewed, "utf-8")
        yield f"{apply} --stacks dev"

    is_helped(project, remedies.UNDO_OR_REVIEW, f"{apply} --stacks dev", undone)
    is_helped(project, remedies.PLAN_WORKS_ONCE, apply, words(f"{save} plan2", "up --plan plan2"))
    assert project.deploy(*save.split(), "plan3").code == 0
    is_helped(project, remedies.NAME_SAVED_FOLDER, "up --plan nowhere", words("up --plan plan3"))
    assert project.deploy(*save.split(), "plan4").code == 0
    is_helped(project, remedies.WHOLE_PLAN, "up --plan plan4 --stacks dev,staging", words("up --plan plan4"))


def changes_while_it_is_previewed(project: Project, save: str) -> None:
    """The program writes a file beside itself, the first time."""
    program = project.root / "infra" / "__main__.py"
    before = program.read_text("utf-8")
    once = "import pathlib\n(pathlib.Path(__file__).parent / 'made').touch()\n"
    program.write_text(before.replace("\nimport ", f"\n{once}import ", 1), "utf-8")
    is_helped(project, remedies.PREVIEW_AGAIN, save, words(save))
    program.write_text(before, "utf-8")
    (program.parent / "made").unlink()


def of_runs(project: Project) -> None:
    run = max(path.name for path in (project.root / ".deploy" / "runs").iterdir() if path.is_dir())
    is_helped(project, remedies.MORE_OF_ID, "report 20", words(f"report {run}"))

    def closest(found: PrintedRemedy) -> Iterator[str]:
        yield typed(found.commands[0])
        yield f"report {found['said'].split()[-1]}"

    is_helped(project, remedies.CLOSEST_RUNS, "report 19990101-0000-000000", closest)
    is_helped(
        project,
        remedies.COPIES_ARE_LISTED,
        "state show --stack dev --copy elsewhere",
        commands_then("state show --stack dev --copy now"),
    )
    is_helped(project, remedies.NAME_COMMAND, "exec --stack dev -- nosuch", words("exec --stack dev -- /bin/true"))
    data = project.root / "data"
    data.write_bytes(b"\0")
    data.chmod(0o755)
    is_helped(
        project, remedies.PROGRAM_FOR_THIS_MACHINE, "exec --stack dev -- ./data", words("exec --stack dev -- true")
    )
    data.unlink()
    drift = "drift --stacks dev --ledger"
    is_helped(project, remedies.OTHER_LEDGER, f"{drift} Pulumi.yaml", words(f"{drift} ledger.json"))
    is_helped(
        project,
        remedies.ONLY_CASES,
        "prove --stacks dev --only nosuch",
        words("prove --stacks dev --only 'trust.*@dev'"),
    )


def of_limits(project: Project) -> None:
    toml = project.root / "deploy.toml"
    before = toml.read_text("utf-8")
    program = project.root / "infra" / "__main__.py"
    program.write_text(program.read_text("utf-8").replace("GET /items/{key}", "GET /things/{key}"), "utf-8")
    toml.write_text(before.replace("[stacks.dev]\n", "[stacks.dev]\nmax-deletes = 0\n"), "utf-8")

    def raised(found: PrintedRemedy) -> Iterator[str]:
        yield typed(found.commands[0])
        toml.write_text(before.replace("[stacks.dev]\n", "[stacks.dev]\nmax-deletes = 1\napprove = true\n"), "utf-8")
        yield "up --stacks dev --yes"

    is_helped(project, remedies.RAISE_LIMIT, "up --stacks dev", raised)
    project.setting("dev", "items:memory", "192")
    is_helped(project, remedies.AT_TERMINAL_OR_YES, "up --stacks dev", words("up --stacks dev --yes"))
    toml.write_text(before, "utf-8")
