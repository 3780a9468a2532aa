"""What a run has made twice is deleted once it was shown, after a yes, as the deployment role, and on record; otherwise it stays."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from deploy_driver.app.repair import Repairer
from deploy_driver.errors import NotReadyError, RefusedError
from deploy_driver.plan.plan import Step
from deploy_driver.record.catalogue import Event, Fate, Settled
from deploy_driver.repair.recorded import OnRecord
from deploy_project.accounts import EnterAs
from tests.checkpoints import resource
from tests.fakes.prompt import FakePrompt
from tests.samples import stack

DEV = stack("dev")
API = resource(DEV, "aws:apigatewayv2/api:Api", "web", id="listed", inputs={"name": "items-dev"})
KNOWN = OnRecord(making={API["urn"]: [(1000.0, 1010.0)]})
TAGS = {"deploy:project": "items", "deploy:stack": "dev"}


class Apis:
    """API Gateway, in which two of the stack's APIs stand."""

    def __init__(self) -> None:
        self.there = ["listed", "second"]
        self.deleted_as: list[EnterAs] = []

    def entered(self, step: Step) -> Any:
        """An AWS session of the step's role."""

        def delete_api(**asked: str) -> Any:
            self.there.remove(asked["ApiId"])
            self.deleted_as.append(step.enter_as)
            return {}

        client = SimpleNamespace(can_paginate=lambda _: False, get_apis=self._all, delete_api=delete_api)
        return SimpleNamespace(client=lambda *_: client)

    def _all(self) -> Any:
        made = datetime.fromtimestamp(1003, UTC)
        return {"Items": [{"ApiId": id_, "Name": "items-dev", "Tags": TAGS, "CreatedDate": made} for id_ in self.there]}


class Stream(list[Event]):
    def __call__(self, event: Event) -> None:
        self.append(event)

    def settle(self) -> None:
        """Everything was shown."""


class Scene:
    def __init__(self, *, answer: bool = True, yes: bool = False, lost: bool = False) -> None:
        def require(*, begin: bool = False) -> None:
            if lost and begin:
                raise NotReadyError("the lease is another run's")

        self.apis, self.stream, self.prompt = Apis(), Stream(), FakePrompt(answers=[answer])
        session: Any = SimpleNamespace(
            config=SimpleNamespace(project="items", stacks=[DEV]),
            state_store=lambda: SimpleNamespace(resources=lambda _: (API,)),
            enter=self.apis.entered,
        )
        session.renewed = lambda: session
        deployer = SimpleNamespace(leasing=SimpleNamespace(require=require))
        run = SimpleNamespace(stream=self.stream, deployer=deployer, prompt=self.prompt)
        begun: Any = SimpleNamespace(session=session, run=run)
        self.repairer = Repairer(begun, yes)

    @property
    def fates(self) -> list[tuple[str, str]]:
        return [(str(event.fate), event.id) for event in self.stream if isinstance(event, Settled)]


@pytest.mark.parametrize("yes", [True, False])
def test_it_is_deleted(yes: bool) -> None:
    scene = Scene(yes=yes)
    [settled] = scene.repairer.delete_seconds(DEV, KNOWN)
    assert (settled.fate, settled.id) == (Fate.TWICE, "second")
    assert scene.fates == [("made twice", "second"), ("deleted", "second")]
    assert scene.apis.there == ["listed"]
    assert scene.apis.deleted_as == [EnterAs.DEPLOYMENT]
    assert scene.prompt.questions == ([] if yes else ["Delete this in 222222222222?"])


def test_it_stays_after_a_no_and_where_the_stack_is_another_runs() -> None:
    declined, lost = Scene(answer=False), Scene(yes=True, lost=True)
    with pytest.raises(RefusedError, match="still there"):
        declined.repairer.delete_seconds(DEV, KNOWN)
    with pytest.raises(NotReadyError, match="another run's"):
        lost.repairer.delete_seconds(DEV, KNOWN)
    for scene in (declined, lost):
        assert scene.fates == [("made twice", "second")]
        assert scene.apis.there == ["listed", "second"]


def test_what_no_run_has_made_is_not_asked_about() -> None:
    scene = Scene()
    assert scene.repairer.delete_seconds(DEV, OnRecord()) == []
    assert scene.repairer.delete_seconds(DEV, OnRecord(making={API["urn"]: [(2000.0, 2010.0)]})) == []
    assert (scene.fates, scene.prompt.questions, scene.apis.there) == ([], [], ["listed", "second"])
