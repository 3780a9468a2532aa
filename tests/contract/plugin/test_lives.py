"""Every resource type's whole life, over gRPC, against the sandbox: what is made is what is seen, and nothing differs afterwards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from deploy_sandbox.plugin.autonaming import DEFAULTS
from deploy_sandbox.plugin.registry import resource_type
from deploy_sandbox.plugin.wire import UNKNOWN
from tests.contract.plugin.all_types import CASES, all_types
from tests.contract.plugin.cases import Case, Place, given

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.contract.plugin.engine import Engine

pytestmark = pytest.mark.sandbox

every_type = pytest.mark.parametrize("case", CASES, ids=[case.token.split(":")[-1] for case in CASES])
_TAGGED = [case for case in CASES if resource_type(case.token).tagged]


def test_every_type_has_its_case() -> None:
    assert sorted(case.token for case in CASES) == [one.token for one in all_types()]


@every_type
def test_what_was_made_is_what_is_read(case: Case, dev: Engine, place: Place) -> None:
    inputs = dev.checked(case.token, case.inputs(place))
    id_, state = dev.create(case.token, inputs)
    assert dev.diff(case.token, id_, state, inputs) == {}
    found = dev.read(case.token, id_, inputs, state)
    assert found is not None
    assert (found.id, found.state, found.inputs) == (id_, state, inputs)
    for name, start in case.known_outputs.items():
        assert str(state[name]).startswith(start.format(name=place.name)), name


@every_type
def test_a_preview_calls_nothing_and_knows_no_outputs(case: Case, dev: Engine, place: Place) -> None:
    inputs = dev.checked(case.token, case.inputs(place))
    id_, state = dev.create(case.token, inputs, preview=True)
    assert id_ == ""
    assert state == {**_bare(inputs), **{one.name: UNKNOWN for one in resource_type(case.token).outputs}}
    made, _ = dev.create(case.token, inputs)  # nothing is in its way
    assert made


@every_type
def test_each_property_is_updated_in_place(case: Case, dev: Engine, place: Place) -> None:
    inputs = dev.checked(case.token, case.inputs(place))
    id_, state = dev.create(case.token, inputs)
    for change, paths in case.updates:
        wanted = dev.checked(case.token, {**given(inputs), **change})
        assert dev.diff(case.token, id_, state, wanted) == dict(sorted(paths.items()))
        previewed = dev.update(case.token, id_, state, wanted, preview=True)
        state = dev.update(case.token, id_, state, wanted)
        assert _agree(previewed, state)
        _settled(dev, case, id_, wanted, state)
        inputs = wanted


@pytest.mark.parametrize("case", _TAGGED, ids=[case.token.split(":")[-1] for case in _TAGGED])
def test_tags_are_updated_in_place(case: Case, dev: Engine, place: Place) -> None:
    inputs = dev.checked(case.token, case.inputs(place))
    id_, state = dev.create(case.token, inputs)
    assert inputs["tagsAll"] == state["tagsAll"] == {"deploy:stack": "dev", "a": "1"}
    wanted = dev.checked(case.token, {**given(inputs), "tags": {"b": "2", "deploy:stack": "own"}})
    assert dev.diff(case.token, id_, state, wanted) == {
        "tags.a": "DELETE",
        "tags.b": "ADD",
        'tags["deploy:stack"]': "ADD",
        "tagsAll.a": "DELETE",
        "tagsAll.b": "ADD",
        'tagsAll["deploy:stack"]': "UPDATE",
    }
    state = dev.update(case.token, id_, state, wanted)
    assert state["tagsAll"] == {"deploy:stack": "own", "b": "2"}
    _settled(dev, case, id_, wanted, state)


@every_type
def test_what_others_did_is_seen_and_put_right(case: Case, dev: Engine, place: Place) -> None:
    inputs = dev.checked(case.token, case.inputs(place))
    id_, state = dev.create(case.token, inputs)
    for change, _ in case.updates:
        inputs = dev.checked(case.token, {**given(inputs), **change})
        state = dev.update(case.token, id_, state, inputs)
    for drift, paths in case.drifts:
        drift(place, state)
        found = dev.read(case.token, id_, inputs, state)
        assert found is not None
        assert dev.diff(case.token, id_, found.state, inputs) == dict(sorted(paths.items()))
        state = dev.update(case.token, id_, found.state, inputs)
        _settled(dev, case, id_, inputs, state)


@every_type
def test_an_import_needs_no_change(case: Case, dev: Engine, place: Place) -> None:
    inputs = dev.checked(case.token, case.inputs(place))
    id_, _ = dev.create(case.token, inputs)
    found = dev.read(case.token, case.import_id(inputs, id_))
    assert found is not None
    assert found.id == id_
    told = {key: value for key, value in given(found.inputs).items() if key not in case.also_imported}
    checked = dev.checked(case.token, told | {key: inputs[key] for key in case.not_imported})
    assert {**checked, DEFAULTS: []} == {**inputs, DEFAULTS: []}
    assert set(dev.diff(case.token, id_, found.state, inputs)) <= case.not_imported


@every_type
def test_what_is_deleted_is_gone_and_may_be_deleted_again(case: Case, dev: Engine, place: Place) -> None:
    inputs = dev.checked(case.token, case.inputs(place))
    id_, state = dev.create(case.token, inputs)
    dev.delete(case.token, id_, state)
    assert (dev.read(case.token, id_, inputs, state) is None) is not case.outlives_delete
    dev.delete(case.token, id_, state)


def _settled(dev: Engine, case: Case, id_: str, inputs: Mapping[str, Any], state: Mapping[str, Any]) -> None:
    assert dev.diff(case.token, id_, state, inputs) == {}
    found = dev.read(case.token, id_, inputs, state)
    assert found is not None
    assert (found.state, found.inputs) == (state, inputs)


def _agree(previewed: Mapping[str, Any], state: Mapping[str, Any]) -> bool:
    """Whether everything that the preview knew came to be."""
    return all(value is UNKNOWN or state.get(key, value) == value for key, value in previewed.items())


def _bare(inputs: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key != DEFAULTS}
