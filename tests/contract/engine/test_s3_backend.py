"""State in a bucket and secrets under a key, in the sandbox, with no key in any environment."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest

from deploy_driver import remedies
from deploy_driver.adapters.engine import AutomationEngine
from deploy_driver.errors import NotReadyError
from deploy_driver.record.catalogue import Event, ResourceStarted
from deploy_driver.values import Backend, Changes, EngineReport, EngineRequest, EngineStatus, Tool
from deploy_project.remedy import Remedy
from deploy_sandbox import lifecycle
from deploy_sandbox.accounts import Sandbox
from tests.carried import gone, printed, said
from tests.contract.cloud.powers import Powers
from tests.contract.engine.conftest import Bench
from tests.root_keys import root_environment

pytestmark = [pytest.mark.engine, pytest.mark.sandbox]

BUCKET = "deploy-state-111111111111"
ALIAS = "alias/deploy-state"
PROGRAM = (
    'Thing("one", label="one", value=config.get("value"))\npulumi.export("token", pulumi.Output.secret("a secret"))'
)


class Vault:
    """The backend of a sandbox, seen by the root of its account."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.backend = Backend("111111111111", sandbox.region, BUCKET, ALIAS)
        self.s3 = self._client("s3")
        self.kms = self._client("kms")
        self.other = replace(self.backend, bucket=f"{BUCKET}-other", key_alias=f"{ALIAS}-other")
        for backend in (self.backend, self.other):
            place = {"LocationConstraint": sandbox.region}
            self.s3.create_bucket(Bucket=backend.bucket, CreateBucketConfiguration=place)
            self.kms.create_alias(
                AliasName=backend.key_alias, TargetKeyId=self.kms.create_key()["KeyMetadata"]["KeyId"]
            )

    def somebody(self, *actions: str) -> dict[str, str]:
        """The environment of a user who may do exactly this."""
        iam = self._client("iam")
        name = f"u{uuid.uuid4().hex[:12]}"
        iam.create_user(UserName=name)
        allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
        iam.put_user_policy(UserName=name, PolicyName="does", PolicyDocument=policy)
        key = iam.create_access_key(UserName=name)["AccessKey"]
        keys = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        return root_environment(self.sandbox, "tools") | keys

    def has(self, key: str, bucket: str = BUCKET) -> bool:
        found = self.s3.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])
        return key in [item["Key"] for item in found]

    def _client(self, service: str) -> Any:
        environment = root_environment(self.sandbox, "tools")
        return boto3.client(  # type: ignore[call-overload]
            service,
            endpoint_url=environment["AWS_ENDPOINT_URL"],
            region_name=environment["AWS_REGION"],
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )


@pytest.fixture(scope="module")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vault]:
    home = tmp_path_factory.mktemp("sandbox")
    yield Vault(lifecycle.up(home, powers=True))
    lifecycle.down(home)


class Deployment:
    """A project whose state is in the vault."""

    def __init__(self, bench: Bench, vault: Vault, cli: Tool, home: Path) -> None:
        self.bench = bench
        self.vault = vault
        self.stack = f"s{uuid.uuid4().hex[:8]}"
        self.checkpoint = f".pulumi/stacks/probe/{self.stack}.json"
        self.bucket = BUCKET
        self.engine = AutomationEngine(
            project_root=bench.root,
            engine=cli,
            pulumi_home=home,
            run_folder=bench.root / ".deploy",
            stack_exists=lambda stack: vault.has(f".pulumi/stacks/probe/{stack}.json", self.bucket),
            program_timeout=600,
        )

    def call(
        self,
        operation: str,
        *,
        value: str = "a",
        environment: Mapping[str, str] | None = None,
        backend: Backend | None = None,
    ) -> EngineReport:
        request = replace(self.request(backend), facts={"probe:value": value})
        request = replace(request, environment=environment or request.environment)
        report: EngineReport = getattr(self.engine, operation)(request, self.bench.events.append)
        return report

    def request(self, backend: Backend | None = None) -> EngineRequest:
        return EngineRequest(
            stack=self.stack,
            config_file=self.bench.root / "Pulumi.dev.yaml",
            facts={"probe:value": "a"},
            environment=self.vault.sandbox.environment("administrator"),
            backend=backend or self.vault.backend,
        )

    def state(self) -> str:
        content: bytes = self.vault.s3.get_object(Bucket=self.bucket, Key=self.checkpoint)["Body"].read()
        return content.decode()


