"""Questions that can refuse a step: each refusal stands beside the same thing, allowed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import pytest

from deploy_driver.plan.plan import Step, make_plan
from deploy_driver.record.catalogue import GateName, Reason
from deploy_driver.record.standing import BackTo
from deploy_driver.run.gates import AsThen, Confirmation, DataLoss, Gate, Limit, Refusal, RequiredApproval, asking
from deploy_driver.values import Changes, EngineReport, EngineStatus, Operation, ResourceChange, Stack, Upload
from tests.checkpoints import urn
from tests.fakes.prompt import FakePrompt
from tests.samples import access_stack, stack


def preview(changes: Changes) -> EngineReport:
    return EngineReport(EngineStatus.SUCCEEDED, changes)


@dataclass
class Gates:
    """The gates of every run, asked one after the other."""

    prompt: FakePrompt
    yes: bool
    allowed: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[Gate, ...]:
        prompt, yes = self.prompt, self.yes
        return (Limit(), DataLoss(self.allowed), Confirmation(prompt, yes), RequiredApproval(prompt, yes))

    def refusal(self, step: Step, preview: EngineReport) -> Refusal | None:
        return next((said for gate in self.all if (said := gate.refusal(step, preview))), None)


SOME = preview(Changes(create=2, update=1))


def step(operation: Operation = Operation.UP, *, approve: bool = False, max_deletes: int | None = None) -> Step:
    return make_plan(operation, [stack("prod", approve=approve, max_deletes=max_deletes)]).steps[0]


@pytest.mark.parametrize(
    ("limit", "changes", "refused"),
    [
        (0, Changes(delete=1), True),
        (0, Changes(create=9, update=9), False),
        (1, Changes(delete=1), False),
        (1, Changes(delete=1, replace=1), True),
        (2, Changes(delete=1, replace=1), False),
        (0, Changes(replace=1), True),
        (None, Changes(delete=99), False),
    ],
)
def test_a_limit_counts_what_would_be_lost(limit: int | None, changes: Changes, refused: bool) -> None:
    refusal = Gates(FakePrompt(present=False), yes=False).refusal(step(max_deletes=limit), preview(changes))
    assert (refusal is not None) == refused
    if refusal:
        assert refusal.reason is Reason.OVER_LIMIT
        assert f"the limit of prod is {limit}" in refusal.cause
        assert "stacks.prod.max-deletes" in refusal.remedy


def test_yes_confirms_but_lifts_no_limit() -> None:
    gates = Gates(FakePrompt(present=False), yes=True)
    assert gates.refusal(step(approve=True), SOME) is None
    refusal = gates.refusal(step(approve=True, max_deletes=0), preview(Changes(delete=1)))
    assert refusal is not None
    assert refusal.reason is Reason.OVER_LIMIT


def test_a_limit_is_not_for_those_who_mean_to_delete() -> None:
    assert Gates(FakePrompt(present=False), yes=True).refusal(step(Operation.DESTROY, max_deletes=0), SOME) is None


def test_a_limit_is_looked_at_before_anybody_is_asked() -> None:
    prompt = FakePrompt()
    assert Gates(prompt, yes=False).refusal(step(max_deletes=0), preview(Changes(delete=1))) is not None
    assert prompt.questions == []


def test_an_approval_without_a_person_is_refused_with_both_ways_out() -> None:
    refusal = Gates(FakePrompt(present=False), yes=False).refusal(step(approve=True), SOME)
    assert refusal is not None
    assert refusal.reason is Reason.NEEDS_APPROVAL
    assert "terminal" in refusal.remedy
    assert "--yes" in refusal.remedy


def test_without_an_approval_and_without_a_person_nobody_has_to_be_asked() -> None:
    assert Gates(FakePrompt(present=False), yes=False).refusal(step(), SOME) is None


@pytest.mark.parametrize("approve", [True, False])
def test_a_person_who_is_there_is_asked_and_decides(approve: bool) -> None:
    yes, no = FakePrompt(answers=[True]), FakePrompt(answers=[False])
    assert Gates(yes, yes=False).refusal(step(approve=approve), SOME) is None
    refusal = Gates(no, yes=False).refusal(step(approve=approve), SOME)
    assert refusal is not None
    assert refusal.reason is Reason.DECLINED
    assert no.questions == ["Deploy prod (444444444444): 2 to create, 1 to update?"]


def test_who_said_yes_beforehand_is_not_asked_again() -> None:
    prompt = FakePrompt()
    assert Gates(prompt, yes=True).refusal(step(approve=True), SOME) is None
    assert prompt.questions == []


def test_destroy_always_wants_a_word() -> None:
    destroy = step(Operation.DESTROY)
    prompt = FakePrompt(answers=[True])
    assert Gates(prompt, yes=False).refusal(destroy, preview(Changes(delete=3))) is None
    assert prompt.questions == ["Destroy prod (444444444444): 3 to delete?"]
    assert Gates(FakePrompt(present=False), yes=True).refusal(destroy, preview(Changes(delete=3))) is None
    refusal = Gates(FakePrompt(present=False), yes=False).refusal(destroy, preview(Changes(delete=3)))
    assert refusal is not None
    assert refusal.reason is Reason.NEEDS_APPROVAL


def test_nothing_is_asked_about_nothing() -> None:
    gates = Gates(FakePrompt(answers=[False]), yes=False)
    assert gates.refusal(step(approve=True, max_deletes=0), preview(Changes(same=12))) is None


PROD = stack("prod")
BUCKET = urn(PROD, "aws:s3/bucket:Bucket", "items")
LOG = urn(PROD, "aws:cloudwatch/logGroup:LogGroup", "log")
ROUTE = urn(PROD, "aws:apigatewayv2/route:Route", "get")


def losing(*changes: tuple[str, str], same: int = 5) -> EngineReport:
    made = tuple(ResourceChange(one, op) for one, op in changes)
    gone = Counter(op for _, op in changes)
    counted = Changes(delete=gone["delete"], replace=gone["replace"], update=gone["update"], same=same)
    return EngineReport(EngineStatus.SUCCEEDED, counted, made)


@pytest.mark.parametrize(
    ("changes", "same", "allowed", "refused"),
    [
        ([(BUCKET, "delete")], 5, (), [BUCKET]),
        ([(BUCKET, "replace"), (LOG, "delete")], 5, (), [BUCKET, LOG]),
        ([(BUCKET, "replace"), (LOG, "delete")], 5, (LOG,), [BUCKET]),
        ([(BUCKET, "replace"), (LOG, "delete")], 5, (LOG, BUCKET), []),
        ([(BUCKET, "replace"), (LOG, "delete")], 5, ("all",), []),
        ([(BUCKET, "update"), (ROUTE, "delete")], 5, (), []),
        ([(ROUTE, "delete")], 0, (), [ROUTE]),
        ([(ROUTE, "replace")], 0, (), [ROUTE]),
        ([(ROUTE, "delete")], 0, (ROUTE,), []),
        ([(ROUTE, "delete"), (LOG, "update")], 0, (), []),
        ([(BUCKET, "delete")], 5, (LOG,), [BUCKET]),
    ],
)
def test_what_loses_data_or_leaves_nothing_needs_to_be_named(
    changes: list[tuple[str, str]], same: int, allowed: tuple[str, ...], refused: list[str]
) -> None:
    gates = Gates(FakePrompt(present=False), yes=True, allowed=allowed)
    refusal = gates.refusal(step(), losing(*changes, same=same))
    assert [one for one in (BUCKET, LOG, ROUTE) if refusal and one in refusal.cause] == refused
    if refusal:
        assert refusal.reason is Reason.LOSES_DATA
        assert refusal.remedy == "if that is meant, add " + " ".join(f"--allow-delete '{one}'" for one in refused)
    assert (
        Gates(FakePrompt(present=False), yes=True).refusal(step(Operation.DESTROY), losing(*changes, same=same)) is None
    )


def test_of_many_the_remedy_names_the_one_word() -> None:
    many = [(urn(PROD, "aws:dynamodb/table:Table", f"t{number}"), "delete") for number in range(6)]
    refusal = Gates(FakePrompt(present=False), yes=True).refusal(step(), losing(*many))
    assert refusal is not None
    assert all(one in refusal.cause for one, _ in many)
    assert refusal.remedy == "if that is meant, add --allow-delete all"


def test_the_limit_of_an_access_layer_is_raised_where_its_key_is() -> None:
    plan = make_plan(Operation.UP, [replace(access_stack(), max_deletes=0)])
    refusal = Gates(FakePrompt(present=False), yes=True).refusal(plan.steps[0], preview(Changes(delete=1)))
    assert refusal is not None
    assert "raise access.max-deletes in deploy.toml" in refusal.remedy


STANDING = {"urn": "aws:s3/bucket:Bucket"}


@pytest.mark.parametrize(
    ("operation", "present", "yes", "chosen", "asked"),
    [
        (Operation.UP, False, False, stack(), ()),
        (Operation.UP, False, True, stack(), ()),
        (Operation.UP, True, True, stack(), ()),
        (Operation.UP, True, False, stack(), (GateName.PERSON,)),
        (Operation.UP, False, True, stack(approve=True), (GateName.APPROVAL,)),
        (Operation.UP, True, False, stack(approve=True), (GateName.PERSON, GateName.APPROVAL)),
        (Operation.DESTROY, False, False, stack(max_deletes=0), (GateName.PERSON,)),
        (Operation.DESTROY, True, True, stack(), ()),
    ],
)
def test_who_wants_to_see_a_preview_first(
    operation: Operation, present: bool, yes: bool, chosen: Stack, asked: tuple[GateName, ...]
) -> None:
    gates = Gates(FakePrompt(present=present), yes)
    assert asking(gates.all, make_plan(operation, [chosen]).steps[0]) == asked


@pytest.mark.parametrize(
    ("operation", "chosen", "existing", "asked"),
    [
        (Operation.UP, stack(), STANDING, (GateName.LOSS,)),
        (Operation.UP, stack(max_deletes=0), STANDING, (GateName.LIMIT,)),
        (Operation.UP, stack(max_deletes=0), {}, ()),
        (Operation.DESTROY, stack(), STANDING, ()),
        (Operation.DESTROY, stack(max_deletes=0), STANDING, ()),
    ],
)
def test_an_up_is_previewed_first_where_something_stands(
    operation: Operation, chosen: Stack, existing: dict[str, str], asked: tuple[GateName, ...]
) -> None:
    step = replace(make_plan(operation, [chosen]).steps[0], existing=existing)
    assert asking(Gates(FakePrompt(present=False), yes=True).all, step) == asked


def test_who_asks_is_named_in_one_order_whatever_the_order_of_the_gates() -> None:
    step = replace(make_plan(Operation.UP, [stack(approve=True, max_deletes=3)]).steps[0], existing=STANDING)
    gates = Gates(FakePrompt(), yes=False).all
    assert asking(gates, step) == asking(gates[::-1], step) == (GateName.PERSON, GateName.APPROVAL, GateName.LIMIT)


@pytest.mark.parametrize(
    ("then", "now", "words"),
    [
        (("items sha256:" + "1" * 64,), "2" * 64, "deployed items sha256:1111111"),
        (("items sha256:" + "1" * 64, "old sha256:" + "3" * 64), "1" * 64, "and now this would be nothing"),
        (("items sha256:" + "1" * 64,), "1" * 64, ""),
        ((), "2" * 64, ""),
    ],
)
def test_who_goes_back_gets_the_code_that_it_was(then: tuple[str, ...], now: str, words: str) -> None:
    gate = AsThen(BackTo("20261123-0102-3f9a7c", "prod", "a" * 40, then))
    upload = Upload("urn:pulumi:prod::items::aws:lambda/function:Function::items", "code", now)
    report = replace(SOME, uploads=(upload,))
    assert asking((gate,), step()) == (GateName.EARLIER,)
    refusal = gate.refusal(step(), report)
    assert (refusal is not None) == bool(words)
    if refusal:
        assert refusal.reason is Reason.OTHER_PACKAGE
        assert words in refusal.cause
        assert "--artefact PATH" in refusal.remedy
