"""A person who answers, or nobody at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class FakePrompt:
    """Implements the Prompt port. `answers` are given in turn; the last one is repeated."""

    present: bool = True
    answers: list[bool] = field(default_factory=lambda: [True])
    during: Callable[[], None] | None = None
    questions: list[str] = field(default_factory=list)

    def confirm(self, question: str) -> bool:
        if not self.present:
            raise AssertionError(f"nobody is there, and was asked: {question}")
        self.questions.append(question)
        if self.during:
            self.during()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


NOBODY = FakePrompt(present=False)


@dataclass
class FakeInterview(FakePrompt):
    """Implements the Interview port: `said` in turn, an empty text takes the suggestion; after the last one nobody goes on."""

    said: list[str] = field(default_factory=list)

    def ask(self, question: str, suggestion: str = "") -> str | None:
        self.questions.append(f"{question} [{suggestion}]")
        return (self.said.pop(0) or suggestion) if self.said else None