@pytest.fixture
def deployment(bench: Bench, vault: Vault, cli: Tool, home: Path) -> Deployment:
    bench.program(PROGRAM)
    return Deployment(bench, vault, cli, home)


def test_state_and_secrets_live_in_the_account_and_survive_the_run(deployment: Deployment) -> None:
    assert deployment.call("up").changes == Changes(create=1)
    first = json.loads(deployment.state())["checkpoint"]["latest"]["secrets_providers"]
    assert "a secret" not in deployment.state()
    assert first["state"]["url"] == f"awskms://{ALIAS}?region=eu-central-1"
    assert deployment.call("up", value="b").changes == Changes(update=1)
    assert json.loads(deployment.state())["checkpoint"]["latest"]["secrets_providers"] == first


def test_a_state_is_encrypted_with_another_key_and_the_old_one_is_needed_no_more(deployment: Deployment) -> None:
    deployment.call("up")
    vault, before = deployment.vault, deployment.state()
    moved = deployment.request(vault.other)
    anew = deployment.engine.encrypted_anew(moved, before.encode(), vault.backend)
    assert deployment.state() == before
    assert b"a secret" not in anew
    there, here = (json.loads(state)["checkpoint"]["latest"] for state in (anew, before))
    assert there["secrets_providers"]["state"]["url"] == f"awskms://{ALIAS}-other?region=eu-central-1"
    assert [one["urn"] for one in there["resources"]] == [one["urn"] for one in here["resources"]]
    assert not list((deployment.bench.root / ".deploy").rglob(f"{deployment.stack}.json"))
    vault.s3.put_object(Bucket=vault.other.bucket, Key=deployment.checkpoint, Body=anew)
    deployment.bucket = vault.other.bucket
    old = vault.kms.describe_key(KeyId=ALIAS)["KeyMetadata"]["KeyId"]
    vault.kms.disable_key(KeyId=old)
    try:
        assert deployment.call("up", backend=vault.other).changes == Changes(same=1)
        assert deployment.call("up", value="b", backend=vault.other).changes == Changes(update=1)
        with pytest.raises(NotReadyError, match=f"the state of {deployment.stack} cannot be encrypted anew"):
            deployment.engine.encrypted_anew(moved, before.encode(), vault.backend)
    finally:
        vault.kms.enable_key(KeyId=old)


def test_a_state_that_names_a_key_of_its_own_is_not_given_to_the_engine(deployment: Deployment) -> None:
    deployment.call("up")
    vault, state = deployment.vault, deployment.state()
    for elsewhere in ("awskms://alias/strange?region=eu-central-1", "hashivault://strange"):
        planted = state.replace(f"awskms://{ALIAS}?region=eu-central-1", elsewhere)
        with pytest.raises(
            NotReadyError, match=re.escape(f"it is encrypted with {elsewhere}, expected awskms://{ALIAS}?")
        ) as refused:
            deployment.engine.encrypted_anew(deployment.request(vault.other), planted.encode(), vault.backend)
        printed(remedies.EARLIER_STATE, refused.value.remedy)
    earlier = said(
        lambda: deployment.engine.encrypted_anew(deployment.request(vault.other), state.encode(), vault.backend)
    )
    gone(remedies.EARLIER_STATE, earlier)
    assert earlier == ""


def test_an_engine_that_may_write_its_state_no_more_is_ended_within_a_minute(deployment: Deployment) -> None:
    """The engine itself would try for half a minute for each of the things that it has begun."""
    vault, objects = deployment.vault, f"arn:aws:s3:::{BUCKET}/.pulumi/stacks/*"
    denied = {"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": objects}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied]})

    def refuse(event: Event) -> None:
        if isinstance(event, ResourceStarted):
            vault.s3.put_bucket_policy(Bucket=BUCKET, Policy=policy)

    names = ("one", "two", "three", "four", "five")
    deployment.bench.program("\n".join(f'Thing("{name}", label="{name}", value="a")' for name in names))
    try:
        report = deployment.engine.up(deployment.request(), refuse)
    finally:
        vault.s3.delete_bucket_policy(Bucket=BUCKET)
    assert report.status is EngineStatus.FAILED, report
    assert report.failure.startswith(
        "the state could not be written any more: s3:PutObject on the state bucket is denied"
    )
    assert report.seconds < 65, report


