"""Findings, resources and reports for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from deploy_driver.config.model import IgnoreRule
from deploy_driver.drift.attribution import Write
from deploy_driver.drift.finding import DriftFinding
from deploy_driver.drift.ignore import Ignored, SortedFindings
from deploy_driver.drift.ledger import after
from deploy_driver.drift.report import DriftReport
from deploy_driver.drift.resource_state import ResourceState
from deploy_driver.drift.scan import StackDrift
from deploy_driver.record.catalogue import DriftFact, Moved, Reason, Result
from deploy_driver.run.outcome import StepOutcome
from tests.samples import ACCOUNTS

VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
NOW = "2026-11-23T01:02:00+00:00"
LATER = "2026-11-24T01:02:00+00:00"
WRITE = Write("arn:aws:iam::222222222222:user/eve", 1795395720.0, "PutBucketVersioning", "aws-cli/2", "e-1")


def urn(stack: str = "dev") -> str:
    return f"urn:pulumi:{stack}::items::{VERSIONING}::items"


def finding(
    stack: str = "dev", *, path: str = "versioningConfiguration.status", moved: Moved = Moved.CLOUD
) -> DriftFinding:
    return DriftFinding(
        stack, "222222222222", urn(stack), path, moved, DriftFact.CHANGED, "Enabled", "Suspended", "Enabled"
    )


def rule(pattern: str = "urn:pulumi:dev::*", property_: str = "*", expires: date = date(2026, 12, 31)) -> IgnoreRule:
    return IgnoreRule(pattern, property_, "ada", "a test", expires)


def resource(id_: str = "items-dev") -> ResourceState:
    return ResourceState(urn(), "update", known=True, gone=False, id=id_, inputs={"bucket": "items-dev"})


def looked(
    stack: str = "dev",
    *findings: DriftFinding,
    resources: int = 14,
    failure: str = "",
    remedy: str = "",
    seconds: float = 0.0,
    states: Mapping[str, ResourceState] | None = None,
) -> StackDrift:
    """The look at a stack; where it failed and saw nothing, its account could not be entered."""
    result, reason = Result.SUCCEEDED, Reason.PREVIEWED
    if failure:
        result, reason = Result.FAILED, Reason.ENGINE_FAILED if resources else Reason.NOT_ENTERED
    outcome = StepOutcome(stack, ACCOUNTS[stack], result, reason, failure, remedy, seconds=seconds)
    return StackDrift(outcome, findings, resources, states or {})


def sorted_of(*findings: DriftFinding) -> SortedFindings:
    return SortedFindings(findings, (), ())


def report(*findings: DriftFinding) -> DriftReport:
    found = sorted_of(*findings)
    stacks = (
        looked("dev", *findings),
        looked("prod", resources=0, failure="AccessDenied: no", remedy="look at the trust policy"),
    )
    return DriftReport("run", NOW, stacks, found, {urn(): WRITE}, after({}, found, frozenset({"dev"}), NOW))


def eventful() -> DriftReport:
    """Something of everything: both sides moved, a policy, a deletion, what is known, ignored, closed and not looked at."""
    access = replace(
        finding(),
        urn="urn:pulumi:dev::items::aws:iam/rolePolicy:RolePolicy::deployment",
        path="policy",
        expected=_policy("s3:GetObject"),
        found=_policy("s3:GetObject", "s3:PutObject"),
    )
    gone = replace(
        finding(),
        urn="urn:pulumi:dev::items::aws:lambda/alias:Alias::items",
        path="",
        fact=DriftFact.DELETED,
        found=None,
    )
    counted = (finding(), finding(path="tags.owner", moved=Moved.CODE), access, gone)
    debug = replace(finding(path="environment.variables.DEBUG"), urn="urn:pulumi:dev::items::aws:x/y:Function::items")
    ignored = Ignored(debug, rule("urn:pulumi:dev::*Function::items", "environment.variables.DEBUG"))
    was = replace(finding(), urn="urn:pulumi:dev::items::aws:apigatewayv2/route:Route::health", path="target")
    before = after({}, sorted_of(gone, was), frozenset({"dev"}), "2026-11-22T01:02:00+00:00")
    found = SortedFindings(
        counted, (ignored,), ("the rule for urn:pulumi:dve::* * (ada: a test) matches nothing: remove it",)
    )
    no = "entering: AccessDenied: no"
    stacks = (
        looked("dev", *counted, debug, seconds=2.4),
        looked("staging", seconds=2.6),
        looked("prod", resources=0, failure=no, remedy="look at the trust policy", seconds=0.3),
    )
    writes = {finding().urn: WRITE, access.urn: WRITE}
    return DriftReport("run", NOW, stacks, found, writes, after(before, found, frozenset({"dev", "staging"}), NOW))


def _policy(*actions: str) -> str:
    statement = {"Sid": "Objects", "Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::items-dev/*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})
