"""The page of a run in a browser: it asks for nothing, fits a phone and a desk, and is dark at night and white on paper."""

from __future__ import annotations

from pathlib import Path

import pytest

from deploy_driver.render.report.html import as_html
from tests import records
from tests.chromium import chromium, executable

pytestmark = pytest.mark.skipif(executable() is None, reason="there is no Chromium on this machine")

BROKEN = """
(() => {
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const broken = [];
    while (texts.nextNode()) {
        for (const word of texts.currentNode.textContent.matchAll(/[a-z]{4,}/g)) {
            const range = document.createRange();
            range.setStart(texts.currentNode, word.index);
            range.setEnd(texts.currentNode, word.index + word[0].length);
            if (new Set([...range.getClientRects()].map(part => part.top)).size > 1) broken.push(word[0]);
        }
    }
    return broken;
})()
"""
"""The words of a page that begin in one line and end in another."""


def page(name: str) -> str:
    return as_html(records.story(records.EVERY[name], here=True, kept=False))


def test_it_asks_for_nothing_and_fits_a_phone(tmp_path: Path) -> None:
    with chromium(tmp_path) as tab:
        for name in records.EVERY:
            file = tmp_path / f"{name}.html"
            file.write_text(page(name), "utf-8")
            for width in (390, 1440):
                tab.open(file, width=width, dark=width == 390)
                assert tab.requested == [file.as_uri()]
                assert tab.complaints == []
                assert tab.evaluate("document.documentElement.scrollWidth") == width, name
                assert name == "hostile" or tab.evaluate(BROKEN) == [], name
                lanes = tab.evaluate("document.querySelectorAll('.account .lane').length")
                assert lanes == len(records.story(records.EVERY[name]).stacks)
        assert tab.evaluate("getComputedStyle(document.body).backgroundColor") != ""


def test_night_is_dark_paper_is_white_and_bars_are_drawn(tmp_path: Path) -> None:
    file = tmp_path / "well.html"
    file.write_text(page("well"), "utf-8")
    with chromium(tmp_path) as tab:
        seen = []
        for dark in (False, True):
            tab.open(file, width=1440, dark=dark)
            seen.append(tab.evaluate("getComputedStyle(document.body).backgroundColor"))
        assert seen[0] != seen[1]
        paper = [{"name": "prefers-color-scheme", "value": "dark"}]
        tab.ask("Emulation.setEmulatedMedia", media="print", features=paper)
        assert tab.evaluate("getComputedStyle(document.body).color") == "rgb(27, 32, 39)"
        widths = tab.evaluate("[...document.querySelectorAll('.bar')].map(bar => bar.getBoundingClientRect().width)")
        assert min(widths) >= 3
        assert tab.picture().startswith(b"\x89PNG")
