"""Takes the records to the buckets of the trails that log: compressed log files, about once a second and at shutdown.

"CloudTrail log file name format"
(https://docs.aws.amazon.com/awscloudtrail/latest/userguide/get-and-view-cloudtrail-log-files.html). AWS delivers within
minutes and keeps trying when it may not write; here what could not be written is tried again at the next beat, the newest
20,000 records of each trail at most. Digest files are not made.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
import secrets
import string
from collections import defaultdict, deque
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from deploy_sandbox.cloud import emulator
from deploy_sandbox.cloud.trail import history
from deploy_sandbox.cloud.trail.bucket import write
from deploy_sandbox.cloud.trail.trails import destination, logging_trails, note_delivery

if TYPE_CHECKING:
    from collections.abc import Iterable

    from deploy_sandbox.cloud.asgi import App, Message, Receive, Scope, Send
    from deploy_sandbox.cloud.configuration import CloudConfig
    from deploy_sandbox.cloud.trail.history import TrailEvent

_log = logging.getLogger(__name__)
_BEAT_SECONDS = 1.0
_LETTERS = string.ascii_letters + string.digits

_pending: defaultdict[str, deque[TrailEvent]] = defaultdict(lambda: deque(maxlen=history.KEPT))
_delivering = asyncio.Lock()


def install() -> None:
    """Queue every event for the trails that log it."""
    history.listen(_queue)


def wrap(app: App, _config: CloudConfig) -> App:
    """Deliver for as long as the server lives, and the rest before it saves its state."""

    async def delivering(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            await app(scope, receive, send)
            return
        beat = asyncio.create_task(_beat())

        async def receiving() -> Message:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                beat.cancel()
                with suppress(asyncio.CancelledError):
                    await beat
                await deliver()
            return message

        await app(scope, receiving, send)

    return delivering


async def deliver() -> None:
    """Write everything that waits, one file for each trail and region."""
    async with _delivering:
        trails = {trail["TrailARN"]: trail for _key, trail in emulator.TRAILS.all_items()}
        for arn in list(_pending):
            if arn not in trails:
                del _pending[arn]
                continue
            events = [_pending[arn].popleft() for _ in range(len(_pending[arn]))]
            for region in dict.fromkeys(event.region for event in events):
                await _deliver_region(trails[arn], region, [event for event in events if event.region == region])


async def _beat() -> None:
    while True:
        await asyncio.sleep(_BEAT_SECONDS)
        try:
            await deliver()
        except Exception:  # noqa: BLE001 -- one bad delivery must not end all of them
            _log.exception("CloudTrail could not deliver; it tries again.")


def _queue(account: str, event: TrailEvent) -> None:
    for trail in logging_trails(account, event.region):
        _pending[trail["TrailARN"]].append(event)


async def _deliver_region(trail: dict[str, Any], region: str, events: list[TrailEvent]) -> None:
    where = destination(trail)
    now = datetime.now(UTC)
    mark = "".join(secrets.choice(_LETTERS) for _ in range(16))
    key = f"{where.folder}CloudTrail/{region}/{now:%Y/%m/%d}/{where.account}_CloudTrail_{region}_{now:%Y%m%dT%H%MZ}_{mark}.json.gz"
    error = await write(where, key, _file(event.text for event in events))
    note_delivery(trail, error)
    if error:
        _pending[trail["TrailARN"]].extendleft(reversed(events))


def _file(records: Iterable[str]) -> bytes:
    return gzip.compress(f'{{"Records":[{",".join(records)}]}}'.encode())
