"""What a run made twice is told from what somebody else made: by when it was made, and by what the run was at then."""

from __future__ import annotations

import pytest

from deploy_driver.record.catalogue import Fate
from deploy_driver.repair.identity import IDENTITIES
from deploy_driver.repair.recorded import NO_RECORD, OnRecord
from deploy_driver.repair.settle import Sighting, Unfinished, settle
from deploy_driver.repair.twice import made_twice
from tests.checkpoints import resource
from tests.samples import stack

API = Unfinished(resource(stack("dev"), "aws:apigatewayv2/api:Api", "web"))
KNOWN = OnRecord(making={API.urn: [(1000.0, 1020.0)]})


def second(made: float | None) -> Sighting:
    return Sighting("b2", ours=True, why="it is ours", made=made)


@pytest.mark.parametrize(
    ("made", "known", "ours"),
    [
        (1003.0, KNOWN, True),
        (995.0, KNOWN, True),  # clocks differ
        (None, KNOWN, True),
        (900.0, KNOWN, False),  # somebody made it before
        (1021.0, KNOWN, False),  # and after
        (1003.0, NO_RECORD, False),
        (None, NO_RECORD, False),
        (1003.0, OnRecord(making={"another": [(1000.0, 1020.0)]}), False),
    ],
)
def test_what_the_run_made(made: float | None, known: OnRecord, ours: bool) -> None:
    found = made_twice(API, [second(made)], known)
    assert [(one.urn, one.fate, one.id) for one in found] == ([(API.urn, Fate.TWICE, "b2")] if ours else [])


def pending(type_: str = API.type) -> Unfinished:
    return Unfinished(resource(stack("dev"), type_, "web"), "creating")


def test_of_several_that_a_run_has_made_in_trying_the_last_is_adopted() -> None:
    first, last, stranger = (
        Sighting(name, ours=True, why="ours", made=made)
        for name, made in (("a1", 1003.0), ("c3", 1009.0), ("d4", 2000.0))
    )

    def settled(one: Unfinished, known: OnRecord, *seen: Sighting) -> tuple[Fate, str] | None:
        verdict = settle(one, lambda _: seen, ids=(), known=known)
        return (verdict.fate, verdict.id) if verdict else None

    assert settled(pending(), KNOWN, last, first) == (Fate.ADOPTED, "c3")
    assert settled(pending(), NO_RECORD, last, first) == (Fate.SEVERAL, "")
    assert settled(pending(), KNOWN, last, first, stranger) == (Fate.SEVERAL, "")
    function = pending("aws:lambda/function:Function")
    assert settled(function, OnRecord(making={function.urn: [(1000.0, 1020.0)]}), last, first) == (Fate.SEVERAL, "")


def test_nothing_that_holds_data_is_ever_deleted() -> None:
    assert {type_ for type_, identity in IDENTITIES.items() if identity.deletion} == {
        "aws:apigatewayv2/api:Api",
        "aws:apigatewayv2/integration:Integration",
    }
