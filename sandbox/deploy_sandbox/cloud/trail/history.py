"""The event history: every account's newest records, kept over a restart, and told to whoever delivers them.

AWS keeps ninety days of management events, trail or not
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html); here it is the newest 20,000 of each
account. The emulator forgot them at a restart.
"""

from __future__ import annotations

import itertools
from collections import defaultdict, deque
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud.replace import replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

KEPT = 20_000
"""How many events an account keeps."""


@dataclass(frozen=True)
class TrailEvent:
    """One record and what it is found by. `number` grows with every event of the server; `text` is the record as JSON."""

    number: int
    id: str
    name: str
    source: str
    time: float
    region: str
    username: str
    access_key_id: str
    read_only: bool
    resources: list[dict[str, str]]
    text: str


_events: defaultdict[str, deque[TrailEvent]] = defaultdict(lambda: deque(maxlen=KEPT))
_numbers = itertools.count(1)
_listeners: list[Callable[[str, TrailEvent], None]] = []


def next_number() -> int:
    """The number of the event that is about to be kept."""
    return next(_numbers)


def keep(account: str, event: TrailEvent) -> None:
    """Add an event to an account's history and tell the listeners."""
    _events[account].append(event)
    for listener in _listeners:
        listener(account, event)


def newest_first(account: str) -> Iterator[TrailEvent]:
    """An account's events, as they are now, the newest first."""
    return reversed(list(_events[account]))


def listen(listener: Callable[[str, TrailEvent], None]) -> None:
    """Call `listener(account, event)` for every event from now on."""
    _listeners.append(listener)


def install() -> None:
    """Keep the history with the rest of CloudTrail's state."""
    replace("services.cloudtrail", "get_state", _saving)
    replace("services.cloudtrail", "load_persisted_state", _loading)
    replace("services.cloudtrail", "reset", _forgetting)


def _saving(get_state: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    def saving() -> dict[str, Any]:
        return {
            **get_state(),
            "history": {account: [asdict(event) for event in kept] for account, kept in _events.items()},
        }

    return saving


def _loading(load: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    def loading(state: dict[str, Any]) -> None:
        global _numbers  # noqa: PLW0603 -- the count goes on where the last process stopped
        load(state)
        for account, kept in state.get("history", {}).items():
            _events[account].extend(TrailEvent(**fields) for fields in kept)
        _numbers = itertools.count(1 + max((event.number for kept in _events.values() for event in kept), default=0))

    return loading


def _forgetting(reset: Callable[[], None]) -> Callable[[], None]:
    def forgetting() -> None:
        reset()
        _events.clear()

    return forgetting
