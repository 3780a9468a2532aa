"""The cases that policies alone decide: each goes as it should, and each refusal has its twin."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache

from deploy_driver.app.program import access_states
from deploy_driver.assurance.prove import policies
from deploy_driver.assurance.prove.case import CaseAnswer, Verdict
from deploy_driver.config.load import load
from deploy_driver.iam_policy import Layers, read
from tests.unit.driver.iam.shipped import ROOT, allowing, role, shipped, stacks


@cache
def decided() -> dict[str, Verdict]:
    roles = shipped()
    found = [
        *policies.enough(roles),
        *policies.minimal(roles),
        *policies.kept_apart(roles, access_states(load(ROOT, {}))),
        *policies.escalations(roles),
        *policies.read_only(roles, stacks()),
    ]
    assert not [name for name, times in Counter(verdict.case.id for verdict in found).items() if times > 1]
    return {verdict.case.id: verdict for verdict in found}


def test_everything_goes_as_it_should() -> None:
    assert [verdict for verdict in decided().values() if not verdict.as_expected] == []
    assert {verdict.case.group for verdict in decided().values()} == {
        *("enough", "elsewhere", "minimal", "kept-apart", "escalation", "read-only")
    }


def test_every_refusal_has_a_twin_that_is_allowed() -> None:
    for verdict in decided().values():
        assert verdict.case.sentence
        assert verdict.reason
        if verdict.case.expected is CaseAnswer.REFUSED:
            assert decided()[verdict.case.twin].case.expected is CaseAnswer.ALLOWED


def test_ids_say_what_about_whom() -> None:
    for name in (
        "enough.deployment.bucket.create@dev",
        "elsewhere.deployment.bucket.create@dev",
        "minimal.deployment.s3:PutBucketPolicy@prod",
        "minimal.jenkins-deploy.sts:AssumeRole@tools",
        "minimal.jenkins-deploy.HoldState-2@tools",
        "minimal.jenkins-deploy.wider@tools",
        "kept-apart.jenkins-deploy.policy@tools",
        "kept-apart.deployment.boundary@prod",
        "escalation.iam-005.deployment@staging",
        "escalation.iam-005.broad",
        "read-only.preview.s3@dev",
        "read-only.preview-session.secrets@dev",
    ):
        assert name in decided()


def test_a_surplus_action_is_a_case_that_fails() -> None:
    before = role("dev-access", "deployment")
    more = read("more", allowing("s3:PutBucketAcl")).statements
    wide = replace(
        before.layers, identity=replace(before.layers.identity, statements=(*before.layers.identity.statements, *more))
    )
    failed = [verdict for verdict in policies.minimal([replace(before, layers=wide)]) if not verdict.as_expected]
    assert {verdict.case.id for verdict in failed} == {
        "minimal.deployment.s3:PutBucketAcl@dev",
        "minimal.deployment.1-1@dev",
        "minimal.deployment.wider@dev",
    }
    assert [verdict for verdict in policies.minimal([before]) if not verdict.as_expected] == []


def test_a_session_policy_that_lets_something_be_written_is_a_case_that_fails() -> None:
    before = role("dev-access", "preview")
    session = read("preview.session", allowing("s3:Get*", "s3:Put*"))
    wide = replace(before, layers=Layers(before.layers.identity, before.layers.boundary, session))
    failed = {verdict.case.id for verdict in policies.read_only([wide], stacks()) if not verdict.as_expected}
    assert "read-only.preview-session.s3@dev" in failed
    assert "read-only.preview.s3@dev" not in failed
