"""Reads a list to its end, page by page; both hosts page alike and say in a Link header whether more follows."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from email.utils import parsedate_to_datetime
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from deploy_driver import remedies
from deploy_driver.config.pull_request import is_loopback
from deploy_driver.errors import NotNowError, NotReadyError
from deploy_driver.ports import Clock
from deploy_driver.record.redaction import one_line

TIMEOUT = 30
"""Seconds that the host may be silent."""

ANSWER_LIMIT = 32 * 1024 * 1024
"""Bytes of an answer that are read: a page is a hundred comments of up to 65,536 characters."""

_SAID_LIMIT = 300
_TOO_MANY = 429
_FORBIDDEN = 403
_SERVER_ERROR = 500
_REDIRECTS = range(300, 400)


class HostRefusalError(NotReadyError):
    """The host answered, and said no. `status` is HTTP's."""

    def __init__(self, status: int, what: str, *, where: str) -> None:
        super().__init__(what, where=where)
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What the host said, and whether another page follows."""

    value: Any
    more: bool


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """urllib would take the token along to wherever it is sent."""

    def redirect_request(self, *_: Any) -> None:
        return None


@dataclass(frozen=True)
class Api:
    """A host's API at `base`. Whatever it says passes through here, so the token is in no error."""

    base: str
    token: str = field(repr=False)
    clock: Clock

    def ask(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        query: Mapping[str, str | int] | None = None,
        body: Mapping[str, str] | None = None,
    ) -> Answer:
        """One question. Raises NotNowError when asking again may help, HostRefusalError when the host says no."""
        url = f"{self.base}/{path}" + (f"?{urlencode(query)}" if query else "")
        data = json.dumps(body).encode() if body is not None else None
        sent = {"User-Agent": "deploy", "Content-Type": "application/json", **headers}
        request = urllib.request.Request(url, data, sent, method=method)  # noqa: S310 -- the scheme was checked
        try:
            with self._opener().open(request, timeout=TIMEOUT) as answer:
                return Answer(self._json(answer.read(ANSWER_LIMIT)), 'rel="next"' in answer.headers.get("Link", ""))
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(error) from None
        except (OSError, HTTPException) as error:
            raise self._unreachable(error) from None

    def _opener(self) -> urllib.request.OpenerDirector:
        direct = is_loopback(urlsplit(self.base).hostname or "")
        proxies = [urllib.request.ProxyHandler({})] if direct else []
        return urllib.request.build_opener(_NoRedirect, *proxies)

    def _json(self, body: bytes) -> Any:
        try:
            return json.loads(body)
        except ValueError:
            raise NotReadyError("the answer is not JSON", where=self.base, remedy=remedies.ADDRESS_OF_HOST) from None

    def _refusal(self, error: urllib.error.HTTPError) -> NotReadyError:
        said = self._said(error)
        what = f"the host answers {error.code}" + (f": {said}" if said else "")
        if self._busy(error):
            wait = _wait(error.headers, self.clock.now())
            when = "later" if wait is None else f"in {wait:.0f} s"
            return NotNowError(what, where=self.base, wait=wait, remedy=remedies.HOST_IS_BUSY.of(when=when))
        if error.code in _REDIRECTS:
            what += ", somewhere else; the token goes nowhere but to the address that was given"
        return HostRefusalError(error.code, what, where=self.base)

    def _busy(self, error: urllib.error.HTTPError) -> bool:
        """GitHub limits with 403 as well, and then says how many requests are left or when to come back."""
        limited = error.headers.get("Retry-After") or error.headers.get("X-RateLimit-Remaining") == "0"
        return error.code >= _SERVER_ERROR or error.code == _TOO_MANY or (error.code == _FORBIDDEN and bool(limited))

    def _said(self, error: urllib.error.HTTPError) -> str:
        """The host's own words in one line, if it has any."""
        try:
            answer = json.loads(error.read(ANSWER_LIMIT))
        except (ValueError, OSError, HTTPException):
            return ""
        message = (answer.get("message") or answer.get("error")) if isinstance(answer, dict) else None
        text = message if isinstance(message, str) else json.dumps(message) if message else ""
        return one_line(text.replace(self.token, "[token]"))[:_SAID_LIMIT]

    def _unreachable(self, error: Exception) -> NotReadyError:
        cause = getattr(error, "reason", error)
        what = f"the host cannot be reached: {one_line(str(cause) or type(cause).__name__)}".replace(
            self.token, "[token]"
        )
        if isinstance(cause, ssl.SSLCertVerificationError):
            remedy = remedies.TRUST_CERTIFICATES
            return NotReadyError(what, where=self.base, remedy=remedy)
        return NotNowError(what, where=self.base, remedy=remedies.REACH_HOST)


def _wait(headers: Message, now: float) -> float | None:
    """Seconds until the host answers again; None where it does not say. Retry-After is seconds or a date (RFC 9110)."""
    after = headers.get("Retry-After", "")
    if after.isdecimal():
        return float(after)
    try:
        return max(parsedate_to_datetime(after).timestamp() - now, 0.0)
    except ValueError:
        reset = headers.get("X-RateLimit-Reset") or headers.get("RateLimit-Reset") or ""
        return max(float(reset) - now, 0.0) if reset.isdecimal() else None


PAGE = 100
"""Entries of a page: the most that both hosts give."""

MOST_PAGES = 300


def every_page(ask: Callable[[Mapping[str, int]], Answer]) -> Iterator[Any]:
    """Every entry. The address of the next page is computed, not taken from the answer: the token goes where we say."""
    for page in range(1, MOST_PAGES + 1):
        answer = ask({"per_page": PAGE, "page": page})
        if not isinstance(answer.value, list):
            raise NotReadyError("the host's list of comments is no list", remedy=remedies.ADDRESS_OF_HOST)
        yield from answer.value
        if not answer.more:
            return
    raise NotReadyError(f"there are more than {MOST_PAGES * PAGE:,} comments")
