"""Sends messages to where a team reads, by Apprise: chats, mail, pagers, webhooks."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

from deploy_driver import remedies
from deploy_driver.errors import NotReadyError
from deploy_driver.record.redaction import learn
from deploy_driver.render.report.message import Message, Occasion

PATIENCE = 10.0
"""Seconds that each service has: the run is done."""

_ALL = "all"
_SERVICE = re.compile(r"([a-z][a-z0-9+.-]*)://")
_KINDS = {
    Occasion.FAILED: "failure",
    Occasion.APPROVAL: "warning",
    Occasion.DRIFT: "warning",
    Occasion.SUCCEEDED: "success",
}


@dataclass(frozen=True)
class Notifier:
    """Who is told, as URLs of Apprise's. They hold tokens and passwords: no text of ours ever has one.

    `what` is empty, or `all`, which adds runs that went well.
    """

    urls: Sequence[str] = field(repr=False)
    what: str = field(default="", repr=False)

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Notifier | None:
        """Who the machine's environment names; None where it names nobody."""
        urls = tuple(environment.get("DEPLOY_NOTIFY_URLS", "").split())
        learn(urls)
        return cls(urls, environment.get("DEPLOY_NOTIFY", "").strip()) if urls else None

    def send(self, message: Message | None) -> None:
        """Send the message where there is one that is asked for. Raises NotReadyError when a service has not taken it."""
        if self.what not in {"", _ALL}:
            raise NotReadyError(f"DEPLOY_NOTIFY: expected `{_ALL}`, or nothing", remedy=remedies.CORRECT_NOTIFY)
        if not find_spec("apprise"):
            raise NotReadyError(
                "DEPLOY_NOTIFY_URLS is set, and the package apprise, which sends to them, is not installed",
                remedy=remedies.INSTALL_APPRISE,
            )
        if not message or (message.occasion is Occasion.SUCCEEDED and self.what != _ALL):
            return
        numbered = enumerate(self.urls, 1)
        failed = [f"the {number}. ({_service(url)})" for number, url in numbered if not _is_sent(message, url)]
        if failed:
            said = f"DEPLOY_NOTIFY_URLS: {', '.join(failed)} of {len(self.urls)} has not taken the message"
            raise NotReadyError(said, remedy=remedies.CORRECT_NOTIFY_URLS)


def _service(url: str) -> str:
    """What may be said of a URL: `slack`."""
    found = _SERVICE.match(url)
    return found[1] if found else "not a URL"


def _is_sent(message: Message, url: str) -> bool:
    from apprise import Apprise, AppriseAsset, NotifyFormat, OverflowMode

    logging.getLogger("apprise").disabled = True  # it would write addresses, with their tokens, to stderr
    service = Apprise(asset=AppriseAsset(app_id="deploy", app_desc="deploy"))
    if not service.add(url):
        return False
    for each in service:
        each.overflow_mode = OverflowMode.SPLIT
    kind = _KINDS[message.occasion]
    return bool(service.notify(message.text, message.title, kind, NotifyFormat.TEXT, timeout=PATIENCE))
