"""One comment for ever: on hosts that page, refuse, stumble and limit, among comments of other people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from email.utils import formatdate
from pathlib import Path

import pytest

from deploy_driver.errors import DeployError, ExitCode, NotNowError, NotReadyError
from tests.contract.hosts.conftest import MARKER, Build
from tests.contract.hosts.server import TOKEN, Fault, GitHubServer, GitLabServer, listening

DEPLOY = Path(sys.executable).with_name("deploy")


def text(said: str) -> str:
    return f"{MARKER}\n{said}\n"


def refusal(build: Build) -> DeployError:
    with pytest.raises(NotReadyError) as caught:
        build.post()
    assert caught.value.exit_code is ExitCode.NOT_READY
    assert TOKEN not in f"{caught.value} {caught.value.remedy} {caught.value!r}"
    return caught.value


def test_the_first_push_posts_and_every_further_one_edits(build: Build) -> None:
    first = build.post(text("first"))
    assert (first.edited, build.bodies) == (False, [text("first")])
    second = build.post(text("second"))
    assert (second.edited, build.bodies) == (True, [text("second")])
    assert second.comment.id == first.comment.id
    assert str(first.comment.id) in first.comment.place
    build.post(text("third"))
    assert build.bodies == [text("third")]


def test_a_comment_on_the_third_page_is_found(build: Build) -> None:
    for number in range(230):
        build.server.write("somebody", f"talk {number}")
    build.post(text("first"))
    for number in range(80):
        build.server.write("somebody", f"more talk {number}")
    assert build.post(text("second")).edited
    assert build.bodies[230] == text("second")
    assert len(build.bodies) == 311
    pages = {asked.split("&page=")[1][0] for asked in build.server.asked if "&page=" in asked}
    assert pages == {"1", "2", "3", "4"}


@pytest.mark.parametrize("said", [f"look: {MARKER}\n", f"\n{MARKER}\n", f"> {MARKER}\n", f" {MARKER}\n", "", "hello"])
def test_a_comment_that_only_quotes_the_marker_is_left_alone(build: Build, said: str) -> None:
    build.server.write(build.server.me, said, kind="Bot")
    assert not build.post().edited
    assert build.bodies == [said, text("hello")]


def test_a_stranger_s_comment_that_begins_with_the_marker_is_left_alone(build: Build) -> None:
    build.server.write("mallory", text("all is well"))
    assert not build.post(text("first")).edited
    assert build.post(text("second")).edited
    assert build.bodies == [text("all is well"), text("second")]


def test_another_project_s_preview_on_the_same_pull_request_is_another_comment(build: Build) -> None:
    build.post("<!-- deploy:preview shop -->\nshop\n")
    build.post(text("items"))
    build.post("<!-- deploy:preview shop -->\nshop again\n")
    assert build.bodies == ["<!-- deploy:preview shop -->\nshop again\n", text("items")]


def test_a_host_that_ends_lines_its_own_way_still_shows_whose_comment_it_is(build: Build) -> None:
    kind = "Bot" if isinstance(build.server, GitHubServer) and build.server.app else "User"
    build.server.write(build.server.me, f"{MARKER}\r\nold\r\n", kind=kind)
    assert build.post(text("new")).edited


def test_two_comments_of_ours_are_said_and_the_first_is_edited(build: Build) -> None:
    build.post(text("first"))
    twin = build.server.write(
        build.server.me, text("left by a build at the same time"), kind=build.server.comments[0].kind
    )
    posted = build.post(text("second"))
    assert build.bodies[0] == text("second")
    assert [other.id for other in posted.others] == [twin.id]


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_host_that_stumbles_is_asked_again(build: Build, status: int) -> None:
    build.server.faults = [Fault(status), Fault(status)]
    assert not build.post().edited
    assert build.bodies == [text("hello")]
    assert build.clock.slept == [1, 2]
    assert len(build.said) == 2
    assert f"the host answers {status}: out of turn; asking again in 1 s" in build.said[0]


@pytest.mark.parametrize("fault", [Fault(500, done=True, method="POST"), Fault(0, done=True, method="POST")])
def test_a_host_that_posted_and_said_otherwise_has_one_comment(build: Build, fault: Fault) -> None:
    build.server.faults = [fault]
    assert build.post().edited
    assert build.bodies == [text("hello")]


def test_a_host_that_never_recovers_is_given_up(build: Build) -> None:
    build.server.faults = [Fault(500)] * 20
    error = refusal(build)
    assert isinstance(error, NotNowError)
    assert len(build.clock.slept) == 4
    assert build.bodies == []


def test_a_host_that_is_not_there_is_given_up_with_its_address(build: Build) -> None:
    for name in ("GITHUB_API_URL", "CI_API_V4_URL"):
        build.environment = {k: "http://127.0.0.1:9" if k == name else v for k, v in build.environment.items()}
    error = refusal(build)
    assert "cannot be reached" in error.what
    assert error.where == "http://127.0.0.1:9"


@pytest.mark.parametrize("seconds", [0, 7, 120])
def test_a_limit_is_waited_for_as_long_as_the_host_says(build: Build, seconds: int) -> None:
    build.server.faults = [Fault(429, {"Retry-After": str(seconds)})]
    build.post()
    assert build.clock.slept == [seconds]


def test_a_limit_with_a_date_is_waited_for(build: Build) -> None:
    build.server.faults = [Fault(429, {"Retry-After": formatdate(build.clock.now() + 30, usegmt=True)})]
    build.post()
    assert build.clock.slept == [30]


def test_a_limit_that_lasts_is_not_waited_for(build: Build) -> None:
    build.server.faults = [Fault(429, {"Retry-After": "3600"})]
    error = refusal(build)
    assert "try again in 3600 s" in error.remedy
    assert build.clock.slept == []


def test_github_limits_with_403_too(github: Build) -> None:
    reset = str(int(github.clock.now()) + 20)
    github.server.faults = [Fault(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset})]
    github.post()
    assert github.clock.slept == [20]
    github.server.faults = [Fault(403, {"Retry-After": "5"})]
    assert github.post().edited
    assert github.clock.slept == [20, 5]


@pytest.mark.parametrize(
    ("status", "says"),
    [(401, "is not valid"), (403, "may not comment here"), (404, "is there such a")],
)
def test_a_refusal_says_what_to_do_and_is_not_repeated(build: Build, status: int, says: str) -> None:
    token = next(name for name in build.environment if name.endswith("_TOKEN"))
    build.server.faults = [Fault(status, method="POST")]
    error = refusal(build)
    assert f"answers {status}: out of turn" in error.what
    assert says in error.remedy
    assert token in error.remedy
    assert build.clock.slept == []
    assert build.bodies == []


def test_a_token_that_is_not_known_is_refused(build: Build) -> None:
    token = next(name for name in build.environment if name.endswith("_TOKEN"))
    with pytest.raises(NotReadyError, match="answers 401: Bad credentials") as caught:
        build.post(environment={token: "another"})
    assert "another" not in str(caught.value)


def test_a_number_that_is_no_pull_request_s(build: Build) -> None:
    with pytest.raises(NotReadyError, match="answers 404"):
        build.post(environment={"CHANGE_ID": "13", "CI_MERGE_REQUEST_IID": "13"})


def test_a_host_that_repeats_the_token_is_not_quoted_with_it(build: Build) -> None:
    build.server.faults = [Fault(422, body=json.dumps({"message": {"base": [f"no: {TOKEN}\x1b[2J"]}}), method="POST")]
    error = refusal(build)
    assert "no: [token]" in error.what
    assert "\x1b" not in str(error)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_the_token_is_not_taken_elsewhere(build: Build, status: int) -> None:
    with listening(GitLabServer()) as elsewhere:
        build.server.faults = [Fault(status, {"Location": f"{elsewhere.address}/api/v4/user"})]
        error = refusal(build)
        assert elsewhere.asked == []
    assert "somewhere else" in error.what


@pytest.mark.parametrize("body", ["<html>Please log in</html>", "", "null", '"x"', "[1]", '{"id": "x"}'])
def test_something_else_than_the_host_s_api_is_said(build: Build, body: str) -> None:
    build.server.faults = [Fault(200, body=body)]
    error = refusal(build)
    assert "API" in error.remedy


def test_whoever_is_gone_from_github_wrote_nothing_of_ours(github: Build) -> None:
    github.server.write("", text("a ghost's"))
    assert not github.post().edited


def test_what_gitlab_notes_itself_is_nobody_s_comment(gitlab: Build) -> None:
    gitlab.server.write(gitlab.server.me, text("pushed"), system=True)
    assert not gitlab.post().edited


def test_gitlab_carries_out_no_command_that_stands_in_a_preview(gitlab: Build) -> None:
    assert isinstance(gitlab.server, GitLabServer)
    said = text("value:\n/merge\n\r/approve\nsee /close\n```\n/label ~x\n```")
    gitlab.post(said)
    gitlab.post(said)
    assert gitlab.server.executed == []
    assert "\n /merge\n" in gitlab.bodies[0]
    assert "see /close" in gitlab.bodies[0]
    gitlab.server.write("somebody", "/merge")
    assert gitlab.server.answer(
        "POST", "/api/v4/projects/7/merge_requests/12/notes", {"Private-Token": TOKEN}, '{"body": "/merge"}'
    )
    assert gitlab.server.executed == ["/merge"]


def test_nothing_secret_is_posted(build: Build) -> None:
    build.post(text("AKIAIOSFODNN7EXAMPLE"))
    assert build.bodies == [text("[redacted]")]


def run(build: Build, file: Path, *args: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The installed command in a build's environment."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ}
    done = subprocess.run(
        [DEPLOY, "comment", file.name, *args],
        cwd=file.parent,
        env=kept | build.environment | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert TOKEN not in done.stdout + done.stderr
    return done


def test_the_verb_posts_and_edits(build: Build, tmp_path: Path) -> None:
    file = tmp_path / "preview.md"
    file.write_text(text("first ✓"), "utf-8")
    first = run(build, file, HTTP_PROXY="http://127.0.0.1:9", http_proxy="http://127.0.0.1:9")
    assert first.returncode == 0, first.stderr
    assert first.stdout.startswith("posted ")
    file.write_text(text("second"), "utf-8")
    second = run(build, file, "--number", "12", "--output", "json", CHANGE_ID="99", CI_MERGE_REQUEST_IID="99")
    assert second.returncode == 0, second.stderr
    assert json.loads(second.stdout)["done"] == "edited"
    assert json.loads(second.stdout)["host"] in {"github", "gitlab"}
    assert build.bodies == [text("second")]


def test_the_verb_says_a_refusal_and_exits_with_3(build: Build, tmp_path: Path) -> None:
    file = tmp_path / "preview.md"
    file.write_text(text("first"), "utf-8")
    done = run(
        build,
        file,
        GITHUB_TOKEN="another",
        GITLAB_TOKEN="another",
        CI_PROJECT_ID=build.environment.get("CI_PROJECT_ID", ""),
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert "what to do: " in done.stderr