def test_destroy_takes_the_stack_out_of_the_bucket(deployment: Deployment) -> None:
    deployment.call("up")
    assert deployment.call("destroy").changes == Changes(delete=1)
    assert not deployment.vault.has(deployment.checkpoint)


def test_a_lock_of_somebody_else_is_told_by_name_and_respected(deployment: Deployment) -> None:
    deployment.call("up")
    lock = f".pulumi/locks/organization/probe/{deployment.stack}/1b1b.json"
    holder = {"pid": 4711, "username": "jenkins", "hostname": "agent-7", "timestamp": "2026-11-23T01:00:00Z"}
    deployment.vault.s3.put_object(Bucket=BUCKET, Key=lock, Body=json.dumps(holder).encode())
    report = deployment.call("up", value="b")
    assert report.failure.startswith("another run has locked the stack: jenkins@agent-7 (pid 4711)")
    assert report.status is EngineStatus.BUSY
    assert deployment.vault.has(lock)
    deployment.vault.s3.delete_object(Bucket=BUCKET, Key=lock)
    assert deployment.call("up", value="b").status is EngineStatus.SUCCEEDED


def test_whoever_may_only_read_can_preview_and_cannot_deploy(deployment: Deployment) -> None:
    reader = deployment.vault.somebody("s3:GetObject", "s3:ListBucket", "kms:Decrypt")
    assert deployment.call("preview", environment=reader).changes == Changes(create=1)
    assert not deployment.vault.has(deployment.checkpoint)
    deployment.call("up")
    assert deployment.call("preview", value="b", environment=reader).changes == Changes(update=1)
    refused = deployment.call("up", value="b", environment=reader)
    assert refused.failure.startswith("s3:PutObject on the state bucket is denied to")
    assert deployment.call("preview", value="b").changes == Changes(update=1)


def test_without_the_key_nothing_is_deployed_and_with_it_it_is(deployment: Deployment) -> None:
    refused = deployment.call("up", environment=deployment.vault.somebody("s3:*"))
    assert refused.failure.startswith("kms:Encrypt on the key that encrypts the state's secrets is denied to")
    allowed = deployment.call("up", environment=deployment.vault.somebody("s3:*", "kms:Encrypt", "kms:Decrypt"))
    assert allowed.status is EngineStatus.SUCCEEDED


def test_what_is_said_about_the_backend_is_put_right(deployment: Deployment) -> None:
    vault, followed = deployment.vault, list[Remedy]()
    powers = Powers(vault.sandbox, (vault.sandbox.home / "powers-token").read_text("utf-8").strip())
    somebody = vault.somebody("s3:*", "kms:*")

    def says(remedy: Remedy, **wrong: Any) -> str:
        report = deployment.call("up", **{"environment": somebody, **wrong})
        printed(remedy, report.remedy)
        followed.append(remedy)
        return report.failure

    nowhere = replace(vault.backend, bucket="no-such-bucket-111111111111")
    assert says(remedies.MAKE_STATE_BUCKET, backend=nowhere) == "the state bucket does not exist"
    says(remedies.MAKE_STATE_KEY, backend=replace(vault.backend, key_alias="alias/nosuch"))
    says(remedies.SET_CLOCK_OR_CREDENTIALS, environment={**somebody, "AWS_SECRET_ACCESS_KEY": "another"})
    says(remedies.CHECK_NETWORK_TO_AWS, environment={**somebody, "AWS_ENDPOINT_URL": "http://127.0.0.1:9"})
    for does, remedy in (("throttle", remedies.CALLS_TOO_FAST), ("fail", remedies.SERVICE_FAILS)):
        powers.use("POST", "/_sandbox/faults", action="s3:GetObject", key=".pulumi/*", does=does, times=None)
        says(remedy)
        powers.use("DELETE", "/_sandbox/faults")
    well = deployment.call("up", environment=somebody)
    assert well.status is EngineStatus.SUCCEEDED, well
    for remedy in followed:
        gone(remedy, well.remedy)
