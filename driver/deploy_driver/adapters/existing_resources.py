"""Whether something of a resource's name stands in the account already, made by somebody else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.aws import AwsSession, asking
from deploy_driver.drift.by_name import QUESTIONS, NameQuestion, at
from deploy_driver.drift.resource_state import ResourceState
from deploy_project.remedy import Remedy

_ABSENT = frozenset(
    {
        *("404", "ActivityDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "InvalidDocument", "NoSuchBucket"),
        *(
            "NoSuchEntity",
            "NoSuchTagSet",
            "NotFound",
            "NotFoundException",
            "QueueDoesNotExist",
            "RepositoryNotFoundException",
        ),
        *("ResourceNotFound", "ResourceNotFoundException", "StateMachineDoesNotExist", "TrailNotFoundException"),
    }
)
"""How the services say that a thing of that name is not there."""

_REMEDIES = {
    "403": remedies.POLICIES_OR_OTHER_BUCKET,
    **dict.fromkeys(("AccessDenied", "AccessDeniedException", "AuthorizationError"), remedies.POLICIES_OF_ROLES),
}


@dataclass(frozen=True)
class Presence:
    """One account, asked as the role whose keys `aws` holds."""

    aws: AwsSession
    account: str
    region: str

    def stands(self, type_: str, resource: ResourceState) -> bool:
        """Whether it is there; not, where its type has no name to ask for. Raises NotReadyError where AWS does not say."""
        question = QUESTIONS.get(type_)
        return bool(question and self.answers(type_, question, resource.inputs))

    def known(self, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """The inputs of a resource, and where it is: what a question is made of."""
        return {**inputs, "account": self.account, "region": self.region}

    def answers(self, type_: str, question: NameQuestion, inputs: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """What AWS says of each thing that it may be; nothing where it is not there, or not known by what to ask.

        Raises NotReadyError where AWS does not say.
        """
        return self._asked("whether there is {} already", type_, question, inputs, _REMEDIES)

    def delete(self, type_: str, call: NameQuestion, inputs: Mapping[str, Any]) -> None:
        """Delete a thing; nothing where it is gone already. Raises NotReadyError with AWS's reason."""
        self._asked("deleting {}", type_, call, inputs, {})

    def _asked(
        self, what: str, type_: str, question: NameQuestion, inputs: Mapping[str, Any], by_code: Mapping[str, Remedy]
    ) -> Sequence[Mapping[str, Any]]:
        known = self.known(inputs)
        parameters = question.asked(known)
        if parameters is None:
            return ()
        named = " ".join([type_, *(str(known[key]) for key in question.names(known) if known.get(key))])
        return asking(what.format(named), lambda: self._found(question, parameters, known), by_code=by_code)

    def _found(
        self, question: NameQuestion, parameters: Mapping[str, Any], known: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        from botocore.exceptions import ClientError

        client = self.aws.client(question.service, self.region)
        try:
            if client.can_paginate(question.method):
                pages = list(client.get_paginator(question.method).paginate(**parameters))
            else:
                pages = [getattr(client, question.method)(**parameters)]
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in _ABSENT:
                return ()
            raise
        if not question.listed:
            return pages
        entries = (entry for page in pages for entry in at(page, question.listed) or ())
        return [
            entry
            for entry in entries
            if all(entry.get(field) == known.get(key) for field, key in question.same.items())
        ]
