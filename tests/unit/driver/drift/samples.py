"""Findings, sights and reports for tests."""

from __future__ import annotations

from datetime import date

from driver.config.model import IgnoreRule
from driver.drift.finding import Fact, Finding, Moved
from driver.drift.ignore import Sorted
from driver.drift.ledger import after
from driver.drift.look import Looked
from driver.drift.report import Report
from driver.drift.sight import Sight
from driver.drift.who import Deed

VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
NOW = "2026-11-23T01:02:00+00:00"
LATER = "2026-11-24T01:02:00+00:00"
DEED = Deed("arn:aws:iam::222222222222:user/eve", 1795395720.0, "PutBucketVersioning", "aws-cli/2", "e-1")


def urn(stack: str = "dev") -> str:
    return f"urn:pulumi:{stack}::items::{VERSIONING}::items"


def finding(stack: str = "dev", *, path: str = "versioningConfiguration.status", moved: Moved = Moved.CLOUD) -> Finding:
    return Finding(stack, "222222222222", urn(stack), path, moved, Fact.CHANGED, "Enabled", "Suspended", "Enabled")


def rule(pattern: str = "urn:pulumi:dev::*", property_: str = "*", expires: date = date(2026, 12, 31)) -> IgnoreRule:
    return IgnoreRule(pattern, property_, "ada", "a test", expires)


def sight(id_: str = "items-dev") -> Sight:
    return Sight(urn(), "update", known=True, gone=False, id=id_, inputs={"bucket": "items-dev"})


def sorted_of(*findings: Finding) -> Sorted:
    return Sorted(findings, (), ())


def report(*findings: Finding) -> Report:
    found = sorted_of(*findings)
    looked = (
        Looked("dev", "222222222222", findings, 14),
        Looked("prod", "444444444444", failure="AccessDenied: no", remedy="look at the trust policy"),
    )
    return Report("run", NOW, looked, found, {urn(): DEED}, after({}, found, frozenset({"dev"}), NOW))
