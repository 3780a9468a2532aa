"""Which stacks a change concerns: each kind of file, in a repository's top and in a folder of it."""

from __future__ import annotations

import pytest

from deploy_driver.plan.affected import Affected, Change, Selection, TouchedFile, affected
from deploy_driver.values import Layer, Stack
from tests.samples import access_stack, chain, tools_stack

STACKS: tuple[Stack, ...] = (
    tools_stack(),
    access_stack("dev"),
    access_stack("staging"),
    access_stack("prod"),
    *chain(),
)
ALL = "tools dev-access staging-access prod-access dev staging prod"


def changed(*paths: str, folder: str = "", committed: bool = True) -> Change:
    return Change("origin/main", ("1a2b3c",), tuple(TouchedFile(path, committed) for path in paths), folder)


def of(change: Change, program: str = "infra") -> tuple[Affected, ...]:
    return affected(change, STACKS, program)


def names(found: tuple[Affected, ...]) -> str:
    return " ".join(one.stack.name for one in found)


@pytest.mark.parametrize(
    ("path", "concerned"),
    [
        ("Pulumi.dev.yaml", "tools dev-access dev"),
        ("Pulumi.prod.yaml", "tools prod-access prod"),
        ("Pulumi.gone.yaml", "tools"),
        ("Pulumi.tools.yaml", ALL),
        ("Pulumi.yaml", ALL),
        ("deploy.toml", ALL),
        ("uv.lock", ALL),
        ("pyproject.toml", ALL),
        ("infra", ALL),
        ("infra/__main__.py", ALL),
        ("infra/handler/app.py", ALL),
        ("README.md", ""),
        ("docs/infra/x.md", ""),
        ("infrared.py", ""),
        ("infra.md", ""),
        ("tests/infra/test_program.py", ""),
        ("tests/Pulumi.dev.yaml", ""),
        ("other/deploy.toml", ""),
        ("other/uv.lock", ""),
        ("pulumi.dev.yaml", ""),
        ("Pulumi.dev.yaml.orig", ""),
    ],
)
def test_each_kind_of_file_concerns_its_stacks(path: str, concerned: str) -> None:
    assert names(of(changed(path))) == concerned


@pytest.mark.parametrize(
    ("path", "concerned"),
    [
        ("services/items/Pulumi.dev.yaml", "tools dev-access dev"),
        ("services/items/deploy.toml", ALL),
        ("services/items/infra/x.py", ALL),
        ("services/items/uv.lock", ALL),
        ("services/uv.lock", ALL),
        ("uv.lock", ALL),
        ("Pulumi.dev.yaml", ""),
        ("deploy.toml", ""),
        ("infra/x.py", ""),
        ("services/other/infra/x.py", ""),
        ("services/other/uv.lock", ""),
    ],
)
def test_a_project_in_a_folder_of_its_repository_is_concerned_by_its_own_files(path: str, concerned: str) -> None:
    assert names(of(changed(path, folder="services/items"))) == concerned


def test_where_the_whole_folder_is_the_program_everything_in_it_concerns_all_but_a_stack_file_its_own() -> None:
    assert names(of(changed("README.md"), program=".")) == ALL
    assert names(of(changed("Pulumi.dev.yaml"), program=".")) == "tools dev-access dev"
    assert names(of(changed("svc/README.md", folder="svc"), program=".")) == ALL
    assert names(of(changed("README.md", folder="svc"), program=".")) == ""


def test_a_program_beside_the_project_is_found() -> None:
    assert names(of(changed("program/x.py", folder="project"), program="../program")) == ALL
    assert names(of(changed("project/x.py", folder="project"), program="../program")) == ""


def test_nothing_touched_concerns_nothing() -> None:
    assert of(changed()) == ()


def test_every_reason_is_said_with_its_files() -> None:
    found = {one.stack.name: one.reasons for one in of(changed("Pulumi.dev.yaml", "infra/a.py", "infra/b.py", "x.md"))}
    assert found["dev"] == ("its stack file: Pulumi.dev.yaml", "the program: infra/a.py, infra/b.py")
    assert found["prod"] == ("the program: infra/a.py, infra/b.py",)
    assert found["tools"][0] == "an account's file, which the tools stack reads: Pulumi.dev.yaml"
    everybody = {one.reasons for one in of(changed("Pulumi.tools.yaml")) if one.stack.name != "tools"}
    assert everybody == {("the file of the tools account, which every stack reads: Pulumi.tools.yaml",)}


def test_what_is_not_committed_is_said() -> None:
    found = of(changed("Pulumi.dev.yaml", committed=False))
    assert found[-1].reasons == ("its stack file: Pulumi.dev.yaml (not committed)",)


def test_many_files_are_counted() -> None:
    found = of(changed(*(f"infra/{number}.py" for number in range(1000))))
    assert found[-1].reasons == ("the program: infra/0.py, infra/1.py, infra/2.py and 997 more",)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("infra/a\nb.py", r"'infra/a\nb.py'"),
        ("infra/'; rm -rf ~; '.py", '''"infra/'; rm -rf ~; '.py"'''),
        ("infra/\x1b[2J", r"'infra/\x1b[2J'"),
        ("infra/a, b.py", "'infra/a, b.py'"),
        ("infra/\udcff", r"'infra/\udcff'"),
        ("infra/\u202egnp.py", r"'infra/\u202egnp.py'"),
        ("infra/ ", "'infra/ '"),
        ("infra/ü.py", "infra/ü.py"),
    ],
)
def test_hostile_names_are_quoted(name: str, shown: str) -> None:
    assert of(changed(name))[-1].reasons == (f"the program: {shown}",)


def test_an_endless_name_is_cut() -> None:
    reason = of(changed("infra/" + "x" * 4000))[-1].reasons[0]
    assert len(reason) < 150
    assert "…" in reason


@pytest.mark.parametrize(
    ("layer", "selected", "left_out"),
    [(Layer.SERVICE, "dev", "tools dev-access"), (Layer.ACCESS, "tools dev-access", "dev")],
)
def test_a_selection_is_of_one_layer_and_knows_the_other(layer: Layer, selected: str, left_out: str) -> None:
    change = changed("Pulumi.dev.yaml")
    selection = Selection(change, layer, of(change))
    assert (names(selection.selected), names(selection.left_out)) == (selected, left_out)
    assert " ".join(stack.name for stack in selection.stacks) == selected
