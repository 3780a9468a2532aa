"""Looks up in an account what became of something that was being made: what it is there, and whose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.aws import asking, every
from deploy_driver.adapters.existing_resources import Presence
from deploy_driver.drift.by_name import NameQuestion, at
from deploy_driver.errors import NotReadyError
from deploy_driver.repair.identity import IDENTITIES, CloudIdentity, Owner, filled, may_be_deleted, tags_of
from deploy_driver.repair.orphans import question_of, unlisted
from deploy_driver.repair.settle import Sighting, Unfinished, listed_ids


@dataclass(frozen=True)
class Lookup:
    """One account, through `presence`; `owner` is whose things are looked for."""

    presence: Presence
    owner: Owner

    def seen(self, one: Unfinished) -> Sequence[Sighting] | str:
        """Everything that it may be; why that cannot be told, where it cannot."""
        identity = IDENTITIES.get(one.type)
        if identity is None:
            return f"nothing says by what a {one.type} is found again"
        if identity.question.asked(self.presence.known(one.inputs)) is None:
            return "what it is called is not known"
        try:
            answers = self.presence.answers(one.type, identity.question, one.inputs)
            return [self._sighting(one, identity, answer) for answer in answers]
        except NotReadyError as error:
            return str(error)

    def beside(self, one: Unfinished) -> list[Sighting]:
        """What is the same as something that the state lists, stands beside it, and serves nobody.

        Nothing of a type of which no second one is ever deleted. Raises NotReadyError where AWS does not say.
        """
        if not may_be_deleted(one.type):
            return []
        identity, seen = IDENTITIES[one.type], self.seen(one)
        if isinstance(seen, str):
            raise NotReadyError(seen)
        listed = self.owner.listed.get(one.type, ())
        return [it for it in seen if it.ours and it.id not in listed and not self._used(one, identity, it.id)]

    def _used(self, one: Unfinished, identity: CloudIdentity, id_: str) -> bool:
        target = {**one.inputs, "target": f"integrations/{id_}"}
        return bool(identity.used_by and self.presence.answers(f"a use of {one.type}", identity.used_by, target))

    def delete(self, one: Unfinished, id_: str) -> None:
        """Delete what stands beside it under this id. Raises NotReadyError with AWS's reason."""
        if call := IDENTITIES[one.type].deletion:
            self.presence.delete(one.type, call, {**one.inputs, "id": id_})

    def _sighting(self, one: Unfinished, identity: CloudIdentity, answer: Mapping[str, Any]) -> Sighting:
        known = {**answer, **self.presence.known(one.inputs)}
        id_ = filled(identity.id, known)
        if identity.of:
            parent = one.inputs.get(identity.parent, "")
            ours = self.owner.lists(identity.of, parent)
            return Sighting(
                id_, ours, f"it belongs to {parent}, which the state {'lists' if ours else 'does not list'}"
            )
        tags = self._tags(one.type, identity, known)
        ours = self.owner.has_tagged(tags)
        wanted = ", ".join(f"{key}={value}" for key, value in self.owner.tags.items())
        made = at(answer, identity.made) if identity.made else None
        return Sighting(
            id_,
            ours,
            f"it carries {'' if ours else 'not '}the tags {wanted}",
            made.timestamp() if isinstance(made, datetime) else None,
        )

    def _tags(self, type_: str, identity: CloudIdentity, known: Mapping[str, Any]) -> Mapping[str, str]:
        asked = identity.tags
        if isinstance(asked, str):
            return tags_of(at(known, asked))
        parameters = {key: filled(value, known) for key, value in asked.parameters.items()}
        question = NameQuestion(asked.service, asked.method, parameters)
        answers = self.presence.answers(f"a tag of {type_}", question, {})
        return {key: value for answer in answers for key, value in tags_of(at(answer, asked.tags)).items()}


@dataclass(frozen=True)
class Orphans:
    """What is the owner's in an account and no state lists. `unsure`: AWS lists it, and does not say whether it stands."""

    there: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def orphans(presence: Presence, owner: Owner, resources: Iterable[Mapping[str, Any]]) -> Orphans:
    """Ask the account, and of each thing whether it is still there. Raises NotReadyError where its tags cannot be asked for."""
    resources = list(resources)
    client = presence.aws.client("resourcegroupstaggingapi", presence.region)
    wanted = [{"Key": key, "Values": [value]} for key, value in owner.tags.items()]
    listed = asking(
        f"what carries the tags of {owner.stack}",
        lambda: every(client, "get_resources", "ResourceTagMappingList", TagFilters=wanted),
        by_code=dict.fromkeys(("AccessDeniedException", "AccessDenied"), remedies.POLICIES_OF_ROLES),
    )
    there, unsure = [], []
    for arn in unlisted((str(entry["ResourceARN"]) for entry in listed), resources):
        asked = question_of(arn)
        try:
            if asked is None:
                unsure.append(arn)
            elif presence.answers(arn, *asked):
                there.append(arn)
        except NotReadyError:
            unsure.append(arn)
    return Orphans((*there, *_parts(presence, owner, resources)), tuple(unsure))


def _parts(presence: Presence, owner: Owner, resources: Sequence[Mapping[str, Any]]) -> list[str]:
    """What has no tags, and stands a second time in what the state lists."""
    lookup = Lookup(presence, replace(owner, listed=listed_ids({"resources": resources})))
    listed = [Unfinished(one) for one in resources if one["type"] in IDENTITIES and IDENTITIES[one["type"]].of]
    return [f"{one.type} {it.id}: {it.why}" for one in listed for it in lookup.beside(one)]
