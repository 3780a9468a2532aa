"""Laws of what a change concerns, for any files."""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.plan.affected import Change, TouchedFile, affected
from tests.samples import access_stack, chain, tools_stack

STACKS = (tools_stack(), access_stack("dev"), *chain())
NAMES = st.sampled_from(["Pulumi.dev.yaml", "Pulumi.tools.yaml", "deploy.toml", "uv.lock", "README.md", "x.py"])
FOLDERS = st.lists(st.one_of(st.sampled_from(["infra", "docs"]), st.text("ab-\n'\"\udcff", min_size=1)), max_size=3)
PATHS = st.builds(lambda folders, name: "/".join([*folders, name]), FOLDERS, NAMES)
TOUCHED = st.lists(st.builds(TouchedFile, PATHS, st.booleans()), max_size=6)


def concerned(touched: list[TouchedFile], folder: str = "") -> set[str]:
    return {one.stack.name for one in affected(Change("main", (), tuple(touched), folder), STACKS, "infra")}


@given(TOUCHED, TOUCHED)
def test_two_changes_together_concern_what_each_of_them_does(one: list[TouchedFile], other: list[TouchedFile]) -> None:
    assert concerned([*one, *other]) == concerned(one) | concerned(other)


@given(TOUCHED, st.randoms(use_true_random=False))
def test_the_order_of_files_does_not_matter(touched: list[TouchedFile], random: Random) -> None:
    shuffled = list(touched)
    random.shuffle(shuffled)
    assert concerned(shuffled) == concerned(touched)


@given(TOUCHED)
def test_every_stack_that_is_concerned_has_a_reason_that_is_one_line(touched: list[TouchedFile]) -> None:
    for one in affected(Change("main", (), tuple(touched)), STACKS, "infra"):
        assert one.reasons
        assert all(reason.isprintable() for reason in one.reasons)


@given(TOUCHED, st.sampled_from(["svc", "a/b"]))
def test_a_project_means_the_same_wherever_its_folder_is(touched: list[TouchedFile], folder: str) -> None:
    moved = [TouchedFile(f"{folder}/{file.path}", file.committed) for file in touched]
    assert concerned(moved, folder) == concerned(touched)


@given(PATHS)
def test_what_is_in_the_program_concerns_all(path: str) -> None:
    assert concerned([TouchedFile(f"infra/{path}")]) == {stack.name for stack in STACKS}


@given(PATHS)
def test_what_is_in_the_docs_concerns_none(path: str) -> None:
    assert concerned([TouchedFile(f"docs/{path}")]) == set()
