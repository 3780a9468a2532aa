"""The names by which a run is found again in the accounts' trails."""

from __future__ import annotations

import pytest

from deploy_driver.plan.plan import make_plan
from deploy_driver.run.build_info import application_id, began, build_of, new_run_id, session_name
from deploy_driver.values import Operation
from tests.samples import RUN, access_stack, facts, stack


def test_a_run_s_id_says_when_it_began_and_is_not_the_next_one_s() -> None:
    one, other = new_run_id(1795395720.0), new_run_id(1795395720.0)
    assert one.startswith("20261123-0102-")
    assert one != other


@pytest.mark.parametrize(
    ("environment", "build"),
    [
        ({}, "local"),
        ({"BUILD_NUMBER": ""}, "local"),
        ({"BUILD_NUMBER": "42"}, "b42"),
        ({"BUILD_NUMBER": "1.2-rc\n$(id)"}, "b1.2rcid"),
        ({"BUILD_NUMBER": "٤٢"}, "local"),
        ({"BUILD_NUMBER": "../"}, "b.."),
    ],
)
def test_the_build_is_jenkins_s_number_in_an_alphabet_that_sts_takes(environment: dict[str, str], build: str) -> None:
    assert build_of(environment) == build


def test_a_session_s_name_says_project_account_build_and_run() -> None:
    assert session_name("items", "dev", "b42", RUN) == f"items-dev-b42-{RUN}"


def test_an_access_stack_s_session_bears_its_account_s_name() -> None:
    step = make_plan(Operation.UP, [access_stack("dev")]).steps[0]
    assert facts().session_name(step) == f"items-dev-b42-{RUN}"


def test_a_request_carries_the_session_s_name_for_both_trails_and_the_role_to_take() -> None:
    step = make_plan(Operation.PREVIEW, [stack()]).steps[0]
    request = facts().request(step, refresh=True)
    name = f"items-dev-b42-{RUN}"
    assert request.facts == {
        "deploy:enterAs": "preview",
        "deploy:sessionName": name,
    }
    assert request.refresh
    assert request.config_file == step.stack.file


def test_the_application_id_fits_a_user_agent() -> None:
    assert application_id(RUN) == f"deploy-{RUN}"
    assert len(application_id("x" * 100)) == 50


def test_a_run_s_id_says_when_it_began_to_the_minute() -> None:
    assert began(new_run_id(1795395754.0)) == 1795395720.0


@pytest.mark.parametrize(
    "text", ["", "latest", "20261123-0102-3f9a7", "20261123-0102-3f9a7c ", "20261323-0102-3f9a7c", "../x"]
)
def test_what_is_no_run_s_id_has_no_beginning(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a run's id|does not match|unconverted"):
        began(text)
