"""Break any one protection of the documents, and at least one named case of the proof fails."""

from __future__ import annotations

import pytest

from tests.contract.prove.documents import Mutation, broken, documents, mutations, wrong

EVERY = list(mutations())


def test_as_they_are_everything_goes_as_it_should() -> None:
    assert list(wrong(documents())) == []


@pytest.mark.parametrize("mutation", EVERY, ids=str)
def test_a_broken_protection_is_found(mutation: Mutation) -> None:
    assert next(wrong(broken(mutation.stack, mutation.name, mutation.document)), None)


def test_every_kind_of_document_is_broken_somewhere() -> None:
    names = {(mutation.stack, mutation.name) for mutation in EVERY}
    services = {("tools", "deploy.trust"), ("tools", "preview.trust"), ("dev-access", "items-execution.trust")}
    every = {(stack, name) for stack, said in documents().items() for name in said}
    assert every - names == services | {("tools", "trail")}
