"""Of any stack's state: as it is it is fit; with any single stranger in it, or any piece of it gone, it is not."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.checkpoint import judge
from deploy_driver.values import Stack
from deploy_project.stacks import project_of
from tests.checkpoints import PROJECT, checkpoint, content
from tests.samples import access_stack, stack, tools_stack

STACKS = (stack("dev"), stack("prod"), access_stack("staging"), tools_stack())
stacks = st.sampled_from(STACKS)
names = st.from_regex(r"[a-z][a-z0-9-]{0,8}", fullmatch=True)
accounts = st.from_regex(r"[0-9]{12}", fullmatch=True)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4),
    max_leaves=12,
)


def resources(document: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document["checkpoint"]["latest"]["resources"]
    return found


@given(stacks)
def test_the_untouched_state_is_fit(of: Stack) -> None:
    assert judge(content(checkpoint(of)), of, PROJECT).problems == ()


@given(stacks, stacks)
def test_the_state_of_one_stack_is_never_fit_for_another(of: Stack, other: Stack) -> None:
    found = judge(content(checkpoint(of)), other, PROJECT)
    assert bool(found.problems) == found.foreign == (of != other)
    assert not found.damaged


@given(stacks, accounts, names, st.data())
def test_one_provider_of_another_account_or_role_is_enough(
    of: Stack, account: str, role: str, data: st.DataObject
) -> None:
    document = checkpoint(of)
    inputs = resources(document)[1]["inputs"]
    arn = f"arn:aws:iam::{account}:role/{role}"
    change = {"allowedAccountIds": [account], "assumeRoles": [{"roleArn": arn}]}
    key = data.draw(st.sampled_from(sorted(change)))
    inputs[key] = json.dumps(change[key]) if data.draw(st.booleans()) else change[key]
    fit = account == of.account if key == "allowedAccountIds" else arn in of.own_roles
    assert judge(content(document), of, PROJECT).foreign != fit


@given(stacks, names, names, st.data())
def test_one_urn_of_another_stack_or_project_is_enough(
    of: Stack, other: str, project: str, data: st.DataObject
) -> None:
    document = checkpoint(of)
    one = data.draw(st.sampled_from(resources(document)))
    before = one["urn"]
    one["urn"] = before.replace(
        f"urn:pulumi:{of.name}::{project_of(PROJECT, of.name)}", f"urn:pulumi:{other}::{project}"
    )
    assert bool(judge(content(document), of, PROJECT).problems) == (one["urn"] != before)


@given(stacks, st.data())
def test_no_resource_that_others_need_may_be_missing(of: Stack, data: st.DataObject) -> None:
    document = checkpoint(of)
    all_ = resources(document)
    gone = data.draw(st.integers(min_value=0, max_value=len(all_) - 1))
    needed = all_[gone]["urn"] in json.dumps(all_[gone + 1 :])
    del all_[gone]
    assert judge(content(document), of, PROJECT).damaged == needed


@given(stacks, st.data())
def test_no_end_of_it_may_be_missing(of: Stack, data: st.DataObject) -> None:
    whole = content(checkpoint(of))
    cut = data.draw(st.integers(min_value=0, max_value=len(whole) - 1))
    assert judge(whole[:cut], of, PROJECT).damaged


@given(stacks, anything, st.data())
def test_whatever_stands_anywhere_is_judged_and_breaks_nothing(of: Stack, value: Any, data: st.DataObject) -> None:
    document: Any = checkpoint(of)
    place: Any = document
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = value
    found = judge(content(document), of, PROJECT)
    assert all(isinstance(problem, str) and problem for problem in found.problems)
    assert bool(found.problems) == (found.damaged or found.foreign or found.newer)


@given(st.binary(max_size=200))
def test_any_bytes_are_no_state(bytes_: bytes) -> None:
    assert judge(bytes_, STACKS[0], PROJECT).damaged
