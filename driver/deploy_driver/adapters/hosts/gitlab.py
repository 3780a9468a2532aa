"""The comments of a merge request on GitLab, which calls them notes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from deploy_driver import remedies
from deploy_driver.adapters.hosts.api import Answer, Api, HostRefusalError, every_page
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Comment, PullRequest
from deploy_project.remedy import NO_REMEDY, Remedy

_REMEDIES: Mapping[int, Remedy] = {
    401: remedies.GITLAB_TOKEN_INVALID,
    403: remedies.GITLAB_TOKEN_RIGHTS,
    404: remedies.GITLAB_NOT_FOUND,
    **dict.fromkeys((301, 302, 307, 308), remedies.GITLAB_MOVED),
}


@dataclass(frozen=True)
class GitLab:
    """The Discussion port."""

    pull_request: PullRequest
    api: Api

    @property
    def _notes(self) -> str:
        return f"projects/{quote(self.pull_request.project, safe='')}/merge_requests/{self.pull_request.number}/notes"

    def comments(self) -> Iterator[Comment]:
        """All of them, oldest first."""
        user = self._user()
        order = {"sort": "asc", "order_by": "created_at"}
        for found in every_page(lambda query: self._ask("GET", self._notes, query={**order, **query})):
            yield self._comment(found, user)

    def add(self, body: str) -> Comment:
        """One more."""
        return self._comment(self._ask("POST", self._notes, body={"body": without_commands(body)}).value, None)

    def edit(self, comment: Comment, body: str) -> Comment:
        """The same note with another body."""
        path = f"{self._notes}/{comment.id}"
        return self._comment(self._ask("PUT", path, body={"body": without_commands(body)}).value, None)

    def _user(self) -> int:
        """Whose token it is: every token that may comment may ask."""
        try:
            return int(self._ask("GET", "user").value["id"])
        except (KeyError, TypeError, ValueError):
            raise self._strange() from None

    def _comment(self, found: Any, user: int | None) -> Comment:
        """What GitLab itself notes (a push, a label) is nobody's comment."""
        try:
            ours = found["author"]["id"] == user and not found["system"]
            number = int(found["id"])
            return Comment(
                number,
                str(found["body"]),
                ours,
                f"{self.pull_request.project}!{self.pull_request.number}#note_{number}",
            )
        except (KeyError, TypeError, ValueError):
            raise self._strange() from None

    def _ask(self, method: str, path: str, **more: Any) -> Answer:
        try:
            return self.api.ask(method, path, {"PRIVATE-TOKEN": self.pull_request.token}, **more)
        except HostRefusalError as refusal:
            refusal.remedy = _REMEDIES.get(refusal.status, NO_REMEDY)
            raise

    def _strange(self) -> NotReadyError:
        return NotReadyError(
            "the answer is not GitLab's",
            where=self.pull_request.api,
            remedy=remedies.GITLAB_ADDRESS,
        )


def without_commands(body: str) -> str:
    """The text with no line that begins with a slash: GitLab would carry such a line out as the token's user.

    A pull request's own values stand in the text, and `/merge` must be no more than a word there. GitLab takes out
    carriage returns before it looks for commands, so they go as well.
    """
    return re.sub(r"^/", " /", body.replace("\r", ""), flags=re.MULTILINE)
