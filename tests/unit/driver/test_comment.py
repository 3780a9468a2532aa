"""Which pull request a build means, what may be posted, and the one comment that comes of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from deploy_driver.app.comment import LONGEST, comment_on, note, post
from deploy_driver.choices import Host
from deploy_driver.config.environment import Machine
from deploy_driver.config.pull_request import is_loopback, pull_request
from deploy_driver.errors import ExitCode, NotNowError, UsageError
from deploy_driver.values import Comment
from tests.fakes.clock import FakeClock

TOKEN = "token-8f31c2d9"
GITHUB = {
    "GITHUB_API_URL": "https://api.github.com",
    "GITHUB_REPOSITORY": "acme/items",
    "GITHUB_TOKEN": TOKEN,
    "CHANGE_ID": "12",
}
GITLAB = {
    "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
    "CI_PROJECT_ID": "7",
    "GITLAB_TOKEN": TOKEN,
    "CI_MERGE_REQUEST_IID": "12",
}
MARKER = "<!-- deploy:preview items -->"


def refused(environment: dict[str, str], host: Host | None = None, number: int | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        pull_request(environment, host, number)
    assert caught.value.exit_code is ExitCode.USAGE
    assert caught.value.remedy
    said = "\n".join([caught.value.what, *caught.value.detail])
    assert TOKEN not in said
    return said


@pytest.mark.parametrize(
    ("environment", "host", "project"), [(GITHUB, Host.GITHUB, "acme/items"), (GITLAB, Host.GITLAB, "7")]
)
def test_the_environment_of_a_build_says_which_pull_request_it_is_for(
    environment: dict[str, str], host: Host, project: str
) -> None:
    found = pull_request(environment)
    assert (found.host, found.project, found.number, found.token) == (host, project, 12, TOKEN)
    assert TOKEN not in repr(found)


def test_a_flag_goes_before_the_environment() -> None:
    assert pull_request(GITHUB, number=13).number == 13
    assert pull_request(GITHUB | GITLAB, Host.GITLAB).host is Host.GITLAB
    assert pull_request(GITHUB | GITLAB, Host.GITHUB).host is Host.GITHUB


def test_a_merge_request_s_number_may_come_from_jenkins() -> None:
    assert pull_request({**GITLAB, "CI_MERGE_REQUEST_IID": "", "CHANGE_ID": "5"}).number == 5
    assert pull_request({**GITLAB, "CHANGE_ID": "5"}).number == 12


def test_a_host_that_is_not_known_is_asked_for() -> None:
    assert "neither" in refused({})
    assert "both" in refused(GITHUB | GITLAB)


def test_all_that_is_missing_is_said_at_once() -> None:
    said = refused({}, Host.GITHUB)
    assert "GITHUB_API_URL: not set, expected an https address such as https://api.github.com" in said
    assert "GITHUB_REPOSITORY: not set, expected owner/name" in said
    assert "GITHUB_TOKEN: not set" in said
    assert "CHANGE_ID: not set, expected the number of the pull request; or pass --number" in said
    assert "CI_MERGE_REQUEST_IID or CHANGE_ID: not set" in refused({}, Host.GITLAB)


@pytest.mark.parametrize(
    "address",
    [
        "https://github.example.com/api/v3",
        "https://github.example.com:8443/api/v3/",
        "http://127.0.0.1:8080",
        "http://[::1]:8080/api",
        "http://localhost",
    ],
)
def test_https_and_loopback_are_addresses(address: str) -> None:
    assert pull_request({**GITHUB, "GITHUB_API_URL": address}).api == address.rstrip("/")


@pytest.mark.parametrize(
    "address",
    [
        "http://github.example.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://10.0.0.1",
        "https://",
        "https://user:pass@github.example.com",
        "https://github.example.com?x=1",
        "https://github.example.com#x",
        "https://github.example.com:port",
        "https://github.example.com/a b",
        "https://github.example.com/\r\nX: y",
        "file:///etc/passwd",
        "ftp://127.0.0.1",
        "github.example.com",
        "https://[::1",
    ],
)
def test_no_other_address_gets_the_token(address: str) -> None:
    assert "GITHUB_API_URL: got " in refused({**GITHUB, "GITHUB_API_URL": address})


@pytest.mark.parametrize("hostname", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_what_is_loopback(hostname: str) -> None:
    assert is_loopback(hostname)


@pytest.mark.parametrize("hostname", ["", "0.0.0.0", "10.0.0.1", "127.0.0.1.nip.io", "example.com", "::"])  # noqa: S104 -- to be refused
def test_what_is_not(hostname: str) -> None:
    assert not is_loopback(hostname)


@pytest.mark.parametrize(
    "name", ["items", "acme/items/more", "acme/..", "../items", "acme/", "acme/it ems", "acme/i?x"]
)
def test_a_repository_is_an_owner_and_a_name(name: str) -> None:
    assert "GITHUB_REPOSITORY: got" in refused({**GITHUB, "GITHUB_REPOSITORY": name})


@pytest.mark.parametrize("project", ["7", "acme/items", "acme/group/items"])
def test_a_project_is_an_id_or_a_path(project: str) -> None:
    assert pull_request({**GITLAB, "CI_PROJECT_ID": project}).project == project


@pytest.mark.parametrize("project", ["items", "7/../8?", "-", "acme//items"])
def test_a_project_is_nothing_else(project: str) -> None:
    assert "CI_PROJECT_ID: got" in refused({**GITLAB, "CI_PROJECT_ID": project})


@pytest.mark.parametrize("token", [f"{TOKEN}\n", f" {TOKEN}", f"{TOKEN}\r\nX-More: y", f"{TOKEN}ü"])
def test_a_token_that_no_header_can_hold_is_refused_unseen(token: str) -> None:
    assert "GITHUB_TOKEN: holds something else than printable characters" in refused({**GITHUB, "GITHUB_TOKEN": token})


@pytest.mark.parametrize("number", ["0", "-1", "12a", "PR-12", "1" * 20, "\uff11\uff12"])
def test_a_number_is_a_number(number: str) -> None:
    assert "CHANGE_ID: got" in refused({**GITHUB, "CHANGE_ID": number})


@pytest.mark.parametrize("marker", [MARKER, "<!-- deploy:preview -->", "<!-- deploy:preview project=items -->"])
@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_text_is_known_by_its_first_line(marker: str, end: str) -> None:
    assert note(f"{marker}{end}", "f").marker == marker


@pytest.mark.parametrize(
    "first", ["", "hello", f" {MARKER}", f"{MARKER} more", "<!-- other -->", "<!-- deploy:a --> <!-- b -->"]
)
def test_a_text_without_a_marker_is_refused(first: str) -> None:
    with pytest.raises(UsageError, match="no marker") as caught:
        note(f"{first}\n{MARKER}\n", "preview.md")
    assert caught.value.where == "preview.md"
    assert caught.value.remedy


def test_a_text_that_no_host_takes_is_refused_and_the_longest_is_not() -> None:
    body = f"{MARKER}\n"
    longest = body + "ü" * (LONGEST - len(body))
    assert note(longest, "f").body == longest
    with pytest.raises(UsageError, match="60,001 characters; a comment may have 60,000"):
        note(longest + "x", "f")


@dataclass
class FakeDiscussion:
    """Implements the Discussion port in memory; `busy` are raised first."""

    there: list[Comment] = field(default_factory=list)
    busy: list[NotNowError] = field(default_factory=list)

    def comments(self) -> Iterable[Comment]:
        if self.busy:
            raise self.busy.pop(0)
        return list(self.there)

    def add(self, body: str) -> Comment:
        self.there.append(Comment(len(self.there), body, ours=True, place=f"#{len(self.there)}"))
        return self.there[-1]

    def edit(self, comment: Comment, body: str) -> Comment:
        self.there[comment.id] = replace(comment, body=body)
        return self.there[comment.id]


def test_whatever_is_said_between_there_is_one_comment_of_ours() -> None:
    discussion, clock = FakeDiscussion(), FakeClock()
    for number in range(5):
        post(discussion, note(f"{MARKER}\n{number}", "f"), clock, print)
        discussion.there.append(Comment(len(discussion.there), f"{MARKER}\n", ours=False, place=""))
    assert [comment.body for comment in discussion.there if comment.ours] == [f"{MARKER}\n4"]


def test_waiting_is_said_and_bounded() -> None:
    said: list[str] = []
    discussion, clock = FakeDiscussion(busy=[NotNowError("busy")] * 9), FakeClock()
    with pytest.raises(NotNowError):
        post(discussion, note(MARKER, "f"), clock, said.append)
    assert clock.slept == [1, 2, 4, 8]
    assert said[0] == "busy; asking again in 1 s"
    assert discussion.there == []


def test_who_says_when_is_asked_then() -> None:
    discussion, clock = FakeDiscussion(busy=[NotNowError("busy", wait=17)]), FakeClock()
    assert not post(discussion, note(MARKER, "f"), clock, print).edited
    assert clock.slept == [17]


def test_a_file_for_a_comment_is_a_regular_file_with_text_in_it(tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    (tmp_path / "long").write_text("a" * (4 * LONGEST + 1), "utf-8")
    (tmp_path / "document").write_text("<!-- marker -->\n", "utf-8")
    (tmp_path / "link").symlink_to(tmp_path / "document")
    os.mkfifo(tmp_path / "pipe")
    for name, says in (
        ("nowhere.md", "No such file"),
        ("bytes", "not UTF-8"),
        (".", "Is a directory"),
        ("pipe", "no regular file"),
        ("/dev/zero", "no regular file"),
        ("link", "symbolic link"),
        ("/proc/self/cwd", "symbolic link"),
        ("long", "longer than 240,000 bytes"),
        ("document", "first line"),  # it is read, and is no preview
    ):
        with pytest.raises(UsageError, match=says):
            comment_on(Machine(), tmp_path / name, None, None, print)
