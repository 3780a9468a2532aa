"""The comments of a pull request on GitHub, or on a GitHub Enterprise Server. To GitHub, a pull request is an issue."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from deploy_driver import remedies
from deploy_driver.adapters.hosts.api import Answer, Api, HostRefusalError, every_page
from deploy_driver.errors import NotReadyError
from deploy_driver.values import Comment, PullRequest
from deploy_project.remedy import NO_REMEDY, Remedy

VERSION = "2022-11-28"
"""Of the REST API."""

_REMEDIES: Mapping[int, Remedy] = {
    401: remedies.GITHUB_TOKEN_INVALID,
    403: remedies.GITHUB_TOKEN_RIGHTS,
    404: remedies.GITHUB_NOT_FOUND,
    301: remedies.GITHUB_MOVED,
    307: remedies.GITHUB_MOVED,
    308: remedies.GITHUB_MOVED,
}


@dataclass(frozen=True)
class GitHub:
    """The Discussion port."""

    pull_request: PullRequest
    api: Api

    def comments(self) -> Iterator[Comment]:
        """All of them, oldest first: so GitHub lists them."""
        login = self._login()
        path = f"repos/{self.pull_request.project}/issues/{self.pull_request.number}/comments"
        for found in every_page(lambda query: self._ask("GET", path, query=query)):
            yield self._comment(found, login)

    def add(self, body: str) -> Comment:
        """One more."""
        path = f"repos/{self.pull_request.project}/issues/{self.pull_request.number}/comments"
        return self._comment(self._ask("POST", path, body={"body": body}).value, None)

    def edit(self, comment: Comment, body: str) -> Comment:
        """The same comment with another body."""
        path = f"repos/{self.pull_request.project}/issues/comments/{comment.id}"
        return self._comment(self._ask("PATCH", path, body={"body": body}).value, None)

    def _login(self) -> str | None:
        """Whose token it is; None for the token of an app or a workflow, which may not ask."""
        try:
            return str(self._ask("GET", "user").value["login"])
        except HostRefusalError as refusal:
            if refusal.status in {403, 404}:
                return None
            raise
        except (KeyError, TypeError):
            raise self._strange() from None

    def _comment(self, found: Any, login: str | None) -> Comment:
        """A token that cannot say whose it is belongs to an app, and an app's comments are a bot's: nobody else's are ours."""
        try:
            user = found["user"] or {}  # of an account that is gone
            ours = user.get("login") == login if login else user.get("type") == "Bot"
            return Comment(int(found["id"]), str(found["body"] or ""), ours, str(found["html_url"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise self._strange() from None

    def _ask(self, method: str, path: str, **more: Any) -> Answer:
        headers = {
            "Authorization": f"Bearer {self.pull_request.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": VERSION,
        }
        try:
            return self.api.ask(method, path, headers, **more)
        except HostRefusalError as refusal:
            refusal.remedy = _REMEDIES.get(refusal.status, NO_REMEDY)
            raise

    def _strange(self) -> NotReadyError:
        return NotReadyError(
            "the answer is not GitHub's",
            where=self.pull_request.api,
            remedy=remedies.GITHUB_ADDRESS,
        )
