"""What becomes of an operation that nobody saw end, by what stands in the account; and the state in which nothing is pending."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from deploy_driver.checkpoint import judge
from deploy_driver.record.catalogue import Fate
from deploy_driver.repair.recorded import OnRecord
from deploy_driver.repair.settle import (
    NOT_THERE,
    Decisions,
    Settlement,
    Sighting,
    Unfinished,
    listed_ids,
    mended,
    settle,
    unfinished,
)
from deploy_project.accounts import EnterAs
from tests.checkpoints import PROJECT, checkpoint, content, provider, resource, root, urn, with_pending
from tests.samples import stack

DEV = stack("dev")
FUNCTION, API = "aws:lambda/function:Function", "aws:apigatewayv2/api:Api"
OURS, OTHERS = Sighting("the-id", ours=True, why="ours"), Sighting("its-id", ours=False, why="not ours")


def pending(kind: str = API, operation: str = "creating", **more: Any) -> Unfinished:
    entry = {key: value for key, value in resource(DEV, kind, "web", **more).items() if key not in {"id", "outputs"}}
    return Unfinished(entry, operation)


def state(*operations: Unfinished, resources: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return with_pending(checkpoint(DEV, resources), *(one.entry for one in operations))


def settled(one: Unfinished, *seen: Sighting, **more: Any) -> Settlement | None:
    return settle(one, lambda _: seen, **{"ids": (), **more})


def test_one_of_ours_is_adopted_and_nothing_is_dropped() -> None:
    assert settled(pending(), OURS) == Settlement(pending().urn, Fate.ADOPTED, "the-id", "ours")
    assert settled(pending()) == Settlement(pending().urn, Fate.DROPPED, why=NOT_THERE)


def test_a_stranger_is_named_and_never_adopted() -> None:
    assert settled(pending(), OTHERS) == Settlement(pending().urn, Fate.STRANGER, "its-id", "not ours")
    assert settled(pending(), OTHERS, OURS) == Settlement(pending().urn, Fate.ADOPTED, "the-id", "ours")


def test_of_several_none_is_guessed_unless_all_but_one_are_known() -> None:
    second = Sighting("another", ours=True, why="ours")
    assert settled(pending(), OURS, second) == Settlement(pending().urn, Fate.SEVERAL, why="the-id, another")
    assert settled(pending(), OURS, second, ids={"another"}) == Settlement(
        pending().urn, Fate.ADOPTED, "the-id", "ours"
    )
    assert settled(pending(), OURS, second, known=OnRecord({pending().urn: "another"})) == Settlement(
        pending().urn, Fate.ADOPTED, "another", "ours"
    )


def test_a_person_may_say_it() -> None:
    one = pending()
    second = Sighting("another", ours=True, why="ours")
    adopt, drop = Decisions({one.urn: "another"}), Decisions(drop=(one.urn,))
    assert settled(one, OURS, second, said=adopt) == Settlement(one.urn, Fate.ADOPTED, "another", "as was said")
    assert settled(one, OURS, second, said=drop) == Settlement(one.urn, Fate.DROPPED, why="as was said")


def test_what_cannot_be_looked_up_matters_only_where_it_was_begun() -> None:
    def blind(_: Unfinished) -> Sequence[Sighting] | str:
        return "nobody knows"

    assert settle(pending(), blind, ids=()) == Settlement(pending().urn, Fate.UNKNOWN, why="nobody knows")
    assert settle(pending(operation=""), blind, ids=()) is None
    planned, urn_ = pending(operation=""), pending().urn
    assert settle(planned, blind, ids=(), known=OnRecord(begun=frozenset({urn_}))) == Settlement(
        urn_, Fate.UNKNOWN, why="nobody knows"
    )
    made = settle(planned, blind, ids=(), known=OnRecord({urn_: "an-id"}))
    assert made == Settlement(urn_, Fate.ADOPTED, "an-id", "the record of a run says that it was made")
    assert settle(planned, blind, ids={"an-id"}, known=OnRecord({urn_: "an-id"})) is None


def test_what_is_not_known_yet_waits_for_what_it_belongs_to() -> None:
    part = pending(operation="", inputs={"apiId": "[unknown]", "name": "x"})

    def blind(_: Unfinished) -> Sequence[Sighting] | str:
        return "what it is called is not known"

    assert settle(part, blind, ids=(), known=OnRecord({part.urn: "an-id"}, frozenset({part.urn}))) is None
    entry = after(state(), [part], Settlement(part.urn, Fate.ADOPTED, "an-id"))[-1]
    assert (entry["inputs"], entry["outputs"]) == ({"name": "x"}, {"name": "x", "id": entry["id"]})


def test_what_is_only_planned_and_not_there_is_nothing() -> None:
    assert settled(pending(operation="")) is None
    assert settled(pending(operation=""), OURS) == Settlement(pending().urn, Fate.ADOPTED, "the-id", "ours")
    assert settled(pending(operation=""), OTHERS) == Settlement(pending().urn, Fate.STRANGER, "its-id", "not ours")


@pytest.mark.parametrize(
    "one",
    [
        pending(operation="updating"),
        pending(operation="deleting"),
        pending(operation="reading"),
        pending("deploy:service:Function", custom=False),
        pending("pulumi:providers:aws"),
        pending("aws:s3/bucketVersioning:BucketVersioning"),
    ],
    ids=lambda one: f"{one.operation} {one.type}",
)
def test_what_leaves_nothing_to_adopt_is_dropped_unasked(one: Unfinished) -> None:
    def never(_: Unfinished) -> Sequence[Sighting] | str:
        raise AssertionError("it was asked for")

    verdict = settle(one, never, ids=())
    assert verdict is not None
    assert verdict.fate is Fate.DROPPED
    assert settle(Unfinished(one.entry), never if one.operation == "creating" else lambda _: (), ids=()) is None


def test_the_plan_adds_what_the_state_knows_nothing_of() -> None:
    one = pending()
    planned = [dict(one.entry), dict(resource(DEV, FUNCTION, "items")), dict(resource(DEV, FUNCTION, "more"))]
    found = unfinished(state(one)["checkpoint"]["latest"], planned)
    assert [(each.urn, each.operation) for each in found] == [
        (one.urn, "creating"),
        (urn(DEV, FUNCTION, "more"), ""),
    ]


def test_the_ids_of_what_is_listed() -> None:
    gone = resource(DEV, FUNCTION, "gone", pendingReplacement=True)
    document = state(resources=[*checkpoint(DEV)["checkpoint"]["latest"]["resources"], gone])
    ids = listed_ids(document["checkpoint"]["latest"])
    assert ids[FUNCTION] == {"the-items"}


def after(document: dict[str, Any], found: Sequence[Unfinished], *verdicts: Settlement) -> list[dict[str, Any]]:
    """The resources of the mended state, which the driver's own judge takes."""
    made = mended(document, found, verdicts)
    latest = made["deployment"]
    assert latest["pending_operations"] == []
    whole = {**document, "checkpoint": {**document["checkpoint"], "latest": latest}}
    assert judge(content(whole), DEV, PROJECT).problems == ()
    listed: list[dict[str, Any]] = latest["resources"]
    return listed


