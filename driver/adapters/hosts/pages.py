"""Reads a list to its end, page by page; both hosts page alike and say in a Link header whether more follows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from driver.adapters.hosts.api import Answer
from driver.errors import NotReadyError

PAGE = 100
"""Entries of a page: the most that both hosts give."""

MOST_PAGES = 300


def every_page(ask: Callable[[Mapping[str, int]], Answer]) -> Iterator[Any]:
    """Every entry. The address of the next page is computed, not taken from the answer: the token goes where we say."""
    for page in range(1, MOST_PAGES + 1):
        answer = ask({"per_page": PAGE, "page": page})
        if not isinstance(answer.value, list):
            raise NotReadyError(
                "the host's list of comments is no list", remedy="is this the address of the host's API?"
            )
        yield from answer.value
        if not answer.more:
            return
    raise NotReadyError(f"there are more than {MOST_PAGES * PAGE:,} comments")
