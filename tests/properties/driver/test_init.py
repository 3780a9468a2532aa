"""Whatever is typed is refused with a reason, or becomes a project whose settings hold and that says nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.app.init import init
from deploy_driver.app.program import settings_problems
from deploy_driver.config.load import load
from deploy_driver.config.new_project import AskedProject, missing, wrong
from deploy_driver.errors import UsageError
from deploy_driver.values import Layer

REGIONS = ("eu-central-1", "us-east-1")
DIGITS = st.from_regex(r"[0-9]{12}", fullmatch=True)
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,9}(-[a-z0-9]{1,9})?", fullmatch=True)
ACCOUNTS = st.lists(st.builds("{}={}".format, NAMES, DIGITS), max_size=3).map(tuple)
LIKELY = st.builds(AskedProject, NAMES, DIGITS, ACCOUNTS, st.sampled_from(REGIONS))
TYPED = st.builds(AskedProject, st.text(), st.text(), st.lists(st.text(), max_size=3).map(tuple), st.text())


@given(LIKELY)
def test_what_is_right_is_a_project_that_holds(asked: AskedProject) -> None:
    with TemporaryDirectory() as scratch:
        root = Path(scratch)
        if wrong(asked, REGIONS) or missing(asked):
            return
        init(asked, root)
        config = load(root, {}, ask=settings_problems)
        accounts = [f"{stack.name}={stack.account}" for stack in config.layer(Layer.SERVICE)]
        assert (config.project, config.tools.account, tuple(accounts)) == (asked.name, asked.tools, asked.accounts)


@given(TYPED | LIKELY)
def test_what_is_wrong_is_said_on_lines_that_a_terminal_can_show_and_leaves_nothing(asked: AskedProject) -> None:
    found = [*missing(asked), *wrong(asked, REGIONS)]
    assert all(line.isprintable() for line in found)
    if found:
        with TemporaryDirectory() as scratch:
            with pytest.raises(UsageError):
                init(asked, Path(scratch))
            assert list(Path(scratch).iterdir()) == []


@given(TYPED)
def test_nothing_but_letters_digits_and_hyphens_is_ever_right(asked: AskedProject) -> None:
    if not wrong(asked, REGIONS):
        said = (asked.name, asked.tools, asked.region, *asked.accounts)
        assert all(re.fullmatch(r"[a-z0-9=-]*", one, re.ASCII) for one in said)
