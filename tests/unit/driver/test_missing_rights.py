"""What is planned is held against a role: each refusal stands beside the same thing, allowed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from deploy_driver.errors import UsageError
from deploy_driver.iam_policy import PolicyError
from deploy_driver.plan.plan import Step, make_plan
from deploy_driver.plan.rights import listed, missing_rights
from deploy_driver.record.catalogue import Diagnostic, GateName, Reason
from deploy_driver.run.gates import Refusal, WithinRights, asking
from deploy_driver.values import Changes, EngineReport, EngineStatus, Operation, ResourceChange, RoleInAccount, Stack
from deploy_project.accounts import EnterAs
from deploy_project.seam import RoleNeed
from tests.checkpoints import urn
from tests.fakes.events import Recorder
from tests.fakes.role_policies import FakeRolePolicies
from tests.samples import access_stack, facts, stack
from tests.unit.driver.iam.shipped import allowing, denying

DEV = stack()
ARN = DEV.role_arn(EnterAs.DEPLOYMENT)
BUCKET, QUEUE = "aws:s3/bucket:Bucket", "aws:sqs/queue:Queue"
STORE, JOBS = "arn:aws:s3:::items-dev-store", "arn:aws:sqs:eu-central-1:222222222222:items-dev-jobs"


def need(
    kind: str, name: str, phase: str, action: str, on: str, *, context: Mapping[str, str] | None = None
) -> RoleNeed:
    return RoleNeed(
        "deployment", ARN, "deployment.policy", "boundary", "", kind, phase, action, action, [on], context or {}, name
    )


NEEDS = (
    need(BUCKET, "store", "read", "s3:GetBucketAcl", STORE),
    need(BUCKET, "store", "create", "s3:CreateBucket", STORE),
    need(BUCKET, "store", "update", "s3:PutBucketTagging", STORE),
    need(BUCKET, "store", "delete", "s3:DeleteBucket", STORE),
    need(QUEUE, "jobs", "create", "sqs:CreateQueue", JOBS, context={"aws:RequestTag/deploy:stack": "dev"}),
    need("its own rights", "", "preview", "iam:GetRole", ARN),
)


def planned(kind: str, name: str, op: str = "create") -> ResourceChange:
    return ResourceChange(urn(DEV, kind, name), op)


def role(*policies: Mapping[str, Any], boundary: Mapping[str, Any] | None = None) -> RoleInAccount:
    return RoleInAccount(ARN, {str(place): policy for place, policy in enumerate(policies)}, boundary or {})


def actions(op: str, *policies: Mapping[str, Any], needs: Sequence[RoleNeed] = NEEDS, **more: Any) -> list[str]:
    return [right.action for right in missing_rights([planned(BUCKET, "store", op)], needs, role(*policies, **more))]


@pytest.mark.parametrize(
    ("op", "missing"),
    [
        ("create", ["s3:CreateBucket", "s3:GetBucketAcl"]),
        ("update", ["s3:PutBucketTagging", "s3:GetBucketAcl"]),
        ("replace", ["s3:CreateBucket", "s3:DeleteBucket", "s3:GetBucketAcl"]),
        ("delete", ["s3:DeleteBucket", "s3:GetBucketAcl"]),
        ("import", ["s3:GetBucketAcl"]),
    ],
)
def test_a_change_takes_what_the_provider_does_for_it(op: str, missing: list[str]) -> None:
    assert actions(op, allowing("sqs:*")) == missing
    assert actions(op, allowing(*missing, resource=STORE)) == []
    assert actions(op, allowing(*missing, resource=f"{STORE}-other")) == missing
    for one in missing:
        assert actions(op, allowing(*(action for action in missing if action != one), "sqs:*")) == [one]


def test_all_policies_of_a_role_count_and_its_boundary_limits_them() -> None:
    both = allowing("s3:CreateBucket"), allowing("s3:Get*")
    assert actions("create", *both) == []
    assert actions("create", *both, boundary=allowing("s3:*")) == []
    assert actions("create", *both, boundary=allowing("s3:Get*")) == ["s3:CreateBucket"]
    assert actions("create", *both, denying("s3:Get*")) == ["s3:GetBucketAcl"]
    assert actions("create") == ["s3:CreateBucket", "s3:GetBucketAcl"]


def test_a_condition_is_decided_with_the_keys_that_the_call_brings() -> None:
    ours, theirs = (
        allowing("sqs:CreateQueue", Condition={"StringEquals": {"aws:RequestTag/deploy:stack": stack}})
        for stack in ("dev", "prod")
    )
    change = [planned(QUEUE, "jobs")]
    assert missing_rights(change, NEEDS, role(ours)) == ()
    (right,) = missing_rights(change, NEEDS, role(theirs))
    assert (right.action, right.resource) == ("sqs:CreateQueue", JOBS)
    assert "nothing in the policy" in right.why


def test_what_another_resource_or_another_role_needs_is_not_asked_for() -> None:
    assert missing_rights([planned(BUCKET, "other"), planned("pulumi:pulumi:Stack", "items-dev")], NEEDS, role()) == ()
    others = [replace(one, arn=f"{ARN}-other") for one in NEEDS]
    assert missing_rights([planned(BUCKET, "store")], others, role()) == ()
    assert missing_rights([planned(BUCKET, "store")], NEEDS, role())


def test_a_thing_has_one_line_with_all_that_is_missing_there() -> None:
    found = missing_rights([planned(BUCKET, "store"), planned(QUEUE, "jobs")], (*NEEDS, *NEEDS), role())
    assert listed(found) == [
        f"create {BUCKET} store ({STORE}): s3:CreateBucket, s3:GetBucketAcl",
        f"create {QUEUE} jobs ({JOBS}): sqs:CreateQueue",
    ]


def test_a_document_that_cannot_be_decided_is_no_refusal() -> None:
    with pytest.raises(PolicyError, match=r"\$\{aws:username\}"):
        actions("create", allowing("s3:*", resource="arn:aws:s3:::${aws:username}"))


@dataclass
class Asked:
    """The gate over one role, and how often the program was asked."""

    roles: FakeRolePolicies
    needs: Sequence[RoleNeed] | UsageError = NEEDS
    planned: tuple[ResourceChange, ...] = (planned(BUCKET, "store"),)
    of_state: tuple[RoleNeed, ...] = ()
    said: Recorder = field(default_factory=Recorder)
    programs: list[str] = field(default_factory=list)

    def refusal(
        self, operation: Operation = Operation.UP, changes: Changes = Changes(create=1), of: Stack = DEV
    ) -> Refusal | None:
        report = EngineReport(EngineStatus.SUCCEEDED, changes, self.planned)
        gate = WithinRights(facts(), self.roles, self._needs_of, self._deletions_of, self.said)
        return gate.refusal(step(operation, of), report)

    def _deletions_of(self, _of: Stack, urns: Collection[str]) -> Sequence[RoleNeed]:
        return [one for one in self.of_state if urn(DEV, one.type, one.name) in urns]

    def _needs_of(self, of: Stack) -> Sequence[RoleNeed]:
        self.programs.append(of.name)
        if isinstance(self.needs, UsageError):
            raise self.needs
        return self.needs


def step(operation: Operation, of: Stack = DEV) -> Step:
    return make_plan(operation, [of]).steps[0]


@pytest.mark.parametrize(
    ("operation", "entered"), [(Operation.UP, EnterAs.DEPLOYMENT), (Operation.PREVIEW, EnterAs.PREVIEW)]
)
def test_a_stack_is_refused_with_everything_that_is_missing_and_the_command_that_grants_it(
    operation: Operation, entered: EnterAs
) -> None:
    asked = Asked(FakeRolePolicies((role(),)))
    refusal = asked.refusal(operation)
    assert refusal
    assert refusal.reason is Reason.MISSING_RIGHTS
    assert refusal.cause == "\n  ".join([f"{ARN} may not do all that is planned", *listed(refusal.missing)])
    assert "`deploy bootstrap --stacks dev-access`" in refusal.remedy
    assert asked.roles.read == [(ARN, DEV.role_arn(entered))]
    assert asked.said.events == []
    assert Asked(FakeRolePolicies((role(allowing("s3:*")),))).refusal(operation) is None


OLD = "arn:aws:s3:::items-dev-old"


@pytest.mark.parametrize(("kind", "name", "op"), [(BUCKET, "old", "delete"), (BUCKET, "store", "replace")])
def test_what_the_program_no_longer_has_is_deleted_by_what_the_state_says_of_it(kind: str, name: str, op: str) -> None:
    of_state = (need(kind, name, "delete", "s3:DeleteBucket", OLD),)
    change = (planned(kind, name, op),)
    of_program = allowing("s3:*", resource=STORE)
    refusal = Asked(FakeRolePolicies((role(of_program),)), planned=change, of_state=of_state).refusal()
    assert refusal
    assert [(right.action, right.resource) for right in refusal.missing] == [("s3:DeleteBucket", OLD)]
    assert f"put back into the program what is to be deleted, called as it is now ({OLD}); " in refusal.remedy
    assert "`deploy bootstrap --stacks dev-access`, take it out again and run this once more" in refusal.remedy
    both = role(of_program, allowing("s3:DeleteBucket", resource=OLD))
    assert Asked(FakeRolePolicies((both,)), planned=change, of_state=of_state).refusal() is None


@pytest.mark.parametrize(
    ("operation", "changes", "of"),
    [
        (Operation.UP, Changes(same=9), DEV),
        (Operation.DESTROY, Changes(delete=1), DEV),
        (Operation.UP, Changes(create=1), access_stack()),
    ],
)
def test_nobody_is_asked_where_nothing_of_a_service_would_change(
    operation: Operation, changes: Changes, of: Stack
) -> None:
    asked = Asked(FakeRolePolicies((role(),)))
    assert asked.refusal(operation, changes, of) is None
    assert (asked.roles.read, asked.programs) == ([], [])


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (Asked(FakeRolePolicies()), f"reading {ARN}: AccessDenied: no"),
        (Asked(FakeRolePolicies((role(),)), UsageError("the program cannot answer")), "the program cannot answer"),
        (Asked(FakeRolePolicies((role(allowing("s3:*", resource="${a}")),))), "policy variable"),
    ],
    ids=["not read", "not asked", "not decided"],
)
def test_what_cannot_be_checked_is_said_and_the_run_goes_on(asked: Asked, why: str) -> None:
    assert asked.refusal() is None
    (warning,) = asked.said.of(Diagnostic)
    assert (warning.stack, warning.severity) == ("dev", "warning")
    assert f"whether {ARN} may do what is planned could not be checked: " in warning.message
    assert why in warning.message
    assert "`deploy bootstrap --stacks dev-access`" in warning.message


def test_an_update_of_a_service_is_previewed_for_it_and_nothing_else() -> None:
    gate = WithinRights(facts(), FakeRolePolicies(), lambda _: NEEDS, lambda *_: (), Recorder())
    assert asking([gate], step(Operation.UP)) == (GateName.RIGHTS,)
    for other in (step(Operation.DESTROY), step(Operation.PREVIEW), step(Operation.UP, access_stack())):
        assert asking([gate], other) == ()
