"""`deploy prove` on four fresh accounts; and each protection broken in AWS itself, found by a case of that name."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from deploy_driver import remedies
from deploy_driver.app.prove import facts_of, world_of
from deploy_driver.assurance.adapters.prove_fixtures import ProveFixtures
from deploy_driver.assurance.prove import proof
from deploy_driver.assurance.prove.case import Verdict
from deploy_driver.assurance.prove.facts import Facts
from deploy_driver.assurance.prove.proof import carry_out
from deploy_driver.config.load import load
from deploy_sandbox import lifecycle
from deploy_sandbox.accounts import ACCOUNTS, ORGANIZATION
from tests.carried import is_helped
from tests.e2e.project import SANDBOX, Project, copy_project, copy_sandbox

DEPLOYMENT, PREVIEW = "items-dev-deployment", "items-dev-preview"
BROAD = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})


def left_behind(project: Project) -> list[str]:
    """Whatever of a proof is still there, and the stand-ins for what was never deployed."""
    found = []
    for account in ACCOUNTS:
        iam = project.client(account, "iam")
        found += [user["UserName"] for user in iam.list_users()["Users"]]
        found += [policy["PolicyName"] for policy in iam.list_policies(Scope="Local")["Policies"]]
        found += [*project.roles(account), *project.buckets(account), *project.apis(account)]
        found += [f"function {name}" for name in project.functions(account)]
    return [name for name in found if name.startswith(("prove-", "function ", "items-dev-2", "items-staging-3"))]


def test_four_fresh_accounts_are_proved_and_left_as_they_were(project: Project) -> None:
    file = project.root / "proof.html"
    done = project.deploy("prove", "--output", "html", "--file", str(file))
    assert done.code == 0, done
    assert "0 wrong" in done.out
    assert "cases went as they should" in file.read_text("utf-8")
    assert left_behind(project) == []
    accounts = project.deploy("report", "--all", "--format", "json").json["accounts"]
    proved = {stack["stack"]: stack for account in accounts for stack in account["stacks"] if stack["proved"]}
    assert {name: stack["wrong"] for name, stack in proved.items()} == dict.fromkeys(
        ("tools", "dev", "staging", "prod"), 0
    )
    done = project.deploy("prove", "--stacks", "dev", "--only", "trust.deployment.*", "--output", "json")
    assert done.code == 0, done
    ids = {case["id"]: case for case in done.json["cases"]}
    assert done.json["total"]["wrong"] == 0
    assert ids["trust.deployment.wrong-account@dev"]["reason"].startswith(
        "AccessDenied: User: arn:aws:sts::333333333333"
    )
    assert all(ids[case["twin"]]["expected"] != case["expected"] for case in ids.values())


def test_an_interrupted_proof_leaves_nothing_behind(project: Project) -> None:
    done = project.interrupted("100 cases tried", signal.SIGINT, "prove", "--output", "json")
    assert done.code == 130, done
    assert done.json["stopped"] is True
    assert left_behind(project) == []


def test_a_proof_says_what_is_in_its_way(fresh: Project) -> None:
    done = fresh.deploy("prove")
    assert done.code == 3, done
    assert "deploy bootstrap" in done.err
    assert left_behind(fresh) == []
    unknown = fresh.deploy("prove", "--stacks", "dev-access")
    assert unknown.code == 2, unknown


@dataclass
class Bench:
    """Bootstrapped accounts in which protections are broken, and the proof of dev in this process."""

    project: Project
    facts: Facts
    lock: Path
    stage: ExitStack = field(default_factory=ExitStack)
    tried: Callable[[tuple[str, ...]], list[Verdict]] = lambda _: []

    def set_up(self) -> None:
        """Make what is tried on, anew."""
        self.stage.close()
        world = world_of(load(self.project.root, {}), self.project.sandbox.instances)
        facts = self.stage.enter_context(ProveFixtures(world, self.facts, self.lock).in_place())
        trials = [*proof.executed(facts), *proof.evaluated(facts)]

        def tried(cases: tuple[str, ...]) -> list[Verdict]:
            wanted = [trial for trial in trials if trial.case.id in cases]
            assert len(wanted) == len(cases), cases
            return carry_out(wanted, world, tell=lambda _: None, stopped=Event())

        self.tried = tried

    def wrong(self, *cases: str) -> set[str]:
        """Those of the cases that do not go as they should."""
        if any(copied in case for case in cases for copied in OF_COPIES):
            self.set_up()
        return {verdict.case.id for verdict in self.tried(cases) if not verdict.as_expected}

    @contextmanager
    def broken(self, account: str, role: str) -> Iterator[Role]:
        """A role to break, which is whole again afterwards."""
        iam = self.project.client(account, "iam")
        before = iam.get_role(RoleName=role)["Role"]
        policy = iam.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
        try:
            yield Role(iam, role, before["AssumeRolePolicyDocument"], policy)
        finally:
            trust = json.dumps(before["AssumeRolePolicyDocument"])
            iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust)
            iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(policy))
            boundary = before["PermissionsBoundary"]["PermissionsBoundaryArn"]
            iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=boundary)
            iam.update_role(RoleName=role, MaxSessionDuration=before["MaxSessionDuration"])


@dataclass(frozen=True)
class Role:
    """A real role in the hands of somebody who makes a mistake."""

    iam: Any
    name: str
    trust: Mapping[str, Any]
    policy: Mapping[str, Any]
    done: dict[str, Any] = field(default_factory=dict)

    def trusting(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Change every statement of the trust."""
        trust = json.loads(json.dumps(self.trust))
        for statement in trust["Statement"]:
            change(statement)
        self.iam.update_assume_role_policy(RoleName=self.name, PolicyDocument=json.dumps(trust))

    def allowing(self, *actions: str) -> None:
        """Allow more."""
        more = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = {**self.policy, "Statement": [*self.policy["Statement"], more]}
        self.iam.put_role_policy(RoleName=self.name, PolicyName=self.name, PolicyDocument=json.dumps(policy))

    def uncapped(self) -> None:
        """Take the boundary away."""
        self.iam.delete_role_permissions_boundary(RoleName=self.name)


