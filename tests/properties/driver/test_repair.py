"""Whatever was pending and whatever stands in the account: the mended state is whole, has lost nothing, and nothing is pending in it."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.checkpoint import judge
from deploy_driver.record.catalogue import Fate
from deploy_driver.repair.settle import (
    UNDECIDED,
    Settlement,
    Sighting,
    Unfinished,
    listed_ids,
    mended,
    settle,
    unfinished,
)
from tests.checkpoints import PROJECT, checkpoint, content, resource, root, urn, with_pending
from tests.samples import stack

DEV = stack("dev")
KINDS = ("aws:apigatewayv2/api:Api", "aws:lambda/function:Function", "aws:s3/bucketPolicy:BucketPolicy")
NAMES = ("items", "web", "jobs")
POSSIBLE = [urn(DEV, kind, name) for kind in KINDS for name in NAMES] + [root(DEV)]


@st.composite
def entries(draw: st.DrawFn) -> dict[str, Any]:
    """A resource as it was sent: it may refer to anything, be it listed or not."""
    kind, name = draw(st.sampled_from(KINDS)), draw(st.sampled_from(NAMES))
    hangs = draw(st.lists(st.sampled_from(POSSIBLE), max_size=3))
    parent = draw(st.sampled_from([root(DEV), urn(DEV, "deploy:service:HttpApi", "lost")]))
    made = resource(DEV, kind, name, parent=parent, dependencies=hangs, propertyDependencies={"name": hangs})
    return {key: value for key, value in made.items() if key not in {"id", "outputs"}}


sightings = st.lists(
    st.builds(Sighting, st.sampled_from(["the-items", "a1", "b2"]), st.booleans(), st.just("seen")), max_size=3
)


@given(
    st.lists(st.tuples(entries(), st.sampled_from(["creating", "updating", "deleting"])), max_size=5),
    st.lists(entries(), max_size=4),
    st.dictionaries(st.sampled_from(POSSIBLE), sightings),
)
def test_a_mended_state_is_whole_and_nothing_is_lost(
    pending: list[tuple[dict[str, Any], str]], planned: list[dict[str, Any]], there: dict[str, list[Sighting]]
) -> None:
    before = with_pending(checkpoint(DEV), *(entry for entry, _ in pending))
    latest = before["checkpoint"]["latest"]
    for operation, (_, word) in zip(latest["pending_operations"], pending, strict=True):
        operation["type"] = word
    found, ids = unfinished(latest, planned), listed_ids(latest)

    def settled(one: Unfinished) -> Settlement | None:
        return settle(one, lambda _: there.get(one.urn, []), ids=ids.get(one.type, ()))

    settlements = [verdict for verdict in map(settled, found) if verdict]
    if any(one.fate in UNDECIDED for one in settlements):
        return  # nothing is written then
    after = mended(before, found, settlements)["deployment"]
    whole = json.loads(json.dumps({**before, "checkpoint": {**before["checkpoint"], "latest": after}}))

    judged = judge(content(whole), DEV, PROJECT)
    assert judged.problems == ()
    assert judged.pending == ()
    live = {one["urn"]: one.get("id") for one in after["resources"] if not one.get("delete")}
    assert live.keys() >= {one["urn"] for one in latest["resources"]}
    assert {one.get("id") for one in latest["resources"]} <= {one.get("id") for one in after["resources"]}
    for one in settlements:
        ours = {sighting.id for sighting in there.get(one.urn, []) if sighting.ours}
        assert (one.id in ours) is (one.fate is Fate.ADOPTED)
        assert one.fate is not Fate.ADOPTED or live[one.urn] == one.id
