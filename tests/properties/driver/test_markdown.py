"""Whatever things are called and whatever they hold: a preview's document stays itself, fits, and calls nobody."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from deploy_driver.record.catalogue import Reason, Result
from deploy_driver.render.markdown import block, literal, prose
from deploy_driver.render.preview import as_markdown
from deploy_driver.run.outcome import RunOutcome, StepOutcome
from deploy_driver.values import Changes, Operation, PropertyDiff, ResourceChange
from tests.previews import policy

PING = "@nobody"
OURS = {"h2", "h3", "p", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "details", "summary"} | {
    "ul",
    "li",
    "strong",
    "sub",
    "blockquote",
}
VOID = {"wbr"}

NASTY = (
    PING,
    f"`{PING}`",
    f"```\n{PING}\n```\n# heading",
    f"````````\n{PING}",
    "~~~\n",
    f"| a | b |\n| --- | --- |\n| {PING} |",
    f"\\| {PING}",
    "a\\",
    f"</code></pre></details>{PING}<details>",
    f"<img src=x onerror=alert(1)>{PING}",
    "<!-- ",
    f"--> {PING}",
    f"\r\n\r\n# {PING}\r\n",
    f"\u2028{PING}\x0b\x0c\x85",
    f"</code>\n\n{PING}\n\n- [x](javascript:alert(1))",
    f"[{PING}](http://evil.example) https://evil.example www.evil.example mail@evil.example",
    f"**{PING}** __x__ ~~y~~ $z$ :tada: #1 !2",
    "&#64;nobody &lt;b&gt; &amp;",
    "@@ -1 +1 @@",
    "\x1b[31m\x00\x07\u202e\u200b\ufeff\ud800",
    "",
    " ",
    "x" * 700,
)
text = st.sampled_from(NASTY) | st.text(
    alphabet=st.sampled_from("`~|<>&@#\\\n\r\t *_[]()!-+\"'aé\u202e\x00\ud83d"), max_size=40
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=5,
)
policies = st.lists(
    st.fixed_dictionaries({"Sid": text, "Action": text | st.lists(text, max_size=3), "Resource": text}), max_size=3
).map(lambda statements: policy(*statements))
diffs = st.builds(
    PropertyDiff,
    text,
    st.sampled_from(["add", "add-replace", "delete", "delete-replace", "update", "update-replace"]),
    values | policies | values.map(json.dumps),
    values | policies | values.map(json.dumps),
)
TYPES = ["aws:s3/bucket:Bucket", "aws:iam/role:Role", "aws:lambda/function:Function"]
changes = st.builds(
    lambda type_, name, op, found: ResourceChange(f"urn:pulumi:dev::items::{type_}::{name}", op, (), found),
    st.sampled_from(TYPES) | text.map(lambda said: said.replace("::", "")),
    text,
    st.sampled_from(["create", "update", "replace", "delete", "import"]) | text,
    st.lists(diffs, max_size=3).map(tuple),
)
counts = st.integers(min_value=0, max_value=2_000)
steps = st.builds(
    StepOutcome,
    text,
    text,
    st.sampled_from(Result),
    st.sampled_from(Reason),
    cause=text,
    remedy=text,
    changes=st.builds(Changes, counts, counts, counts, counts, counts),
    resources=st.lists(changes, max_size=4).map(tuple),
)
runs = st.builds(RunOutcome, text, st.just(Operation.PREVIEW), st.lists(steps, max_size=4).map(tuple))


class Page(HTMLParser):
    """The page that a host makes: which tags there are, and what is said outside code."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: dict[str, int] = {}
        self.comments: list[str] = []
        self.outside = ""
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] = self.tags.get(tag, 0) + 1
        self.attributes |= {name for name, _ in attrs}
        if tag == "wbr" and not {"code", "pre"} & set(self.open):
            self.outside += "\n"  # hosts look for names in one text at a time
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"code", "pre"} & set(self.open):
            self.outside += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def page(document: str) -> Page:
    host = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    read = Page()
    read.feed(host.render(document))
    read.close()
    return read


def is_ours(read: Page, rows: int) -> None:
    """Nothing that is not from the renderer has become more than text in code."""
    assert read.open == []
    assert set(read.tags) <= OURS | VOID
    assert read.attributes <= {"class", "style"}
    assert PING not in read.outside
    assert read.comments == [" deploy:preview items "]
    assert read.tags["h2"] == 1
    assert read.tags.get("table", 0) == (1 if rows else 0)
    assert read.tags.get("tr", 0) == (rows + 1 if rows else 0)
    assert read.tags.get("td", 0) == rows * 7


@given(runs)
def test_hostile_text_stays_text(run: RunOutcome) -> None:
    is_ours(page(as_markdown(run, project="items")), len(run.steps))


@given(runs, st.integers(min_value=1_500, max_value=6_000))
def test_a_document_fits_and_is_whole_whatever_was_left_out(run: RunOutcome, limit: int) -> None:
    document = as_markdown(run, project="items", limit=limit)
    assert len(document) <= limit
    read = page(document)
    is_ours(read, read.tags.get("tr", 1) - 1)
    assert read.tags.get("table", 0) == bool(run.steps)


@given(runs)
def test_no_character_hides_or_turns_what_is_read(run: RunOutcome) -> None:
    document = as_markdown(run, project="items")
    assert not set(document) & set("\x00\x07\x1b\r\x0b\x0c\x85\u2028\u202e\u200b\ufeff\ud800")
    assert document.encode()


@given(runs, text)
def test_every_document_begins_with_the_marker_of_its_project(run: RunOutcome, project: str) -> None:
    first = as_markdown(run, project=project).split("\n")[0]
    assert first.startswith("<!-- deploy:preview ")
    assert first.endswith(" -->")
    assert first.count("--") == 2


@given(text)
def test_a_literal_is_one_piece_of_code_in_prose_and_in_a_cell(said: str) -> None:
    assert page(literal(said)).outside.strip() == ""
    cell = page(f"| a | b |\n| --- | --- |\n| {literal(said)} | x |")
    assert cell.tags["td"] == 2
    assert cell.outside.split() == ["a", "b", "x"]


@given(text, text)
def test_prose_is_text_and_what_stands_in_backquotes_is_code(said: str, typed: str) -> None:
    read = page("x " + prose(f"{said} `deploy {typed.replace('`', '')}`"))
    assert set(read.tags) <= {"p", "code", "wbr"}
    assert PING not in read.outside
    assert page(prose("run `deploy up`, then `deploy doctor`")).outside.strip() == "run , then"


@given(text)
def test_a_block_is_one_block(said: str) -> None:
    read = page(f"{block(said)}\n\nafter")
    assert (read.tags["pre"], read.tags["p"]) == (1, 1)
    assert read.outside.strip() == "after"
