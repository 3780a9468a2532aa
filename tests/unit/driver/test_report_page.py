"""The page of a run: it needs nothing, runs nothing, and whatever the record says stays text."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from deploy_driver.render.page import link, prose
from deploy_driver.render.report.html import as_html
from deploy_driver.render.report.words import headline
from tests import records


class Elements(HTMLParser):
    """Every element of a page with its attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page(name: str) -> str:
    return as_html(records.story(records.EVERY[name], here=True, kept=False))


@pytest.mark.parametrize("name", records.EVERY)
def test_a_page_has_no_element_and_no_attribute_that_runs_or_fetches(name: str) -> None:
    elements = Elements(page(name))
    assert not {tag for tag, _ in elements.found} & {"script", "img", "iframe", "object", "link", "form", "svg", "base"}
    attributes = {attribute for _, own in elements.found for attribute in own}
    assert not {attribute for attribute in attributes if attribute.startswith("on") or attribute == "src"}
    assert all(link(str(own["href"])) for tag, own in elements.found if tag == "a")
    assert "url(" not in page(name)
    assert "default-src 'none'" in page(name)


@pytest.mark.parametrize("name", records.EVERY)
def test_nothing_secret_and_nothing_unseen_is_on_a_page(name: str) -> None:
    said = page(name)
    assert not any(secret in said for secret in ("planted-hunter2", "AKIAIOSFODNN7EXAMPLE"))
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", said)


@pytest.mark.parametrize(
    ("url", "is_one"),
    [
        ("https://jenkins.example/job/items/7/", True),
        ("http://127.0.0.1:4566/x?y=1#z", True),
        ("javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("//evil.example", False),
        ("https:", False),
        ("https://jenkins.example@evil.example/", False),
        ("https://a.example/ javascript:x", False),
        ("https://[", False),
        ("https://a.example/\n", False),
        ("", False),
    ],
)
def test_only_what_a_person_may_click_is_a_link(url: str, is_one: bool) -> None:
    assert bool(link(url)) is is_one


def test_the_page_says_who_what_where_and_what_to_do() -> None:
    said = Elements(page("failed")).text
    for fact in ("alice", "hot fix", "0123456789ab", "222222222222", "333333333333", "444444444444", "not run"):
        assert fact in said
    assert records.DENIED in said
    assert records.REMEDY.replace("`", "") in said
    assert "<code>deploy bootstrap --print</code>" in page("failed")
    assert "deploy audit 20261123-0102-3f9a7c" in said


def test_the_page_of_a_look_says_what_drifted_and_who_did_it() -> None:
    said = Elements(page("drift")).text
    assert "versioningConfiguration.status: expected Enabled, found Suspended" in said
    assert f"by {records.MALLORY} at {records.AT}: PutBucketVersioning" in said
    assert "ada: a bug is looked for, until 2027-01-31" in said


def test_a_line_may_end_within_a_long_word_only_where_a_reader_takes_a_breath() -> None:
    role = "arn:aws:iam::222222222222:role/deploy/deployment/items-dev-deployment"
    assert prose(f"no <b> for {role} since 2026-11-22T23:14:07+00:00; run `deploy bootstrap --stacks dev`") == (
        "no &lt;b&gt; for arn:<wbr>aws:<wbr>iam::<wbr>222222222222:<wbr>role/<wbr>deploy/<wbr>deployment/<wbr>items-dev-deployment"
        " since 2026-11-22T23:14:07+00:00; run <code>deploy bootstrap --stacks dev</code>"
    )
    assert "bucket<wbr>Server<wbr>Side<wbr>Encryption<wbr>Configuration" in prose(
        "bucketServerSideEncryptionConfiguration"
    )
    assert prose("s3/bucketPolicy") == "s3/bucketPolicy"
    assert prose("`<img src=x>`") == "<code>&lt;img src=x&gt;</code>"


def test_the_headline_names_stacks_only_where_they_are_few() -> None:
    assert headline(records.story(records.FAILED)).text == "staging failed; prod was not run."
    verdict = headline(records.story(records.LONG_NAMES)).text
    assert verdict == f"{records.LONG[1]} failed; 10 stacks were not run."


def test_of_many_stacks_those_that_matter_stand_open() -> None:
    def stood(name: str) -> list[bool]:
        return ["open" in own for tag, own in Elements(page(name)).found if own.get("class") == "panel stack"]

    assert stood("twelve") == [False] * 12
    assert stood("well") == [True] * 3
