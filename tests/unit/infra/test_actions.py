"""The table that the deployment and preview roles come from covers the recorded need, and nothing is in it for nothing."""

from __future__ import annotations

import pytest

from deploy_infra.policies.actions import OPERATIONS, TYPES, everything, reads
from tests.unit.infra.facts import recorded

RECORDED_TYPES = [kind for kind in TYPES if kind in recorded()]


def test_every_type_of_the_table_was_recorded() -> None:
    assert sorted(RECORDED_TYPES) == sorted(TYPES)


@pytest.mark.parametrize("kind", RECORDED_TYPES)
def test_every_recorded_operation_is_in_the_table(kind: str) -> None:
    phases = recorded()[kind]
    made = {operation for operations in phases.values() for operation in operations}
    assert made <= {*TYPES[kind].read, *TYPES[kind].change}
    assert set(phases["read"]) <= set(TYPES[kind].read)


def test_what_no_recording_took_is_little_and_named() -> None:
    made = {call for kind in TYPES for calls in recorded()[kind].values() for call in calls}
    unrecorded = {call for calls in TYPES.values() for call in (*calls.read, *calls.change)} - made
    # A recording changes code and takes a tag away only where its program did.
    assert unrecorded == {"Lambda:UpdateFunctionCode", "Lambda:UntagResource", "ApiGatewayV2:UntagResource"}


def test_every_operation_of_the_table_is_made_by_some_type() -> None:
    made = {call for calls in TYPES.values() for call in (*calls.read, *calls.change)}
    assert set(OPERATIONS) == made


def test_reading_is_a_part_of_everything_and_writes_nothing() -> None:
    assert reads() < everything()
    verbs = (
        "Put",
        "Create",
        "Delete",
        "Update",
        "Add",
        "Remove",
        "Publish",
        "Tag",
        "Untag",
        "POST",
        "PATCH",
        "DELETE",
        "Pass",
    )
    reading = {need.action.split(":")[1] for need in reads()}
    assert not [action for action in reading if action.startswith(verbs)]


def test_no_action_is_a_wildcard() -> None:
    assert not [need for need in everything() if "*" in need.action]
