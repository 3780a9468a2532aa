"""A preview's document says what the change concerns and was not previewed, and keeps within its limit with it."""

from __future__ import annotations

import pytest

from deploy_driver.plan.affected import Change, Selection, TouchedFile, affected
from deploy_driver.render.preview import as_markdown
from deploy_driver.run.outcome import RunOutcome
from deploy_driver.values import Layer, Operation
from tests import previews
from tests.samples import access_stack, chain, tools_stack

STACKS = (tools_stack(), access_stack("dev"), access_stack("staging"), access_stack("prod"), *chain())
NOTHING = RunOutcome("", Operation.PREVIEW, ())


def selected(*paths: str, layer: Layer = Layer.SERVICE) -> Selection:
    change = Change("origin/main", ("1a2b3c",), tuple(TouchedFile(path) for path in paths))
    return Selection(change, layer, affected(change, STACKS, "infra"))


def test_access_stacks_that_are_affected_are_named_with_their_reasons() -> None:
    said = as_markdown(previews.SMALL, project="items", selection=selected("Pulumi.dev.yaml"))
    assert "This change also concerns 2 access stacks, not previewed here." in said
    assert "**who may enter**" in said
    assert "- <code>dev-access</code>: <code>its stack file: Pulumi.dev.yaml</code>" in said
    assert said.index("| stack |") < said.index("also concerns")


def test_a_change_of_nothing_else_is_not_mentioned() -> None:
    assert "also concerns" not in as_markdown(previews.SMALL, project="items", selection=selected("README.md"))
    assert "also concerns" not in as_markdown(previews.SMALL, project="items")


def test_where_nothing_was_previewed_the_document_does_not_say_that_nothing_is_affected() -> None:
    said = as_markdown(NOTHING, project="items", selection=selected("Pulumi.gone.yaml"))
    assert "no stack is affected" not in said
    assert "1 access stack, not previewed here" in said
    assert "no stack is affected" in as_markdown(NOTHING, project="items", selection=selected("README.md"))


def test_an_administrator_s_preview_names_the_service_stacks_that_it_leaves_out() -> None:
    said = as_markdown(NOTHING, project="items", selection=selected("Pulumi.dev.yaml", layer=Layer.ACCESS))
    assert "also concerns 1 service stack, not previewed here." in said
    assert "who may enter" not in said


def test_a_hostile_name_of_a_file_stays_text() -> None:
    said = as_markdown(NOTHING, project="items", selection=selected("infra/@all <img src=x>|`**.py"))
    assert "<img" not in said
    assert "@all" not in said


@pytest.mark.parametrize("limit", [1_000, 2_000, 60_000])
def test_the_document_keeps_within_its_limit(limit: int) -> None:
    names = [f"infra/{number}{'x' * 200}.py" for number in range(500)]
    said = as_markdown(previews.huge(40), project="items", limit=limit, selection=selected(*names))
    assert len(said) <= limit
    assert said.startswith("<!-- deploy:preview items -->\n")
    assert "also concerns 4 access stacks" in said