def without(*keys: str) -> Callable[[Role], None]:
    """Conditions forgotten."""

    def forget(statement: dict[str, Any]) -> None:
        for operator in statement.get("Condition", {}).values():
            for key in keys:
                operator.pop(key, None)
        statement["Condition"] = {name: said for name, said in statement["Condition"].items() if said}

    return lambda role: role.trusting(forget)


def everybody(role: Role) -> None:
    role.trusting(lambda statement: statement.update(Principal="*"))


def tags(role: Role) -> None:
    role.trusting(lambda statement: statement.update(Action=[statement["Action"], "sts:TagSession"]))


def longer(role: Role) -> None:
    role.iam.update_role(RoleName=role.name, MaxSessionDuration=7200)


def to_administrators(role: Role) -> None:
    tools = {"AWS": f"arn:aws:iam::{ACCOUNTS['tools']}:root"}
    role.trusting(lambda statement: statement.update(Principal=tools))


def uncapped(role: Role) -> None:
    role.uncapped()


def more(*actions: str, capped: bool = True) -> Callable[[Role], None]:
    def allow(role: Role) -> None:
        role.allowing(*actions)
        if not capped:
            role.uncapped()

    return allow


WIDE = more("*", capped=False)
WIDE_OPEN = (
    "make-role",
    "make-user",
    "own-policy",
    "own-attachment",
    "boundary-version",
    "own-trust",
    "pass-own-role.items",
    "grant-account.items",
    "grant-everybody.items",
    "function-url.items",
    "public-block-off.items",
    "bucket-acl.items",
    "other-bucket-policy",
    "other-function",
    "other-api",
    "other-api-tag",
    "untagged-api",
    "trail-stopped",
    "record-policy",
    "item.items",
    "become-open",
)
BROKEN: list[tuple[str, str, Callable[[Role], None], tuple[str, ...]]] = [
    (
        "dev",
        DEPLOYMENT,
        without("aws:PrincipalArn"),
        (
            "trust.deployment.sibling-role@dev",
            "trust.deployment.tools-user@dev",
            "trust.deployment.tools-administrator@dev",
        ),
    ),
    ("dev", DEPLOYMENT, without("sts:ExternalId"), ("trust.deployment.other-accounts-external-id@dev",)),
    ("dev", DEPLOYMENT, without("sts:RoleSessionName"), ("trust.deployment.malformed-session-name@dev",)),
    ("dev", DEPLOYMENT, without("sts:SourceIdentity"), ("trust.deployment.no-source-identity@dev",)),
    ("dev", DEPLOYMENT, without("aws:PrincipalOrgID"), ("trust.deployment.other-organisation@dev",)),
    ("dev", DEPLOYMENT, everybody, ("trust.deployment.account-by-name@dev",)),
    ("dev", DEPLOYMENT, tags, ("trust.deployment.tag-by-name@dev",)),
    ("dev", DEPLOYMENT, longer, ("trust.deployment.beyond-the-role@dev",)),
    ("dev", PREVIEW, without("aws:PrincipalArn"), ("trust.preview.tools-administrator@dev",)),
    ("dev", PREVIEW, without("sts:ExternalId"), ("trust.preview.no-external-id@dev",)),
    ("dev", DEPLOYMENT, uncapped, ("boundary.deployment.make-role@dev",)),
    ("dev", PREVIEW, uncapped, ("boundary.preview.trail-stopped@dev",)),
    ("dev", "items-dev-execution", uncapped, ("boundary.items-execution.become@dev",)),
    ("tools", "jenkins-deploy", uncapped, ("boundary.jenkins-deploy.become-bootstrap-dev@tools",)),
    ("tools", "jenkins-preview", uncapped, ("boundary.jenkins-preview.make-role@tools",)),
    ("dev", DEPLOYMENT, WIDE, tuple(f"widening.deployment.{fact}@dev" for fact in WIDE_OPEN)),
    ("dev", DEPLOYMENT, WIDE, ("widening.deployment.boundary-other@dev",)),
    ("dev", DEPLOYMENT, more("s3:GetObject"), ("widening.deployment.item.items@dev",)),
    ("dev", PREVIEW, more("lambda:UpdateFunctionCode"), ("reading.preview.function-code.items@dev",)),
    ("dev", PREVIEW, more("s3:GetObject"), ("reading.preview.item.items@dev",)),
    ("dev", "items-dev-execution", more("s3:PutBucketPolicy"), ("things.items-execution.beyond.bucket.items@dev",)),
    ("tools", "jenkins-preview", more("s3:PutObject"), ("jenkins.jenkins-preview.write-state@tools",)),
    ("tools", "jenkins-preview", more("kms:Encrypt"), ("jenkins.jenkins-preview.encrypt@tools",)),
    (
        "tools",
        "jenkins-deploy",
        more("s3:PutObject", "s3:DeleteObject", capped=False),
        (
            "jenkins.jenkins-deploy.approve@tools",
            *(
                f"jenkins.jenkins-deploy.{done}-{what}@tools"
                for done in ("replace", "remove")
                for what in ("run", "plan")
            ),
        ),
    ),
    ("tools", "jenkins-deploy", more("sts:AssumeRole", capped=False), ("jenkins.jenkins-deploy.enter-open@dev",)),
    ("tools", "jenkins-deploy", to_administrators, ("jenkins.jenkins-deploy.become-administrator@tools",)),
]
"""An account, a role of it, the mistake, and the cases that find it."""

