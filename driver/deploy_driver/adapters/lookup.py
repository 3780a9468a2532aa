"""Looks up in an account what became of something that was being made: what it is there, and whose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy_driver.adapters.existing_resources import Presence
from deploy_driver.drift.by_name import NameQuestion, at
from deploy_driver.errors import NotReadyError
from deploy_driver.repair.identity import IDENTITIES, CloudIdentity, Owner, filled, tags_of
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
