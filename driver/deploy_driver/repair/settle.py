"""From a stack's state, a plan and what was found in the account to a state in which nothing is pending.

unfinished()   what may stand in the account although the state does not list it
settle()       what becomes of each, by what was found
mended()       the state, with what is adopted listed and no operation pending
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from deploy_driver.drift.finding import contains
from deploy_driver.placeholders import UNKNOWN
from deploy_driver.record.catalogue import Fate
from deploy_driver.repair.identity import may_be_deleted, may_be_made_again
from deploy_driver.repair.recorded import NO_RECORD, OnRecord

_PROVIDERS = "pulumi:providers:"
NOT_THERE = "it is not in the account"
"""Why most of what is dropped is: nothing that the state does not list already."""

Entry = Mapping[str, Any]
"""A resource as a state lists it (the engine's `ResourceV3`)."""


UNDECIDED = frozenset({Fate.SEVERAL, Fate.UNKNOWN})
"""What a person has to decide."""


@dataclass(frozen=True)
class Unfinished:
    """A resource that may stand in the account although the state does not list it.

    `entry` is what the state would list, without an id. `operation` is what was going on, in the state's word (`creating`);
    empty where the state says nothing and it is only planned to be made.
    """

    entry: Entry
    operation: str = ""

    @property
    def urn(self) -> str:
        """What Pulumi calls it."""
        return str(self.entry["urn"])

    @property
    def type(self) -> str:
        """The Pulumi type token."""
        return str(self.entry["type"])

    @property
    def inputs(self) -> Mapping[str, Any]:
        """Its inputs that are texts, as those are that say which one it is."""
        return {key: value for key, value in known_inputs(self.entry).items() if isinstance(value, str)}

    @property
    def whole(self) -> bool:
        """Whether all its inputs are known: what belongs to something that is not adopted yet is planned without its id."""
        return known_inputs(self.entry) == (self.entry.get("inputs") or {})

    @property
    def may_stand(self) -> bool:
        """Whether there could be anything in the account, and it matters: a component, a provider or a setting leaves nothing."""
        made = self.operation in {"", "creating"} and bool(self.entry.get("custom"))
        return made and not self.type.startswith(_PROVIDERS) and not may_be_made_again(self.type)


@dataclass(frozen=True)
class Sighting:
    """A thing in the account that it may be. `why` says by what it is known to be this stack's, or that it is not.

    `made` is when it was made, in seconds since the epoch; None where AWS does not say.
    """

    id: str
    ours: bool
    why: str
    made: float | None = None


@dataclass(frozen=True)
class Settlement:
    """What becomes of one unfinished operation, and `why`. `id` is what the provider calls the adopted thing."""

    urn: str
    fate: Fate
    id: str = ""
    why: str = ""


@dataclass(frozen=True)
class Decisions:
    """What a person has said beforehand: URNs that are to be adopted with an id, and those that are to be dropped."""

    adopt: Mapping[str, str] = field(default_factory=dict)
    drop: Collection[str] = ()


def unfinished(latest: Mapping[str, Any], planned: Sequence[Entry]) -> list[Unfinished]:
    """What may stand in the account although the state (`latest`) does not list it: what is pending, and what is planned to be made.

    In the plan's order, in which what belongs to another comes after it; what is pending with the inputs with which it was begun.
    """
    pending = [Unfinished(one["resource"], str(one.get("type", ""))) for one in latest.get("pending_operations") or ()]
    known = {one.urn for one in pending} | {one["urn"] for one in latest.get("resources") or ()}
    order = {entry["urn"]: place for place, entry in enumerate(planned)}
    found = [*pending, *(Unfinished(entry) for entry in planned if entry["urn"] not in known)]
    return sorted(found, key=lambda one: order.get(one.urn, -1))


def listed_ids(latest: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """The ids of what a state lists, by type."""
    found: dict[str, set[str]] = {}
    for one in latest.get("resources") or ():
        if one.get("custom") and one.get("id") and not one.get("pendingReplacement"):
            found.setdefault(one["type"], set()).add(one["id"])
    return {type_: frozenset(ids) for type_, ids in found.items()}


Look = Callable[[Unfinished], Sequence[Sighting] | str]
"""What of it stands in the account; a text says why that cannot be told."""


def settle(
    one: Unfinished, look: Look, *, ids: Collection[str], known: OnRecord = NO_RECORD, said: Decisions = Decisions()
) -> Settlement | None:
    """What becomes of it; None where nothing says that it was ever begun.

    `ids` are those of its type that the state lists already, `known` is what the records of runs say.
    """
    if one.urn in said.drop:
        return Settlement(one.urn, Fate.DROPPED, why="as was said")
    if one.urn in said.adopt:
        return Settlement(one.urn, Fate.ADOPTED, said.adopt[one.urn], "as was said")
    if not one.may_stand:
        return Settlement(one.urn, Fate.DROPPED, why=_nothing_stands(one)) if one.operation else None
    seen, recorded = look(one), known.ids.get(one.urn, "")
    if isinstance(seen, str) and recorded and recorded not in ids and one.whole:
        return Settlement(one.urn, Fate.ADOPTED, recorded, "the record of a run says that it was made")
    if isinstance(seen, str):
        begun = one.operation or (one.urn in known.begun and one.whole)
        return Settlement(one.urn, Fate.UNKNOWN, why=seen) if begun else None
    return _told(one, seen, ids, known) or (Settlement(one.urn, Fate.DROPPED, why=NOT_THERE) if one.operation else None)


def _told(one: Unfinished, seen: Sequence[Sighting], ids: Collection[str], known: OnRecord) -> Settlement | None:
    """What the account tells; None where nothing is there that the state does not list.

    Of several that a run has made in trying to make this one, it is the last: the others are deleted when it is in the state.
    """
    recorded = known.ids.get(one.urn, "")
    fresh = [sighting for sighting in seen if sighting.id not in ids]
    ours = [sighting for sighting in fresh if sighting.ours]
    ours = [sighting for sighting in ours if sighting.id == recorded] or ours
    if may_be_deleted(one.type) and all(known.made(one.urn, sighting.made) for sighting in ours):
        ours = sorted(ours, key=lambda sighting: sighting.made or 0.0)[-1:]
    if len(ours) > 1:
        return Settlement(one.urn, Fate.SEVERAL, why=", ".join(sighting.id for sighting in ours))
    if ours:
        return Settlement(one.urn, Fate.ADOPTED, ours[0].id, ours[0].why)
    return Settlement(one.urn, Fate.STRANGER, fresh[0].id, fresh[0].why) if fresh else None


def _nothing_stands(one: Unfinished) -> str:
    if one.operation != "creating":
        return f"it was {one.operation}: a refresh finds what came of it"
    if may_be_made_again(one.type):
        return "making it again changes nothing that is there"
    return "nothing of it is in an account"


def mended(document: Mapping[str, Any], found: Sequence[Unfinished], verdicts: Iterable[Settlement]) -> dict[str, Any]:
    """The state as the engine imports it (sdk `apitype.UntypedDeployment`): what is adopted is listed, and nothing is pending."""
    ids = {one.urn: one.id for one in verdicts if one.fate is Fate.ADOPTED}
    latest = dict(document["checkpoint"].get("latest") or {})
    resources = [dict(one) for one in latest.get("resources") or ()]
    adopted = [_listed(one.entry, ids[one.urn]) for one in found if one.urn in ids]
    needed = _carriers(resources, [one.entry for one in found if not one.operation], adopted)
    for entry in (*needed, *adopted):
        _list(resources, dict(entry))
    latest |= {"resources": resources, "pending_operations": []}
    features = {"features": document["features"]} if document.get("features") else {}
    return {"version": document["version"], **features, "deployment": latest}


def _carriers(
    resources: Sequence[Entry], planned: Sequence[Entry], adopted: Sequence[Mapping[str, Any]]
) -> Iterator[dict[str, Any]]:
    """What an adopted resource hangs on and the state has lost: components, and providers, which get an id of their own."""
    there = {one["urn"] for one in resources}
    plan = {one["urn"]: one for one in planned}
    wanted: dict[str, None] = {}

    def want(urn: str) -> None:
        if urn in plan and urn not in there and urn not in wanted:
            want(str(plan[urn].get("parent") or ""))
            wanted[urn] = None

    for one in adopted:
        want(str(one.get("parent") or ""))
        want(str(one.get("provider") or "").rpartition("::")[0])
    for urn in wanted:
        entry = plan[urn]
        yield _listed(entry, str(uuid.uuid4())) if entry.get("custom") else {**entry, "inputs": known_inputs(entry)}


def _listed(entry: Entry, id_: str) -> dict[str, Any]:
    """What a state lists. Its outputs are what was sent, by which the provider reads what is there in the refresh that follows.

    The id stands among them too: the part of the AWS provider that is built on Terraform's plugin framework knows a resource by
    that alone, and takes one without it for gone (pulumi-terraform-bridge, `pkg/pf/tfbridge/provider_read.go`).
    """
    known = known_inputs(entry)
    return {**entry, "id": id_, "inputs": known, "outputs": {**known, "id": id_}}


def known_inputs(entry: Entry) -> Mapping[str, Any]:
    """The inputs of a resource that are known: a preview does not know what follows from what is yet to be made."""
    return {key: value for key, value in (entry.get("inputs") or {}).items() if not contains(value, UNKNOWN)}


def _list(resources: list[dict[str, Any]], entry: dict[str, Any]) -> None:
    """Put the entry where the engine expects it: before the older one of its URN, which it replaces, otherwise at the end."""
    place = next((at for at, one in enumerate(resources) if one["urn"] == entry["urn"]), len(resources))
    before = resources[:place]
    if place < len(resources):
        older = resources[place]
        if older.pop("pendingReplacement", False):
            resources.pop(place)
        else:
            older["delete"] = True
    resources.insert(place, _held(entry, before))


def _held(entry: dict[str, Any], before: Sequence[Entry]) -> dict[str, Any]:
    """The entry without what it refers to and the state does not list before it; the next update says it again."""
    there = {one["urn"] for one in before}
    providers = {one["urn"]: f"{one['urn']}::{one['id']}" for one in before if one["type"].startswith(_PROVIDERS)}
    for key in ("parent", "deletedWith"):
        if entry.get(key) not in there:
            entry.pop(key, None)
    for key in ("dependencies", "replaceWith"):
        if key in entry:
            entry[key] = [urn for urn in entry[key] or () if urn in there]
    if "propertyDependencies" in entry:
        entry["propertyDependencies"] = {
            name: [urn for urn in urns or () if urn in there] for name, urns in entry["propertyDependencies"].items()
        }
    if provider := str(entry.get("provider") or ""):
        entry["provider"] = providers.get(provider.rpartition("::")[0], provider)
    return entry
