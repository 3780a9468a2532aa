"""Every account of a run gets the same code, and what is uploaded is what was previewed."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest

from deploy_driver.bundle.compare import differences, steps_of
from deploy_driver.bundle.model import ABSENT
from deploy_driver.plan.plan import make_plan
from deploy_driver.record.catalogue import Diagnostic, Packaged
from deploy_driver.run.uploads import SameUploads
from deploy_driver.values import (
    EngineReport,
    EngineRequest,
    EngineStatus,
    Operation,
    PropertyDiff,
    ResourceChange,
    Upload,
    UploadedFile,
)
from tests.fakes.engine import FakeEngine
from tests.fakes.events import Recorder
from tests.samples import facts, stack

FUNCTION, LAYER, OBJECT = "lambda/function:Function", "lambda/layerVersion:LayerVersion", "s3/bucketObject:BucketObject"
A, B = "a" * 64, "b" * 64


def request(name: str = "dev") -> EngineRequest:
    (step,) = make_plan(Operation.UP, [stack(name)]).steps
    return facts().request(step)


def upload(digest: str = A, name: str = "dev", *, kind: str = FUNCTION, called: str = "api", path: str = "") -> Upload:
    urn = f"urn:pulumi:{name}::items::aws:{kind}::{called}"
    return Upload(urn, "code", digest, (UploadedFile("", digest, path),))


def handing(*uploads: Upload) -> EngineReport:
    return EngineReport(EngineStatus.SUCCEEDED, uploads=uploads)


@dataclass
class Run:
    """One run over an engine that reports what it is told; `files` are the digests of what lies on the machine."""

    reports: dict[tuple[str, str], EngineReport]
    files: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.engine, self.said = FakeEngine(self.reports), Recorder()
        self.uploads = SameUploads(self.engine, lambda path: self.files.get(path, ABSENT))

    def up(self, name: str = "dev") -> EngineReport:
        return self.uploads.up(request(name), self.said)

    def preview(self, name: str = "dev") -> EngineReport:
        return self.uploads.preview(request(name), self.said)


@pytest.mark.parametrize("kind", [FUNCTION, LAYER])
def test_other_code_than_another_stack_got_is_refused_before_anything_is_touched(kind: str) -> None:
    staging = handing(upload(B, "staging", kind=kind))
    run = Run({("up", "dev"): handing(upload(kind=kind)), ("preview", "staging"): staging})
    assert run.up().status is EngineStatus.SUCCEEDED
    run.preview("staging")
    refused = run.up("staging")
    assert (refused.status, run.engine.calls[-1]) == (EngineStatus.REFUSED, ("preview", "staging"))
    assert refused.failure == f"code of api (aws:{kind}): sha256:{'a' * 12} in dev, sha256:{'b' * 12} in staging"
    assert "gets another name" in refused.remedy
    (warning,) = (one for one in run.said.events if isinstance(one, Diagnostic))
    assert warning.message == f"{refused.failure}; `up` refuses that"


@pytest.mark.parametrize(
    "other", [upload(A, "staging"), upload(B, "staging", called="worker"), upload(B, "staging", kind=OBJECT)]
)
def test_the_same_code_under_another_name_and_what_is_no_code_are_not(other: Upload) -> None:
    first = handing(upload(), upload(kind=OBJECT))
    run = Run({("up", "dev"): first, ("preview", "staging"): handing(other), ("up", "staging"): handing(other)})
    run.up()
    run.preview("staging")
    assert run.up("staging").status is EngineStatus.SUCCEEDED
    assert not [one for one in run.said.events if isinstance(one, Diagnostic)]


def test_the_engine_is_told_what_was_previewed_or_else_what_other_stacks_got() -> None:
    previewed = handing(upload(), upload(B, kind=OBJECT))
    run = Run({("preview", "dev"): previewed, ("up", "dev"): previewed, ("up", "staging"): handing()})
    run.preview()
    run.up()
    run.up("staging")
    assert [one.expected for one in run.engine.requests] == [(), previewed.uploads, (upload(),)]


@pytest.mark.parametrize("kind", [FUNCTION, OBJECT])
def test_what_was_uploaded_and_is_not_what_was_previewed_is_a_failure_that_says_both(kind: str) -> None:
    run = Run({("preview", "dev"): handing(upload(kind=kind)), ("up", "dev"): handing(upload(B, kind=kind))})
    run.preview()
    failed = run.up()
    assert failed.status is EngineStatus.FAILED
    assert f"sha256:{'a' * 12} in dev, sha256:{'b' * 12} in dev" in failed.failure


@pytest.mark.parametrize(("there", "ended"), [(A, EngineStatus.SUCCEEDED), (B, EngineStatus.FAILED)])
def test_a_file_that_was_changed_while_it_was_uploaded_is_a_failure(there: str, ended: EngineStatus) -> None:
    run = Run({("up", "dev"): handing(upload(path="a.zip"))}, {"a.zip": f"sha256:{there}"})
    report = run.up()
    assert report.status is ended
    assert ("a.zip was changed while it was uploaded" in report.failure) is (ended is EngineStatus.FAILED)


def test_which_code_a_stack_gets_is_said_once_and_where_it_is_the_same() -> None:
    staging = handing(upload(name="staging"))
    run = Run({("preview", "dev"): handing(upload()), ("up", "dev"): handing(upload()), ("up", "staging"): staging})
    run.preview()
    run.up()
    run.up("staging")
    assert run.said.events == [
        Packaged("dev", (f"api sha256:{A}",)),
        Packaged("staging", (f"api sha256:{A}",), ("dev",)),
    ]


def test_a_stack_without_code_says_nothing() -> None:
    run = Run({("up", "dev"): handing(upload(kind=OBJECT))})
    run.up()
    assert run.said.events == []


def test_some_resources_alone_are_compared_with_nothing() -> None:
    """The engine says of the others what the state has."""
    run = Run({("preview", "staging"): handing(upload(B, "staging")), ("up", "dev"): handing(upload())})
    run.preview("staging")
    some = replace(request(), targets=("urn",))
    assert run.uploads.up(some, run.said).status is EngineStatus.SUCCEEDED
    assert run.engine.requests[-1].expected == ()


def test_everything_else_is_the_engines() -> None:
    run = Run({})
    run.uploads.preview_destroy(request(), run.said)
    run.uploads.destroy(request(), run.said)
    run.uploads.interrupt()
    assert run.uploads.outputs(request()) == {}
    assert (run.engine.calls, run.engine.interrupts) == ([("preview_destroy", "dev"), ("destroy", "dev")], 1)


def test_a_reviewed_plan_says_both_digests_of_a_package_that_is_another_now() -> None:
    reviewed, now = (
        steps_of([ResourceChange(upload().urn, "update", ("code",), (PropertyDiff("code", "update", "old", new),))])
        for new in (f"[archive sha256:{A}]", f"[archive sha256:{B}]")
    )
    (mismatch,) = differences("dev", reviewed, now)
    assert f'"[archive sha256:{"a" * 12}…]"' in mismatch.reviewed
    assert f'"[archive sha256:{"b" * 12}…]"' in mismatch.now