OF_COPIES = ("other-organisation", "by-name", "beyond-the-role")
"""What is tried on copies of a trust, which have to be made after it was changed."""


@pytest.fixture(scope="module")
def bench(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    root = copy_project(tmp_path_factory.mktemp("bench") / "project")
    copy_sandbox(template, root)
    before = dict(os.environ)
    sandbox = lifecycle.up(root / SANDBOX, powers=True)
    try:
        os.environ.update(sandbox.environment("administrator"))
        project = Project(root, sandbox)
        project.setting("tools", "deploy:stateKey", f"alias/deploy-state\n  deploy:organization: {ORGANIZATION}")
        assert project.deploy("bootstrap", "--yes").code == 0
        config = load(root, {})
        facts = facts_of(config, [config.stack("dev")], "20261123-0000-abcdef")
        dev = replace(facts, targets=tuple(target for target in facts.targets if target.env == "dev"))
        bench = Bench(project, dev, root / "prove.lock")
        with bench.stage:
            bench.set_up()
            yield bench
        assert left_behind(project) == []
    finally:
        os.environ.clear()
        os.environ.update(before)
        lifecycle.down(root / SANDBOX)


@pytest.mark.parametrize(
    ("account", "role", "breaking", "cases"), BROKEN, ids=[f"{role}-{cases[0]}" for _, role, _, cases in BROKEN]
)
def test_a_broken_protection_is_found_by_its_cases(
    bench: Bench, account: str, role: str, breaking: Callable[[Role], None], cases: tuple[str, ...]
) -> None:
    with bench.broken(account, role) as real:
        breaking(real)
        assert bench.wrong(*cases) == set(cases)


def test_whole_they_are_all_as_they_should_be(bench: Bench) -> None:
    assert bench.wrong(*{case for _, _, _, cases in BROKEN for case in cases}) == set()


def test_what_could_not_be_removed_is_removed_by_the_next_proof(bench: Bench) -> None:
    fault = {"action": "iam:DeleteRole", "account": ACCOUNTS["dev"], "error": "DeleteConflict", "status": 409}
    bench.project.power("POST", "faults", fault)
    is_helped(remedies.PROVE_AGAIN, bench.stage.close, bench.set_up)


def test_an_open_bucket_is_found(bench: Bench) -> None:
    s3, bucket = bench.project.client("dev", "s3"), f"deploy-trail-{ACCOUNTS['dev']}"
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    cases = ("buckets.trail.open-policy@dev", "buckets.trail.policy@dev")
    s3.delete_public_access_block(Bucket=bucket)
    try:
        assert bench.wrong(*cases) == {cases[0]}
    finally:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert bench.wrong(*cases) == set()


def test_policy_boundary_and_bucket_each_keep_jenkins_from_the_states_of_access_layers(bench: Bench) -> None:
    s3, bucket = bench.project.client("tools", "s3"), "deploy-state-111111111111-access"
    policy = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    cases = tuple(
        f"jenkins.jenkins-deploy.{deed}-access-{what}@tools"
        for what in ("state", "history", "backup", "lock")
        for deed in ("write", "read", "delete")
    )
    with bench.broken("tools", "jenkins-deploy") as real:
        real.allowing("s3:*")
        assert bench.wrong(*cases) == set()
        real.uncapped()
        assert bench.wrong(*cases) == set()
        s3.delete_bucket_policy(Bucket=bucket)
        try:
            assert {case for case in cases if "read" not in case} <= bench.wrong(*cases)
        finally:
            s3.put_bucket_policy(Bucket=bucket, Policy=policy)
        assert bench.wrong(*cases) == set()


def test_a_boundary_without_its_denials_is_found(bench: Bench) -> None:
    iam = bench.project.client("dev", "iam")
    arn = f"arn:aws:iam::{ACCOUNTS['dev']}:policy/items-dev-boundary"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    old = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=BROAD, SetAsDefault=True)
    cases = {
        f"boundary.capped.{fact}@dev"
        for fact in ("make-user", "become", "record-policy", "service-secretsmanager", "function-url.items")
    }
    try:
        assert bench.wrong(*cases) == cases
    finally:
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=json.dumps(old), SetAsDefault=True)
    assert bench.wrong(*cases) == set()
