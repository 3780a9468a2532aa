"""The table of faults is the page of the failure model, and every name of it is of one fault at one moment."""

from __future__ import annotations

import random
from pathlib import Path

from deploy_driver.errors import ExitCode
from generate.failure_model import reference
from tests.chaos.__main__ import in_turns
from tests.chaos.moments import Moment
from tests.chaos.stage import SCENARIOS
from tests.chaos.table import FAULTS, SAMPLE, cases_of

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "failure-model.md"
FUNCTION = "urn:pulumi:dev::items::deploy:service:Function$aws:lambda/function:Function::items"
MOMENTS = tuple(
    Moment.of(event)
    for event in (
        {"kind": "run-started", "run": "1"},
        {"kind": "check-passed", "check": "lock", "stack": "dev"},
        {"kind": "step-started", "stack": "dev"},
        {"kind": "resource-started", "stack": "dev", "change": {"urn": FUNCTION}, "preview": True},
        {"kind": "previewed", "stack": "dev"},
        {"kind": "resource-started", "stack": "dev", "change": {"urn": FUNCTION}, "preview": False},
        {"kind": "resource-done", "stack": "dev", "change": {"urn": FUNCTION}, "preview": False},
        {"kind": "step-finished", "stack": "dev"},
    )
)


def test_the_page_is_the_one_that_the_table_makes() -> None:
    assert PAGE.read_text("utf-8") == reference() + "\n"


def test_every_fault_has_a_name_of_its_own_words_and_codes_that_are_documented() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    for fault in FAULTS:
        assert fault.strike or fault.before
        assert fault.types
        assert fault.sees.endswith((".", ":"))
        assert {code for code in fault.may if code is not None} <= set(ExitCode)
        assert set(fault.scenarios) <= {scenario.name for scenario in SCENARIOS}


def test_every_fault_can_strike_in_each_of_its_scenarios_and_each_case_has_its_name() -> None:
    names = []
    for fault in FAULTS:
        for scenario in SCENARIOS:
            cases = cases_of(fault, scenario, MOMENTS)
            assert bool(cases) is (scenario.name in fault.scenarios), (fault.name, scenario.name)
            names += [str(case) for case in cases]
    assert len(set(names)) == len(names)


def test_a_moment_is_the_same_in_another_run_and_leads_to_calls_only_where_something_is_changed() -> None:
    assert [str(moment) for moment in MOMENTS[3:6]] == [
        "dev/preview-resource-started/aws:lambda.function:Function=items",
        "dev/previewed",
        "dev/resource-started/aws:lambda.function:Function=items",
    ]
    assert [bool(moment.calls) for moment in MOMENTS] == [moment == MOMENTS[5] for moment in MOMENTS]


def test_each_fault_has_its_turn_before_any_has_its_second_and_a_seed_chooses_alike() -> None:
    piles = [list(cases_of(fault, SCENARIOS[0], MOMENTS)) for fault in FAULTS]
    chosen = list(in_turns(piles, random.Random(7)))
    assert chosen == list(in_turns(piles, random.Random(7)))
    assert chosen != list(in_turns(piles, random.Random(8)))
    assert len({case.fault.name for case in chosen[: len(FAULTS)]}) == len(FAULTS)
    assert sorted(map(str, chosen)) == sorted(str(case) for pile in piles for case in pile)


def test_the_sample_is_of_cases_that_the_sweep_plays_too() -> None:
    for case in SAMPLE:
        moments = (case.moment,) if case.moment else ()
        assert cases_of(case.fault, case.scenario, moments) == (case,)
