"""Whatever Jenkins says, names stay in STS's alphabet and length, and runs stay apart."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from deploy_driver.config.load import NAMES_LIMIT
from deploy_driver.run.build_info import application_id, build_of, new_run_id, session_name

STS = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
projects = st.from_regex(re.compile(r"[A-Za-z0-9_.-]{1,20}", re.ASCII), fullmatch=True)
envs = st.from_regex(re.compile(r"[a-z][a-z0-9]{0,19}", re.ASCII), fullmatch=True)
times = st.floats(min_value=0, max_value=4e9)


@given(projects, envs, st.text(), times)
def test_a_session_name_is_one_that_sts_takes(project: str, env: str, number: str, now: float) -> None:
    run = new_run_id(now)
    name = session_name(project, env, build_of({"BUILD_NUMBER": number}), run)
    assert STS.fullmatch(name)
    assert name.startswith(f"{project}-{env}-")
    assert name.endswith(f"-{run}")


@given(projects, envs, st.text(min_size=60), times)
def test_a_long_build_never_drives_out_the_run(project: str, env: str, number: str, now: float) -> None:
    assert len(project) + len(env) <= NAMES_LIMIT
    run = new_run_id(now)
    assert session_name(project, env, build_of({"BUILD_NUMBER": number}), run).endswith(run)


@given(st.text())
def test_a_build_has_only_plain_letters_digits_and_dots(number: str) -> None:
    assert re.fullmatch(r"local|b[A-Za-z0-9.]+", build_of({"BUILD_NUMBER": number}), re.ASCII)


@given(times, times)
def test_runs_sort_by_the_minute_they_began_in(one: float, other: float) -> None:
    first, second = sorted([one, other])
    assert new_run_id(first)[:13] <= new_run_id(second)[:13]


@given(times)
def test_the_application_id_is_one_that_the_sdks_take(now: float) -> None:
    assert re.fullmatch(r"[\w!$%&*+.^`|~#'-]{1,50}", application_id(new_run_id(now)), re.ASCII)