def test_what_is_adopted_is_listed_last() -> None:
    one = pending()
    before = checkpoint(DEV)["checkpoint"]["latest"]["resources"]
    listed = after(state(one), [one], Settlement(one.urn, Fate.ADOPTED, "a1b2"))
    assert listed[:-1] == before
    sent = {**listed[-1]["inputs"], "id": "a1b2"}
    assert (listed[-1]["urn"], listed[-1]["id"], listed[-1]["outputs"]) == (one.urn, "a1b2", sent)
    assert after(state(one), [one], Settlement(one.urn, Fate.DROPPED)) == before


def test_what_it_refers_to_and_is_not_listed_is_left_out() -> None:
    lost = urn(DEV, "deploy:service:Function", "lost")
    hangs: dict[str, Any] = {
        "parent": lost,
        "dependencies": [lost, root(DEV)],
        "propertyDependencies": {"a": [lost], "b": None},
    }
    one = pending(**hangs)
    entry = after(state(one), [one], Settlement(one.urn, Fate.ADOPTED, "a1b2"))[-1]
    assert "parent" not in entry
    assert (entry["dependencies"], entry["propertyDependencies"]) == ([root(DEV)], {"a": [], "b": []})


def test_a_state_that_lost_even_its_provider_gets_what_is_needed_from_the_plan() -> None:
    component = {"urn": urn(DEV, "deploy:service:HttpApi", "web"), "custom": False, "type": "deploy:service:HttpApi"}
    given = provider(DEV, role=DEV.role_arn(EnterAs.DEPLOYMENT))
    del given["id"]
    the_stack = {"urn": root(DEV), "custom": False, "type": "pulumi:pulumi:Stack"}
    unknown = f"{given['urn']}::04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    one = pending(operation="", parent=component["urn"], provider=unknown)
    other = Unfinished(resource(DEV, FUNCTION, "other", provider=unknown))
    planned = [Unfinished(each) for each in (the_stack, given, {**component, "parent": root(DEV)})]
    listed = after(state(resources=[]), [*planned, one, other], Settlement(one.urn, Fate.ADOPTED, "a1b2"))
    assert [each["urn"] for each in listed] == [root(DEV), component["urn"], given["urn"], one.urn]
    assert listed[-1]["provider"] == f"{given['urn']}::{listed[2]['id']}"


@pytest.mark.parametrize("gone", [True, False])
def test_a_replacement_stands_before_what_it_replaces(gone: bool) -> None:
    older = resource(DEV, API, "web", **({"pendingReplacement": True} if gone else {}))
    user = resource(DEV, FUNCTION, "user", dependencies=[older["urn"]])
    resources = [*checkpoint(DEV)["checkpoint"]["latest"]["resources"], older, user]
    one = pending()
    listed = after(state(one, resources=resources), [one], Settlement(one.urn, Fate.ADOPTED, "new"))[-3:]
    ids = [(each["id"], each.get("delete", False)) for each in listed]
    assert ids[-2:] == ([("new", False), ("the-user", False)] if gone else [("the-web", True), ("the-user", False)])
    assert gone or ids[0] == ("new", False)
