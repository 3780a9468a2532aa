"""The plugin calls what the real provider calls, so that a role which suffices for the one suffices for the other."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.contract.plugin.all_types import CASES
from tests.contract.plugin.cases import Case, Place, given
from tests.contract.plugin.engine import plugin
from tests.unit.infra.facts import recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy_sandbox.accounts import Sandbox
    from tests.contract.plugin.engine import Engine

pytestmark = pytest.mark.sandbox

HERE = Path(__file__).parent
RECORDED = {**json.loads((HERE / "provider-calls.json").read_text("utf-8"))["types"], **recorded()}
NOT_TAKEN = {
    # What the recording's one update per type did not change; the provider's source has these calls for it.
    ("aws:iam/instanceProfile:InstanceProfile", "update"): {"IAM:RemoveRoleFromInstanceProfile"},
    ("aws:iam/policy:Policy", "update"): {"IAM:DeletePolicyVersion"},
    ("aws:iam/role:Role", "update"): {
        "IAM:UpdateRole",
        "IAM:PutRolePermissionsBoundary",
        "IAM:DeleteRolePermissionsBoundary",
    },
    ("aws:iam/role:Role", "delete"): {"IAM:RemoveRoleFromInstanceProfile"},
    ("aws:cloudwatch/logGroup:LogGroup", "update"): {"CloudWatch Logs:DeleteRetentionPolicy"},
    ("aws:cloudtrail/trail:Trail", "update"): {"CloudTrail:StartLogging", "CloudTrail:StopLogging"},
    ("aws:dynamodb/table:Table", "update"): {"DynamoDB:UpdateTimeToLive"},
    ("aws:lambda/function:Function", "update"): {"Lambda:UpdateFunctionCode"},
    ("aws:s3/bucketVersioning:BucketVersioning", "update"): {"S3:PutBucketVersioning", "S3:GetBucketVersioning"},
    ("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration", "update"): {
        "S3:PutBucketEncryption",
        "S3:GetBucketEncryption",
    },
    ("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "update"): {"S3:GetPublicAccessBlock"},
    ("aws:s3/bucketOwnershipControls:BucketOwnershipControls", "update"): {
        "S3:PutBucketOwnershipControls",
        "S3:GetBucketOwnershipControls",
    },
}


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("record") / "calls"
    path.touch()
    return path


@pytest.fixture(scope="module")
def witnessed(sandbox: Sandbox, record: Path) -> Iterator[Engine]:
    command = [sys.executable, "-I", str(HERE / "recording_plugin.py"), str(record)]
    with plugin(sandbox.environment("administrator"), command) as engine:
        engine.configure(
            region=sandbox.region,
            assumeRoles='[{"roleArn":"arn:aws:iam::222222222222:role/OrganizationAccountAccessRole","sessionName":"x-1"}]',
        )
        yield engine


@pytest.fixture
def calls(record: Path) -> Callable[[], set[str]]:
    """The operations called since the last time this was asked."""

    def since_last() -> set[str]:
        seen = set(record.read_text().split("\n")) - {""}
        record.write_text("")
        return seen

    return since_last


@pytest.mark.parametrize("case", CASES, ids=[case.token.split(":")[-1] for case in CASES])
def test_no_call_that_the_real_provider_does_not_make(
    case: Case, witnessed: Engine, calls: Callable[[], set[str]], place: Place
) -> None:
    def within(phase: str) -> None:
        made = calls()
        recorded = RECORDED[case.token]
        allowed = {*recorded["read"], *recorded.get(phase, []), *NOT_TAKEN.get((case.token, phase), set())}
        assert made
        assert made <= allowed, phase

    inputs = witnessed.checked(case.token, case.inputs(place))
    calls()
    id_, state = witnessed.create(case.token, inputs)
    within("create")
    witnessed.read(case.token, id_, inputs, state)
    within("read")
    for change, _ in case.updates:
        inputs = witnessed.checked(case.token, {**given(inputs), **change})
        state = witnessed.update(case.token, id_, state, inputs)
        within("update")
    witnessed.delete(case.token, id_, state)
    within("delete")
