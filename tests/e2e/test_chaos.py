"""A sample of the sweep of faults: whatever strikes, what the table says is what the user sees, and what it says to type ends the job."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from filelock import FileLock

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.chaos.case import play
from tests.chaos.invariants import of_the_end
from tests.chaos.stage import BUCKET, STACKS, Bases, Scenario, state_key
from tests.chaos.table import SAMPLE, STATE_DENIED, Case


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory, worker_id: str, templates: Callable[[Path | None], Path]) -> Bases:
    """Those that the sample needs, made once for all processes of the tests."""
    base = tmp_path_factory.getbasetemp()
    root = (base if worker_id == "master" else base.parent) / "chaos"
    found = Bases(root, templates(None))
    with FileLock(root.with_suffix(".lock")):
        for case in SAMPLE:
            found.base(case.scenario.stand)
    return found


@pytest.mark.parametrize("case", SAMPLE, ids=str)
def test_what_a_fault_leaves_is_ended_by_what_the_table_says(case: Case, bases: Bases, tmp_path: Path) -> None:
    outcome = play(case, bases, tmp_path, seed=1)
    assert not outcome.missed
    assert outcome.broken == [], outcome.said
    if case is STATE_DENIED:
        printed(remedies.THEN_RESUME, outcome.first)
        gone(remedies.THEN_RESUME, outcome.last)


def test_what_is_left_in_the_accounts_is_seen(bases: Bases, tmp_path: Path) -> None:
    scenario = Scenario("standing", "there is nothing to do", "up", STACKS)
    with bases.play(scenario, tmp_path) as project:
        assert list(of_the_end(project, scenario)) == []

        s3, key = project.client("tools", "s3"), state_key("dev")
        project.client("staging", "apigatewayv2").create_api(Name="items-staging", ProtocolType="HTTP")
        project.client("prod", "lambda").delete_alias(FunctionName="items-prod", Name="live")
        state = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        resource = state["checkpoint"]["latest"]["resources"][-1]
        state["checkpoint"]["latest"]["pending_operations"] = [{"type": "updating", "resource": resource}]
        s3.put_object(Bucket=BUCKET, Key=key, Body=json.dumps(state).encode())
        s3.put_object(Bucket=BUCKET, Key=".pulumi/locks/organization/items/dev/1.json", Body=b"{}")
        s3.put_object(Bucket=BUCKET, Key=".deploy/leases/items/dev.json", Body=b'{"released": false}')
        s3.put_object(Bucket=BUCKET, Key=".deploy/leases/items/prod.json", Body=b'{"released": true}')
        project.setting("dev", "items:memory", "256")
        seen = sorted(f"{one.invariant}: {one.seen[:60]}" for one in of_the_end(project, scenario))
    assert [line.partition(":")[0] for line in seen] == [
        "no lease",
        "no lock",
        "nothing pending",
        "preview empty",
        "state = accounts",
        "state = accounts",
    ], seen
    assert "in the account of staging and not in its state" in seen[4]
    assert "in the state of prod and not in its account" in seen[5]
