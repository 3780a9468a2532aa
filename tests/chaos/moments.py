"""The moments of a run: the boundaries that its record shows, named so that another run comes by them too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deploy_driver.values import Urn

CALLS = {
    "aws:s3/bucket:Bucket": ("s3:CreateBucket", "s3:DeleteBucket"),
    "aws:s3/bucketVersioning:BucketVersioning": ("s3:PutBucketVersioning",),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ("s3:*BucketOwnershipControls",),
    "aws:s3/bucketPolicy:BucketPolicy": ("s3:PutBucketPolicy", "s3:DeleteBucketPolicy"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "s3:PutBucketEncryption",
        "s3:DeleteBucketEncryption",
    ),
    "aws:lambda/function:Function": (
        "lambda:CreateFunction",
        "lambda:UpdateFunctionConfiguration",
        "lambda:DeleteFunction",
    ),
    "aws:lambda/alias:Alias": ("lambda:CreateAlias", "lambda:UpdateAlias", "lambda:DeleteAlias"),
    "aws:lambda/permission:Permission": ("lambda:AddPermission", "lambda:RemovePermission"),
    "aws:apigatewayv2/api:Api": ("apigateway:CreateApi", "apigateway:DeleteApi"),
    "aws:apigatewayv2/stage:Stage": ("apigateway:CreateStage", "apigateway:DeleteStage"),
    "aws:apigatewayv2/integration:Integration": ("apigateway:CreateIntegration", "apigateway:DeleteIntegration"),
    "aws:apigatewayv2/route:Route": ("apigateway:CreateRoute", "apigateway:DeleteRoute"),
}
"""The calls that make, change or remove a resource, by its type."""


@dataclass(frozen=True)
class Moment:
    """An event of a run's record. `what` is a check's name, or a resource's type and name."""

    kind: str
    stack: str = ""
    what: str = ""
    preview: bool = False

    @classmethod
    def of(cls, event: Mapping[str, Any]) -> Moment:
        urn = Urn((event.get("change") or {}).get("urn", ""))
        what = f"{urn.type}={urn.name}" if urn.type else str(event.get("check", ""))
        return cls(str(event["kind"]), str(event.get("stack", "")), what, bool(event.get("preview")))

    def __str__(self) -> str:
        kind = f"preview-{self.kind}" if self.preview else self.kind
        return "/".join(filter(None, (self.stack, kind, self.what.replace("/", "."))))

    @property
    def begins(self) -> str:
        """The type of the resource that the engine has just begun to work on; empty at every other moment."""
        return self.what.partition("=")[0] if self.kind == "resource-started" and not self.preview else ""

    @property
    def calls(self) -> tuple[str, ...]:
        """The calls to AWS that follow at once."""
        return CALLS.get(self.begins, ())


def moments(record: Path) -> tuple[Moment, ...]:
    """The moments of a whole record, each once, in their order."""
    events = [json.loads(line) for line in record.read_text("utf-8").splitlines()]
    return tuple(dict.fromkeys(Moment.of(event) for event in events))


class Watch:
    """Reads the record of the run that goes on in a project, as far as it is written."""

    def __init__(self, runs: Path) -> None:
        self._runs = runs
        self._before = set(runs.glob("*"))
        self._read = 0
        self._seen: set[Moment] = set()

    def seen(self) -> set[Moment]:
        """What has happened so far."""
        new = sorted(path for path in self._runs.glob("*/events.jsonl") if path.parent not in self._before)
        if new:
            with new[0].open("rb") as file:
                file.seek(self._read)
                text = file.read()
            whole = text[: text.rfind(b"\n") + 1]
            self._read += len(whole)
            self._seen |= {Moment.of(json.loads(line)) for line in whole.splitlines()}
        return self._seen
