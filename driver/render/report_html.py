"""A run's report as one page that needs nothing else: for a person at a desk, on a phone, or on paper."""

from __future__ import annotations

from driver.render import report_words as words
from driver.render.page import page
from driver.render.report import facts, following
from driver.render.timeline import picture
from driver.render.words import duration
from driver.run.outcome import Result
from driver.run.segments import End, Phase, Segment
from driver.run.story import StackStory, Story

TEMPLATE = "report.html.j2"

MANY = 4
"""Stacks of a run beyond which one has to look for those that matter."""

LEGEND = {
    Phase.CHECKS.value: "checks",
    Phase.LOOK.value: "looking for drift",
    Phase.PREVIEW.value: "preview",
    Phase.GATE.value: "waiting for an answer",
    Phase.OPERATION.value: "the change itself",
    Phase.SMOKE_TEST.value: "smoke test",
}


def as_html(story: Story) -> str:
    """The whole page. Everything in it is escaped: a record carries what users, engines and AWS wrote."""
    return page(
        TEMPLATE,
        story=story,
        words=words,
        verdict=words.verdict(story),
        names=[step.stack for step in story.run.steps],
        facts=facts(story),
        following=following(story),
        picture=picture(story),
        legend=LEGEND,
        failed=any(one.end is End.BADLY for one in _segments(story)),
        folded=_folded,
        well=End.WELL,
        tone=_tone,
        duration=duration,
        extra_errors=_errors,
    )


def _tone(stack: StackStory) -> str:
    """The colour of what became of a stack."""
    result = stack.step.result
    if result == Result.SUCCEEDED:
        return words.Tone.GOOD.value
    return words.Tone.BAD.value if result == Result.FAILED else words.Tone.ATTENTION.value if not result else ""


def _segments(story: Story) -> list[Segment]:
    return [story.checks, *(one for stack in story.stacks for one in stack.segments)]


def _folded(story: Story, stack: StackStory) -> bool:
    """Whether a stack's story waits to be opened: in a run of many, those that went well and changed nothing dangerous."""
    calm = stack.step.result == Result.SUCCEEDED and not stack.step.drifted
    return len(story.stacks) > MANY and calm and not any(words.danger(one) for one in stack.touched)


def _errors(story: Story, stack: StackStory) -> list[str]:
    """What the engine said beyond the cause that is shown already."""
    return [said for said in stack.errors if said != words.because(story, stack.step)]
