"""Run by a test in a process of its own: spoils by chance a document that `deploy` keeps or finds in an account, and reads it.

python -m tests.command.hostile_documents FOLDER FIRST COUNT   prints each seed that ends with neither an answer nor a DeployError
"""

from __future__ import annotations

import gzip
import json
import random
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import cast

from deploy_driver.adapters import bundle_folder
from deploy_driver.adapters.aws import AwsSession
from deploy_driver.adapters.drift_ledger import read_ledger
from deploy_driver.adapters.leases import PREFIX as LEASES
from deploy_driver.adapters.leases import S3Leases
from deploy_driver.adapters.platform import KEY as PLATFORM
from deploy_driver.adapters.platform import Platform, PlatformRecord
from deploy_driver.adapters.records import S3Archive
from deploy_driver.adapters.state import S3StateStore
from deploy_driver.adapters.trail import DeliveredTrail
from deploy_driver.app.history import Records, newest, story, verified
from deploy_driver.assurance.audit.gather import TrailSource, gather
from deploy_driver.assurance.audit.run_record import RunRecord
from deploy_driver.bundle.compare import moment
from deploy_driver.bundle.seal import canonical, unseal
from deploy_driver.drift.ignore import SortedFindings
from deploy_driver.drift.ledger import LedgerEntry, after
from deploy_driver.errors import DeployError
from deploy_driver.lease import Holder, held_by, is_free, why_dead
from deploy_driver.render.report.html import as_html
from deploy_driver.render.report.text import as_json, as_text
from deploy_driver.run.state_check import States
from deploy_driver.values import Cloud, Process
from tests import records, reviews
from tests.checkpoints import checkpoint, content
from tests.command.hostile_files import bytes_of
from tests.fakes.s3 import FakeS3
from tests.fakes.trail import START, TOOLS, a_run
from tests.samples import ACCOUNTS, BACKEND, RUN, stack

HOME = BACKEND.bucket
STATE = ".pulumi/stacks/items/dev.json"
UPDATE = ".pulumi/history/items/dev/dev-1.history.json"
LOCK = ".pulumi/locks/organization/items/dev/1.json"
META = ".pulumi/meta.yaml"
LEASE = f"{LEASES}items/dev.json"
RECORD = f".deploy/runs/{RUN}.jsonl"
USED = f".deploy/plans/{RUN}.json"
LOG = f"AWSLogs/{TOOLS}/CloudTrail/eu-central-1/2026/11/23/{TOOLS}_CloudTrail_eu-central-1_20261123T0105Z_abc.json.gz"
NOW = "2026-11-28T00:00:00Z"


@dataclass(frozen=True)
class Opened:
    """Where a document is: in the bucket, and in a folder of this machine."""

    s3: FakeS3
    folder: Path

    @property
    def aws(self) -> AwsSession:
        return cast("AwsSession", self.s3)

    @property
    def store(self) -> S3StateStore:
        return S3StateStore(self.aws, {"dev": BACKEND}, "items")


@dataclass(frozen=True)
class Door:
    """A reader. `name` is that of the document, in the bucket or in the folder; a refusal says one of `blames`."""

    name: str
    whole: bytes
    read: Callable[[Opened], object]
    blames: tuple[str, ...]
    in_folder: bool = False
    packed: Callable[[bytes], bytes] = bytes


@dataclass(frozen=True)
class AnyKey:
    """A key that has signed whatever is shown to it: what is read is all that can be wrong."""

    def sign(self, digest: bytes) -> bytes:
        return digest

    def verify(self, digest: bytes, signature: bytes) -> bool:
        del digest, signature
        return True


def _state(at: Opened) -> object:
    States(at.store, "items").require(stack("dev"))
    return at.store.resources("dev")


def _history(at: Opened) -> object:
    deployed = at.store.deployed("dev")
    return (f"{deployed.commit:.7}" if deployed else "", round(at.store.took("dev")))


def _lease(at: Opened) -> object:
    seen = S3Leases(at.aws, {"dev": BACKEND}, "items").read("dev")
    holder = seen.holder
    assert holder
    locks = at.store.locks("dev")
    here = Process("agent-1", "boot", 7, "70")
    dead = [why_dead(lock, holder, written=1.0, now=seen.now, here=here, age=None) for lock in locks]
    return is_free(holder, seen.now, alive=None), held_by("dev", holder, seen.now), dead


def _plan(at: Opened) -> object:
    bundle = unseal(bundle_folder.read(at.folder), AnyKey())
    return moment(bundle.created), moment(bundle.expires)


def _ledger(at: Opened) -> object:
    return after(read_ledger(at.folder / "ledger.json"), SortedFindings((), (), ()), frozenset({"dev"}), NOW)


