"""What a team is told of a run, and that it is sent without what is secret of it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from importlib.metadata import requires

import pytest
from markdown_it import MarkdownIt

from deploy_driver import remedies
from deploy_driver.adapters.notifications import Notifier
from deploy_driver.errors import NotReadyError
from deploy_driver.record import catalogue
from deploy_driver.record.redaction import redact
from deploy_driver.render.report.message import Message, Occasion, message_of
from tests import records
from tests.carried import gone, is_helped, printed
from tests.receiver import TOKEN, Receiver, receiving
from tests.samples import RUN

NEEDS = "it needs 1 approval: `deploy approve plan`"
ANOTHER = "json://127.0.0.1:1/another-planted-tok3n"
FAILED = Message(Occasion.FAILED, "items: up of dev on AWS: failed", "dev failed.\ndev (222222222222): failed")
WELL = replace(FAILED, occasion=Occasion.SUCCEEDED)


def told(record: records.Record, waits: str = "") -> Message:
    found = message_of(records.story(record), "items", waits)
    assert found
    return found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def meant(*urls: str, what: str = "") -> Notifier:
    found = Notifier.of({"DEPLOY_NOTIFY_URLS": " ".join(urls), "DEPLOY_NOTIFY": what})
    assert found
    return found


def test_a_failed_run_says_where_why_who_and_how_to_go_on() -> None:
    said = told(records.FAILED)
    assert said.occasion is Occasion.FAILED
    assert said.title == "items: up of dev, staging and prod on sandbox: failed"
    for line in (
        "staging failed; prod was not run.",
        "dev (222222222222): succeeded: 1 created, 1 updated",
        "staging (333333333333): failed",
        f"  because {records.DENIED}",
        f"  what to do: {records.REMEDY}",
        "  not run, because staging failed: engine failed",
        "asked by: alice",
        "commit: 0123456789abcdef0123456789abcdef01234567",
        "build: https://jenkins.example/job/items/7/",
    ):
        assert line in said.text.splitlines()
    assert f"`deploy report {RUN}`" in said.text


@pytest.mark.parametrize(
    ("record", "waits", "occasion"),
    [
        (records.WELL, "", Occasion.SUCCEEDED),
        (records.CUT_OFF, "", Occasion.FAILED),
        (records.INTERRUPTED, "", Occasion.FAILED),
        (records.NOT_READY, "", Occasion.FAILED),
        (records.DRIFT, "", Occasion.DRIFT),
        (records.WELL, NEEDS, Occasion.APPROVAL),
    ],
)
def test_an_occasion_is_what_somebody_has_to_know(record: records.Record, waits: str, occasion: Occasion) -> None:
    said = told(record, waits)
    assert said.occasion is occasion
    assert (NEEDS in said.text) == bool(waits)


@pytest.mark.parametrize(
    "refused",
    [
        [(1.0, catalogue.CheckFailed("approvals", "plan 1 has 0 approvals (nobody) of 1", "have it approved"))],
        [(1.0, catalogue.StepFinished("dev", "refused", "needs approval", "dev asks for an approval"))],
    ],
)
def test_a_run_that_is_refused_for_want_of_an_approval_waits_for_one(refused: Sequence[records.Told]) -> None:
    ended = (2.0, catalogue.RunFinished(RUN, 4, 2))
    assert told(records.record(*records.begun("dev"), *refused, ended)).occasion is Occasion.APPROVAL


def test_drift_is_told_once_with_what_and_who() -> None:
    said = told(records.DRIFT).text
    assert "; by " in said
    known = [
        {**line, "standing": "unchanged"} if line.get("standing") in {"opened", "reopened"} else line
        for line in records.DRIFT
    ]
    assert known != records.DRIFT
    assert message_of(records.story(known), "items") is None


def test_a_preview_that_went_well_is_not_told() -> None:
    previewed = records.record(*records.begun("dev", operation="preview"), (2, catalogue.RunFinished(RUN, 0, 2)))
    assert message_of(records.story(previewed), "items") is None


MARKUP = (
    "<b>x</b> <!channel> <@U1234> @everyone [here](http://evil.example) ![i](http://evil.example/i.png) #general ~town "
    "[a][b] <http://evil.example|ok> \N{RIGHT-TO-LEFT OVERRIDE}"
)


def test_nothing_that_anybody_wrote_is_markup() -> None:
    hostile = records.record(
        *records.begun("dev", reason=MARKUP, by=MARKUP, build=f"# {MARKUP}"),
        (3, catalogue.StepFinished("dev", "failed", "engine failed", MARKUP, remedy=f"> {MARKUP}")),
        (4, catalogue.RunFinished(RUN, 1, 4)),
    )
    said = told(hostile)
    kinds = {
        inner.type
        for text in (said.title, said.text)
        for token in MarkdownIt("gfm-like", {"linkify": False, "html": True}).parse(text)
        for inner in (token, *(token.children or ()))
    }
    assert kinds <= {"paragraph_open", "inline", "text", "softbreak", "code_inline", "paragraph_close"}
    for means in ("<b>", "<!", "<@", "@everyone", "](", "][", "#general", "~town", "<http", "\u202e"):
        assert means not in said.text


@pytest.mark.parametrize("name", records.EVERY)
def test_nothing_secret_is_told(name: str) -> None:
    said = message_of(records.story(records.EVERY[name]), "items", "x")
    assert said
    assert not any(secret in said.text for secret in ("planted-hunter2", "AKIAIOSFODNN7EXAMPLE", "\x1b"))


def test_every_service_gets_the_message(receiver: Receiver) -> None:
    meant(receiver.url, receiver.url).send(FAILED)
    (first, second) = receiver.messages
    assert first == second
    assert (first["title"], first["message"], first["type"]) == (FAILED.title, FAILED.text, "failure")


def test_runs_that_went_well_are_sent_where_all_is_asked_for(receiver: Receiver) -> None:
    meant(receiver.url).send(WELL)
    meant(receiver.url, what="all").send(None)
    assert receiver.messages == []
    meant(receiver.url, what="all").send(WELL)
    assert [one["type"] for one in receiver.messages] == ["success"]


def test_any_other_choice_is_refused_with_what_there_is(receiver: Receiver) -> None:
    wrong, right = (meant(receiver.url, what=what) for what in (receiver.url, "all"))
    is_helped(remedies.CORRECT_NOTIFY, lambda: wrong.send(FAILED), lambda: right.send(FAILED))
    with pytest.raises(NotReadyError) as refused:
        wrong.send(FAILED)
    assert TOKEN not in str(refused.value)


def test_what_cannot_be_sent_is_one_sentence_without_the_url_and_others_have_it(
    receiver: Receiver, capfd: pytest.CaptureFixture[str]
) -> None:
    urls = (ANOTHER, receiver.url, "planted-tok3n-alone", "nosuchservice://planted-tok3n")
    is_helped(remedies.CORRECT_NOTIFY_URLS, lambda: meant(*urls).send(FAILED), lambda: meant(receiver.url).send(FAILED))
    with pytest.raises(NotReadyError) as refused:
        meant(*urls).send(FAILED)
    assert str(refused.value) == (
        "DEPLOY_NOTIFY_URLS: the 1. (json), the 3. (not a URL), the 4. (nosuchservice) of 4 has not taken the message"
    )
    receiver.status = 500
    with pytest.raises(NotReadyError, match=r"the 1\. \(json\) of 1"):
        meant(receiver.url).send(FAILED)
    assert len(receiver.messages) == 4
    assert capfd.readouterr() == ("", "")


def test_its_urls_are_known_as_secrets() -> None:
    notifier = meant(ANOTHER, what="planted-tok3n")
    assert "tok3n" not in repr(notifier)
    assert "tok3n" not in redact(f"the program says {ANOTHER}!")
    assert Notifier.of({"DEPLOY_NOTIFY": "all"}) is None


SENDS = """
import sys
{hidden}
from deploy_driver.adapters.notifications import Notifier
from deploy_driver.errors import NotReadyError
try:
    Notifier([sys.argv[1]]).send(None)
except NotReadyError as error:
    print(f"{{error}}; {{error.remedy}}")
"""


def test_without_its_package_one_sentence_says_what_to_install(receiver: Receiver) -> None:
    """Where the extra that it names is installed, as here, nothing is said."""
    without, with_it = (
        subprocess.run(
            [sys.executable, "-c", SENDS.format(hidden=hidden), receiver.url],
            capture_output=True,
            text=True,
            check=True,
        )
        for hidden in ("sys.modules['apprise'] = None", "")
    )
    assert without.stdout.count("\n") == 1
    assert without.stderr == with_it.stderr == ""
    printed(remedies.INSTALL_APPRISE, without.stdout)
    gone(remedies.INSTALL_APPRISE, with_it.stdout)
    assert with_it.stdout == ""
    asked = [one for one in requires("deploy-accounts") or () if "extra == 'notify'" in one]
    assert [one.split("<")[0].split(">")[0] for one in asked] == ["apprise"]
