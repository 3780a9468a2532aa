"""What is said to do where a host refuses a comment, done: the comment is there then."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from deploy_driver import remedies
from deploy_driver.errors import NotReadyError
from deploy_project.remedy import Remedy
from tests.carried import gone, printed
from tests.contract.hosts.conftest import Build
from tests.contract.hosts.server import Fault, GitLabServer, listening

NOWHERE = "http://127.0.0.1:9"


def is_helped(build: Build, remedy: Remedy, wrong: Mapping[str, str], *faults: Fault) -> None:
    """Post with one thing wrong; what is printed names it; post with that corrected."""
    build.server.faults = list(faults)
    with pytest.raises(NotReadyError) as caught:
        build.post(environment=wrong)
    said = printed(remedy, caught.value.remedy).text
    assert all(name in said for name in wrong if not name.startswith(("CHANGE_", "CI_MERGE_"))), said
    build.server.faults = []
    posted = build.post()
    gone(remedy, posted.comment.place)
    assert len(build.bodies) == 1


@pytest.mark.parametrize(
    ("remedy", "wrong", "faults"),
    [
        (remedies.GITHUB_TOKEN_INVALID, {"GITHUB_TOKEN": "another"}, []),
        (remedies.GITHUB_TOKEN_RIGHTS, {}, [Fault(403, method="POST")]),
        (remedies.GITHUB_NOT_FOUND, {"CHANGE_ID": "13"}, []),
        (remedies.GITHUB_NOT_FOUND, {"GITHUB_REPOSITORY": "acme/nosuch"}, []),
        (remedies.GITHUB_MOVED, {"GITHUB_REPOSITORY": "acme/old"}, [Fault(301, {"Location": "/x"})]),
    ],
)
def test_on_github(github: Build, remedy: Remedy, wrong: Mapping[str, str], faults: list[Fault]) -> None:
    is_helped(github, remedy, wrong, *faults)


@pytest.mark.parametrize(
    ("remedy", "wrong", "faults"),
    [
        (remedies.GITLAB_TOKEN_INVALID, {"GITLAB_TOKEN": "another"}, []),
        (remedies.GITLAB_TOKEN_RIGHTS, {}, [Fault(403, method="POST")]),
        (remedies.GITLAB_NOT_FOUND, {"CI_MERGE_REQUEST_IID": "13"}, []),
        (remedies.GITLAB_NOT_FOUND, {"CI_PROJECT_ID": "8"}, []),
    ],
)
def test_on_gitlab(gitlab: Build, remedy: Remedy, wrong: Mapping[str, str], faults: list[Fault]) -> None:
    is_helped(gitlab, remedy, wrong, *faults)


@pytest.mark.parametrize(
    ("remedy", "on_github", "fault"),
    [
        (remedies.GITHUB_ADDRESS, True, Fault(200, body='"x"')),
        (remedies.GITLAB_ADDRESS, False, Fault(200, body='"x"')),
        (remedies.GITLAB_MOVED, False, Fault(301, {"Location": "/x"})),
    ],
)
def test_another_address_is_corrected(
    github: Build, gitlab: Build, remedy: Remedy, on_github: bool, fault: Fault
) -> None:
    build, name = (github, "GITHUB_API_URL") if on_github else (gitlab, "CI_API_V4_URL")
    with listening(GitLabServer(faults=[fault])) as elsewhere:
        is_helped(build, remedy, {name: elsewhere.address})


def test_what_is_no_api_at_all_is_corrected(github: Build) -> None:
    with (
        listening(GitLabServer(faults=[Fault(200, body="<html>")])) as elsewhere,
        pytest.raises(NotReadyError) as caught,
    ):
        github.post(environment={"GITHUB_API_URL": elsewhere.address})
    printed(remedies.ADDRESS_OF_HOST, caught.value.remedy)
    gone(remedies.ADDRESS_OF_HOST, github.post().comment.place)


def test_a_host_that_cannot_be_reached_is_reached_at_its_address(github: Build) -> None:
    with pytest.raises(NotReadyError) as caught:
        github.post(environment={"GITHUB_API_URL": NOWHERE})
    printed(remedies.REACH_HOST, caught.value.remedy)
    gone(remedies.REACH_HOST, github.post().comment.place)


def test_a_busy_host_is_tried_again_when_it_says(github: Build) -> None:
    github.server.faults = [Fault(429, {"Retry-After": "3600"})]
    with pytest.raises(NotReadyError) as caught:
        github.post()
    assert printed(remedies.HOST_IS_BUSY, caught.value.remedy)["when"] == "in 3600 s"
    gone(remedies.HOST_IS_BUSY, github.post().comment.place)
