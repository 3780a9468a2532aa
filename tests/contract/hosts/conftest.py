"""Both hosts behind one face: a server on loopback, and what a build on it has in its environment."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import pytest

from deploy_driver.adapters.hosts import discussion
from deploy_driver.app.comment import Posted, note, post
from deploy_driver.config.pull_request import pull_request
from tests.contract.hosts.server import TOKEN, GitHubServer, GitLabServer, Server, listening
from tests.fakes.clock import FakeClock

MARKER = "<!-- deploy:preview items -->"


@dataclass
class Build:
    """A build of a pull request, which may post on it."""

    server: Server
    environment: dict[str, str]
    clock: FakeClock = field(default_factory=FakeClock)
    said: list[str] = field(default_factory=list)

    def post(self, text: str = f"{MARKER}\nhello\n", environment: Mapping[str, str] | None = None) -> Posted:
        """Post as the verb does, with a clock of the test's own."""
        thread = pull_request(self.environment | dict(environment or {}))
        return post(discussion(thread, self.clock), note(text, "preview.md"), self.clock, self.said.append)

    @property
    def bodies(self) -> list[str]:
        """What stands on the pull request."""
        return [written.body for written in self.server.comments]


def on_github(server: Server) -> dict[str, str]:
    return {
        "GITHUB_API_URL": server.address,
        "GITHUB_REPOSITORY": "acme/items",
        "GITHUB_TOKEN": TOKEN,
        "CHANGE_ID": "12",
    }


def on_gitlab(server: Server) -> dict[str, str]:
    return {
        "CI_API_V4_URL": f"{server.address}/api/v4",
        "CI_PROJECT_ID": "7",
        "GITLAB_TOKEN": TOKEN,
        "CI_MERGE_REQUEST_IID": "12",
    }


HOSTS: Mapping[str, tuple[Callable[[], Server], Callable[[Server], dict[str, str]]]] = {
    "github": (GitHubServer, on_github),
    "github-app": (lambda: GitHubServer(app=True), on_github),
    "gitlab": (GitLabServer, on_gitlab),
}


@pytest.fixture(params=list(HOSTS))
def build(request: pytest.FixtureRequest) -> Iterator[Build]:
    """A build on each of the hosts."""
    server, environment = HOSTS[request.param]
    with listening(server()) as there:
        yield Build(there, environment(there))


@pytest.fixture
def github() -> Iterator[Build]:
    with listening(GitHubServer()) as there:
        yield Build(there, on_github(there))


@pytest.fixture
def gitlab() -> Iterator[Build]:
    with listening(GitLabServer()) as there:
        yield Build(there, on_gitlab(there))
