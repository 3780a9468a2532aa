"""How far a run has come, and that it is alive: counted from its events, by a clock that the test owns."""

from __future__ import annotations

import io
import re
import threading

from deploy_driver.record import catalogue as said
from deploy_driver.record.stream import Envelope
from deploy_driver.render.lines import LineRenderer, beating
from deploy_driver.values import Changes, ResourceChange
from tests.fakes.clock import FakeClock
from tests.samples import ACCOUNTS, RUN


def change(name: str, op: str = "create") -> ResourceChange:
    return ResourceChange(f"urn:pulumi:dev::items::aws:s3/bucket:Bucket::{name}", op)


def begun(name: str, op: str = "create") -> said.Event:
    return said.ResourceStarted("dev", change(name, op))


def done(name: str, op: str = "create") -> said.Event:
    return said.ResourceDone("dev", change(name, op), seconds=1)


START = (
    said.RunStarted(RUN, "up", "sandbox", ("dev", "prod"), "e", "p"),
    said.StepStarted("dev", ACCOUNTS["dev"], "up", ""),
)


class Told:
    """Lines on a stream, by a clock that moves only when told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.stream = io.StringIO()
        self.renderer = LineRenderer(self.stream)

    def tell(self, *events: said.Event) -> None:
        for event in events:
            self.renderer(Envelope(RUN, 1, self.clock.now(), event))

    def wait(self, seconds: int) -> None:
        for _ in range(seconds):
            self.clock.sleep(1)
            self.renderer.beat(self.clock.now())

    @property
    def lines(self) -> list[str]:
        return [re.sub(r"^..:..:.. (dev +|prod +)?", "", line) for line in self.stream.getvalue().splitlines()]


def test_after_a_preview_it_is_known_how_many_are_planned() -> None:
    told = Told()
    told.tell(*START, said.Previewed("dev", Changes(create=2, replace=1, same=9)))
    told.tell(begun("a"), done("a"))
    told.tell(begun("r", "create-replacement"), done("r", "create-replacement"), done("r", "replace"))
    told.tell(begun("b"), begun("r", "delete-replaced"), done("r", "delete-replaced"), done("b"))
    assert [line for line in told.lines if " of 3" in line] == [
        "created aws:s3/bucket:Bucket a (1.0 s), 1 of 3",
        "created replacement aws:s3/bucket:Bucket r (1.0 s), 2 of 3",
        "replaced aws:s3/bucket:Bucket r (1.0 s), 2 of 3",
        "deleted replaced aws:s3/bucket:Bucket r (1.0 s), 2 of 3",
        "created aws:s3/bucket:Bucket b (1.0 s), 3 of 3",
    ]


def test_without_a_preview_only_what_began_so_far_is_known() -> None:
    told = Told()
    told.tell(*START, begun("a"), begun("b"), done("a"), begun("c"), done("b"))
    assert [line for line in told.lines if "so far" in line] == [
        "created aws:s3/bucket:Bucket a (1.0 s), 1 of 2 so far",
        "created aws:s3/bucket:Bucket b (1.0 s), 2 of 3 so far",
    ]


def test_what_failed_is_not_done() -> None:
    told = Told()
    told.tell(*START, begun("a"), said.ResourceDone("dev", change("a"), failed=True))
    assert told.lines[-1] == "FAILED creating aws:s3/bucket:Bucket a"


def test_each_stack_says_which_of_how_many_it_is() -> None:
    told = Told()
    told.tell(*START)
    assert told.lines[-1] == "up in account 222222222222 (stack 1 of 2)"


def test_after_fifteen_silent_seconds_it_says_what_it_still_does() -> None:
    told = Told()
    told.tell(*START, begun("a"), begun("b"))
    told.wait(14)
    assert told.lines[-1] == "creating aws:s3/bucket:Bucket b"
    told.wait(1)
    assert told.lines[-1] == "still creating aws:s3/bucket:Bucket a (15 s), and 1 more"
    told.tell(done("a"))
    told.wait(30)
    assert told.lines[-3:] == [
        "created aws:s3/bucket:Bucket a (1.0 s), 1 of 2 so far",
        "still creating aws:s3/bucket:Bucket b (30 s)",
        "still creating aws:s3/bucket:Bucket b (45 s)",
    ]


def test_between_resources_it_says_that_the_step_goes_on() -> None:
    told = Told()
    told.tell(START[0])
    told.wait(15)
    assert told.lines[-1] == "up still goes on: checking everything first (15 s)"
    told.tell(START[1])
    told.wait(15)
    assert told.lines[-1] == "up still goes on (15 s)"


def test_what_follows_the_operation_is_named() -> None:
    told = Told()
    told.tell(*START)
    told.wait(10)
    told.tell(said.SoakStarted("dev", 600, ()))
    told.wait(15)
    assert told.lines[-1] == "soak still goes on (15 s)"


def test_of_several_that_go_on_one_is_named_and_the_others_are_counted() -> None:
    told = Told()
    told.tell(*START, said.StepStarted("prod", ACCOUNTS["prod"], "up", ""))
    told.wait(15)
    assert told.lines[-1] == "up still goes on (15 s), and 1 more"
    told.tell(said.StepFinished("prod", "succeeded", "changed"))
    told.wait(15)
    assert told.stream.getvalue().splitlines()[-1].split()[1:] == ["dev", *["up", "still", "goes", "on", "(30", "s)"]]


def test_nothing_beats_before_a_run_or_after_it() -> None:
    told = Told()
    told.wait(60)
    assert told.lines == []
    told.tell(*START, said.RunFinished(RUN, 0, 1.0))
    before = len(told.lines)
    told.wait(60)
    assert len(told.lines) == before
    assert not told.renderer.beat(told.clock.now())


def test_the_beat_is_heard_until_it_says_that_it_is_over() -> None:
    beats: list[float] = []
    enough = threading.Event()

    def beat(now: float) -> bool:
        beats.append(now)
        enough.set()
        return len(beats) < 3

    thread = beating(beat, FakeClock().now, every=0.001)
    assert enough.wait(10)
    thread.join(10)
    assert not thread.is_alive()
    assert len(beats) == 3