def _record(at: Opened) -> object:
    archive = S3Archive(at.aws, BACKEND)
    known = Records(at.folder / "runs", frozenset(), archive, archive.runs())
    newest(known, Cloud.SANDBOX, 5)
    verified(known, None)
    archive.newest()
    found = story(known, Cloud.SANDBOX, RUN)
    return as_text(found), as_json(found), as_html(found)


def _trail(at: Opened) -> object:
    source = TrailSource(TOOLS, DeliveredTrail(at.aws, TOOLS, "eu-central-1", HOME))
    return gather(RunRecord(RUN, START, START + 600), f"deploy-{RUN}", source, [], START + 3600)


def _json(value: object) -> bytes:
    return json.dumps(value).encode()


ENTRY = LedgerEntry("dev", "urn", "path", "cloud", "fact", "opened", NOW, NOW)
UPDATED = {
    "kind": "update",
    "result": "succeeded",
    "startTime": 1,
    "endTime": 20,
    "version": 1,
    "environment": {"git.head": "3f9a7c51b0d2e8a4c6f70123456789abcdef0123", "git.dirty": "true"},
}
HOLDER = Holder(RUN, "build 7", Process("agent-1", "boot", 7, "70"), 100.0, 100.5, 1000.25)
DOORS = (
    Door(STATE, content(checkpoint(stack("dev"))), _state, ("state",)),
    Door(STATE, content(checkpoint(stack("dev"))), lambda at: at.store.resources("dev"), ("state",)),
    Door(UPDATE, _json(UPDATED), _history, ("history of dev",)),
    Door(LOCK, _json({"pid": 7, "username": "jenkins", "hostname": "agent-3", "timestamp": NOW}), _lease, ()),
    Door(LEASE, _json(asdict(HOLDER)), _lease, ()),
    Door(META, b"version: 1\n", lambda at: at.store.check(["dev"]), (META,)),
    Door(RECORD, b"".join(_json(line) + b"\n" for line in records.FAILED), _record, (RUN,)),
    Door(USED, _json({"plan": RUN, "run": RUN}), lambda at: S3Archive(at.aws, BACKEND).used_by(RUN), (RUN,)),
    Door(
        PLATFORM,
        _json(asdict(Platform("items", {"deploy:region": "eu-central-1"}, {ACCOUNTS["dev"]: ("items",)}))),
        lambda at: getattr(PlatformRecord(at.aws, BACKEND).read(), "projects", tuple)(),
        (PLATFORM,),
    ),
    Door(LOG, _json({"Records": a_run()}), _trail, ("CloudTrail",), packed=gzip.compress),
    Door("plan.json", canonical(reviews.BUNDLE), _plan, ("plan.json",), in_folder=True),
    Door(
        "ledger.json", _json({"version": 1, "entries": {"a": asdict(ENTRY)}}), _ledger, ("ledger.json",), in_folder=True
    ),
)
"""Everything that is read from outside and that no file of the project is."""


def in_bucket() -> dict[tuple[str, str], bytes]:
    """The bucket with every document whole."""
    return {(HOME, door.name): door.packed(door.whole) for door in DOORS if not door.in_folder}


def played(seed: int, folder: Path) -> str:
    """One seed: what was wrong with its end; empty when nothing was."""
    chance = random.Random(seed)
    door = DOORS[seed % len(DOORS)]
    how, spoiled = bytes_of(chance, door.whole)
    spoiled = door.packed(spoiled) if chance.random() < 0.9 else spoiled
    at = Opened(FakeS3(in_bucket()), folder)
    if door.in_folder:
        (folder / door.name).write_bytes(spoiled)
    else:
        at.s3.objects[HOME, door.name] = spoiled
    before = dict(at.s3.objects), _files(folder)
    told = f"seed {seed}: {door.name}: {how}"
    try:
        door.read(at)
    except DeployError as error:
        said = f"{error}\n{error.remedy}"
        if not any(name in said for name in door.blames):
            return f"{told}: nothing names what is to blame: {said}\n"
        if len(str(error)) > 4_000:
            return f"{told}: {len(str(error))} characters\n"
    except Exception:  # noqa: BLE001 -- whatever it is, nobody may get it
        return f"{told}: {traceback.format_exc(limit=-4)}\n"
    return f"{told}: something was written\n" if (dict(at.s3.objects), _files(folder)) != before else ""


def _files(folder: Path) -> Mapping[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def main() -> int:
    """Whether all ended as they should."""
    folder, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    bad = [told for seed in range(first, first + count) if (told := played(seed, folder))]
    sys.stdout.write("".join(bad))
    return min(len(bad), 1)


if __name__ == "__main__":
    sys.exit(main())
