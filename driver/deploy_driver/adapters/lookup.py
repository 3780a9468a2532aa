"""Looks up in an account what became of something that was being made: what it is there, and whose."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy_driver.adapters.aws import asking, every
from deploy_driver.adapters.existing_resources import Presence
from deploy_driver.drift.by_name import NameQuestion, at
from deploy_driver.errors import NotReadyError
from deploy_driver.repair.identity import IDENTITIES, CloudIdentity, Owner, filled, tags_of
from deploy_driver.repair.orphans import question_of, unlisted
from deploy_driver.repair.settle import Sighting, Unfinished


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
        return Sighting(id_, ours, f"it carries {'' if ours else 'not '}the tags {wanted}")

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
    """What carries the owner's tags in an account and no state lists. `unsure`: AWS lists it, and does not say whether it stands."""

    there: tuple[str, ...] = ()
    unsure: tuple[str, ...] = ()


def orphans(presence: Presence, owner: Owner, resources: Iterable[Mapping[str, Any]]) -> Orphans:
    """Ask the account, and of each thing whether it is still there. Raises NotReadyError where its tags cannot be asked for."""
    client = presence.aws.client("resourcegroupstaggingapi", presence.region)
    wanted = [{"Key": key, "Values": [value]} for key, value in owner.tags.items()]
    listed = asking(
        f"what carries the tags of {owner.stack}",
        lambda: every(client, "get_resources", "ResourceTagMappingList", TagFilters=wanted),
        remedies=dict.fromkeys(
            ("AccessDeniedException", "AccessDenied"), "`deploy bootstrap` lets the preview role ask"
        ),
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
    return Orphans(tuple(there), tuple(unsure))
