"""Whose credentials the plugin takes, where it refuses to work, and what it does when AWS refuses, throttles or forgets it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from deploy_sandbox.plugin import protocol
from deploy_sandbox.plugin.wire import UNKNOWN, decode, encode
from tests.contract.cloud.outsider import ALLOW_ALL, Someone, document, trusting
from tests.contract.plugin.engine import Engine, RefusedError, plugin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from deploy_sandbox.accounts import Sandbox
    from tests.contract.cloud.powers import Powers
    from tests.contract.plugin.cases import Place

pytestmark = pytest.mark.sandbox

_pb = protocol.provider
BUCKET = "aws:s3/bucket:Bucket"
ROLE = "aws:iam/role:Role"
ORGANIZATION = "arn:aws:iam::222222222222:role/OrganizationAccountAccessRole"


@pytest.fixture
def fresh(sandbox: Sandbox) -> Iterator[Engine]:
    """A plugin of the administrator in tools that has not been configured."""
    with plugin(sandbox.environment("administrator")) as engine:
        yield engine


@pytest.fixture
def make_role(clients: Callable[[str], Any], unique: str) -> Callable[..., str]:
    """A role in dev that may do everything, and its ARN."""

    def make(trust: str, **facts: Any) -> str:
        iam = clients("iam")
        made = iam.create_role(RoleName=unique, AssumeRolePolicyDocument=trust, **facts)
        iam.put_role_policy(RoleName=unique, PolicyName="all", PolicyDocument=document(ALLOW_ALL))
        return str(made["Role"]["Arn"])

    return make


def entering(*roles: dict[str, Any], **more: Any) -> dict[str, Any]:
    """The provider's configuration, as pulumi_aws sends it."""
    return {"region": "eu-central-1", "assumeRoles": json.dumps(roles), **more}


def role_of(role: str, **more: Any) -> dict[str, Any]:
    return {"roleArn": role, "sessionName": "items-dev-1", **more}


def became(engine: Engine, clients: Callable[[str], Any], unique: str) -> str:
    """The role and session that the engine's provider works as, from the trail's record of a call that it makes."""
    bucket = f"{unique}-made"
    engine.create(BUCKET, engine.checked(BUCKET, {"bucket": bucket}))
    events = clients("cloudtrail").lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": bucket}]
    )["Events"]
    callers = {json.loads(event["CloudTrailEvent"])["userIdentity"]["arn"] for event in events}
    (arn,) = callers
    return str(arn).partition("assumed-role/")[2]


class TestEntering:
    def test_the_allowed_account_is_entered(self, fresh: Engine, unique: str) -> None:
        fresh.configure(**entering(role_of(ORGANIZATION), allowedAccountIds='["222222222222"]'))
        _, state = fresh.create(BUCKET, fresh.checked(BUCKET, {"bucket": unique}))
        assert state["arn"] == f"arn:aws:s3:::{unique}"

    def test_another_account_is_refused_and_both_are_named(self, fresh: Engine) -> None:
        with pytest.raises(RefusedError, match=r"expected 333333333333.*got 222222222222") as refused:
            fresh.configure(**entering(role_of(ORGANIZATION), allowedAccountIds='["333333333333"]'))
        assert "Traceback" not in str(refused.value)

    def test_without_a_role_it_stays_where_it_is(self, fresh: Engine, unique: str) -> None:
        fresh.configure(region="eu-central-1", allowedAccountIds='["111111111111"]')
        role = fresh.checked(ROLE, {"name": unique, "assumeRolePolicy": trusting({"Service": "ec2.amazonaws.com"})})
        assert fresh.create(ROLE, role)[1]["arn"] == f"arn:aws:iam::111111111111:role/{unique}"

    def test_the_external_id_and_source_identity_arrive(
        self, fresh: Engine, make_role: Callable[..., str], clients: Callable[[str], Any], unique: str
    ) -> None:
        role = make_role(
            trusting(
                "111111111111",
                "sts:AssumeRole",
                "sts:SetSourceIdentity",
                StringEquals={"sts:ExternalId": "items-dev", "sts:SourceIdentity": "run-1"},
            )
        )
        fresh.configure(**entering(role_of(role, externalId="items-dev", sourceIdentity="run-1")))
        assert became(fresh, clients, unique) == f"{unique}/items-dev-1"

    def test_the_wrong_external_id_is_refused(self, fresh: Engine, make_role: Callable[..., str]) -> None:
        role = make_role(trusting("111111111111", StringEquals={"sts:ExternalId": "items-dev"}))
        with pytest.raises(RefusedError, match=f"role {role}: AssumeRole was refused with AccessDenied.*request id"):
            fresh.configure(**entering(role_of(role, externalId="other")))

    def test_the_session_policy_limits(self, fresh: Engine, unique: str) -> None:
        reading = document({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"})
        fresh.configure(**entering(role_of(ORGANIZATION, policy=reading)))
        with pytest.raises(RefusedError, match=f"{BUCKET} thing: CreateBucket was refused with AccessDenied"):
            fresh.create(BUCKET, fresh.checked(BUCKET, {"bucket": unique}))

    def test_a_session_too_long_for_a_chain_is_asked_for_again(
        self, fresh: Engine, make_role: Callable[..., str], clients: Callable[[str], Any], unique: str
    ) -> None:
        role = make_role(trusting("111111111111"), MaxSessionDuration=43200)
        fresh.configure(**entering(role_of(role, duration="7200s")))
        assert became(fresh, clients, unique) == f"{unique}/items-dev-1"

    def test_a_session_too_long_for_the_role_is_refused(self, fresh: Engine, make_role: Callable[..., str]) -> None:
        role = make_role(trusting("111111111111"), MaxSessionDuration=3600)
        with pytest.raises(RefusedError, match="AssumeRole was refused with ValidationError"):
            fresh.configure(**entering(role_of(role, duration="90000s")))

    def test_without_credentials_it_says_what_to_do(self, sandbox: Sandbox) -> None:
        addresses = {"AWS_ENDPOINT_URL": sandbox.endpoint, "AWS_EC2_METADATA_DISABLED": "true"}
        with plugin(addresses) as engine, pytest.raises(RefusedError, match=r"no AWS credentials.*Set the credentials"):
            engine.configure(region="eu-central-1")

    @pytest.mark.parametrize("endpoint", [{}, {"AWS_ENDPOINT_URL": "http://192.0.2.1:1"}])
    def test_no_request_leaves_this_machine(self, endpoint: dict[str, str]) -> None:
        keys = {"AWS_ACCESS_KEY_ID": "111111111111", "AWS_SECRET_ACCESS_KEY": "test", **endpoint}
        with plugin(keys) as engine, pytest.raises(RefusedError, match="a sandbox on this machine only"):
            engine.configure(region="eu-central-1")

    def test_unknown_configuration_makes_no_calls(self) -> None:
        with plugin({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}) as engine:
            engine.configure(region="eu-central-1", assumeRoles=UNKNOWN)
            assert engine.create(BUCKET, {"bucket": "b"}, preview=True)[1]["arn"] is UNKNOWN


class TestRefusals:
    @pytest.mark.parametrize(
        ("key", "value", "said"),
        [
            ("profile", "default", "does not act on profile"),
            ("skipCredentialsValidation", "true", "does not act on skipCredentialsValidation"),
            ("assumeRoles", '[{"role_arn":"arn:aws:iam::1:role/r"}]', "does not act on role_arn of a role"),
            ("assumeRoles", '[{"roleArn":"arn:aws:iam::1:role/r","duration":"soon"}]', "must be like 3600s or 1h30m"),
            ("assumeRoles", '[{"roleArn":"arn:aws:iam::1:role/r","tags":{"a":"b"}}]', "does not act on tags of a role"),
            (
                "assumeRoles",
                '[{"roleArn":"arn:aws:iam::1:role/r","transitiveTagKeys":["a"]}]',
                "does not act on transitiveTagKeys of a role",
            ),
            (
                "assumeRoles",
                '[{"roleArn":"arn:aws:iam::1:role/r"},{"roleArn":"arn:aws:iam::1:role/s"}]',
                "takes one role, and none behind it",
            ),
            ("defaultTags", '{"tags":{},"tagPolicy":"x"}', "acts on its `tags` only"),
        ],
    )
    def test_configuration_that_is_not_acted_upon(self, fresh: Engine, key: str, value: str, said: str) -> None:
        request = _pb.CheckRequest(news=encode({"region": "eu-central-1", key: value}))
        answer = fresh.ask("CheckConfig", request)
        assert [(one.property, said in one.reason) for one in answer.failures] == [(key, True)]
        with pytest.raises(RefusedError, match=said):
            fresh.configure(region="eu-central-1", **{key: value})

    def test_configuration_as_the_sdk_sends_it_is_accepted(self, fresh: Engine) -> None:
        given = entering(
            role_of(ORGANIZATION), skipCredentialsValidation="false", skipRegionValidation="true", version="7.51.1"
        )
        assert not fresh.ask("CheckConfig", _pb.CheckRequest(news=encode(given))).failures

    def test_a_missing_region(self, fresh: Engine) -> None:
        assert fresh.ask("CheckConfig", _pb.CheckRequest(news=encode({}))).failures[0].property == "region"

    def test_an_unknown_type(self, dev: Engine) -> None:
        _, failures = dev.check("aws:ec2/instance:Instance", {})
        assert "aws:ec2/instance:Instance is not a type" in failures[""]
        assert "DEPLOY_PLUGIN=real" in failures[""]
        with pytest.raises(RefusedError, match="aws:s3/directoryBucket:DirectoryBucket is not a type"):
            dev.create("aws:s3/directoryBucket:DirectoryBucket", {})

    def test_every_function(self, dev: Engine) -> None:
        with pytest.raises(RefusedError, match="aws:index/getRegion:getRegion is not a function"):
            dev.ask("Invoke", _pb.InvokeRequest(tok="aws:index/getRegion:getRegion"))


class TestChangedConfiguration:
    def _diff(self, engine: Engine, old: dict[str, Any], new: dict[str, Any]) -> tuple[list[str], list[str]]:
        answer = engine.ask("DiffConfig", _pb.DiffRequest(old_inputs=encode(old), news=encode(new)))
        return list(answer.diffs), list(answer.replaces)

    def test_another_run_replaces_nothing(self, dev: Engine) -> None:
        old, new = (entering(role_of(ORGANIZATION, sourceIdentity=f"run-{n}", duration=f"{n}000s")) for n in (1, 2))
        assert self._diff(dev, old, old) == ([], [])
        assert self._diff(dev, old, new) == (["assumeRoles"], [])

    def test_another_region_replaces(self, dev: Engine) -> None:
        old, new = ({"region": region} for region in ("eu-central-1", "eu-west-1"))
        assert self._diff(dev, old, new) == (["region"], ["region"])

    def test_another_account_replaces_and_another_role_in_it_does_not(self, dev: Engine) -> None:
        roles = (
            ORGANIZATION,
            ORGANIZATION.replace("222222222222", "333333333333"),
            ORGANIZATION.replace("Org", "Other"),
        )
        here, there, other = (entering(role_of(role)) for role in roles)
        assert self._diff(dev, here, there) == (["assumeRoles"], ["assumeRoles"])
        assert self._diff(dev, here, other) == (["assumeRoles"], [])

    def test_what_is_unknown_replaces_nothing(self, dev: Engine) -> None:
        assert self._diff(dev, entering(role_of(ORGANIZATION)), entering(region=UNKNOWN))[1] == []


class TestWhenAwsIsDifficult:
    def test_an_expired_session_is_renewed(
        self, fresh: Engine, powers: Powers, make_role: Callable[..., str], unique: str
    ) -> None:
        role = make_role(trusting("111111111111"))
        fresh.configure(**entering(role_of(role)))
        inputs = fresh.checked(BUCKET, {"bucket": unique})
        _, state = fresh.create(BUCKET, inputs)
        powers.use("POST", "/_sandbox/expire", roleName=unique, account="222222222222")
        found = fresh.read(BUCKET, unique, inputs, state)
        assert found is not None

    def test_throttling_is_waited_out(self, dev: Engine, powers: Powers, place: Place) -> None:
        inputs = dev.checked("aws:cloudwatch/logGroup:LogGroup", {"name": place.name})
        powers.use(
            "POST", "/_sandbox/faults", action="logs:CreateLogGroup", error="ThrottlingException", status=400, times=2
        )
        assert dev.create("aws:cloudwatch/logGroup:LogGroup", inputs)[0] == place.name

    def test_a_denial_is_final(self, dev: Engine, powers: Powers, place: Place) -> None:
        token = "aws:iam/instanceProfile:InstanceProfile"
        inputs = dev.checked(token, {"name": place.name})
        powers.use(
            "POST", "/_sandbox/faults", action="iam:CreateInstanceProfile", error="AccessDenied", status=403, times=1
        )
        with pytest.raises(RefusedError, match=f"{token} thing: CreateInstanceProfile was refused with AccessDenied"):
            dev.create(token, inputs)
        assert dev.create(token, inputs)[0] == place.name

    def test_a_half_made_resource_keeps_its_id_and_is_finished_later(
        self, dev: Engine, powers: Powers, place: Place
    ) -> None:
        token = "aws:cloudwatch/logGroup:LogGroup"
        inputs = dev.checked(token, {"name": place.name, "retentionInDays": 30})
        powers.use(
            "POST", "/_sandbox/faults", action="logs:PutRetentionPolicy", error="AccessDenied", status=400, times=1
        )
        with pytest.raises(RefusedError, match="PutRetentionPolicy was refused") as refused:
            dev.create(token, inputs)
        assert refused.value.half_made is not None
        id_, state = refused.value.half_made
        assert (id_, state["retentionInDays"]) == (place.name, 0)
        assert dev.diff(token, id_, state, inputs) == {"retentionInDays": "UPDATE"}
        assert dev.update(token, id_, state, inputs)["retentionInDays"] == 30

    def test_a_role_that_lambda_cannot_assume_yet_is_waited_for(
        self, dev: Engine, powers: Powers, place: Place
    ) -> None:
        from tests.contract.plugin.cases import CASES

        case = next(one for one in CASES if one.token == "aws:lambda/function:Function")
        inputs = dev.checked(case.token, case.inputs(place))
        powers.use(
            "POST",
            "/_sandbox/faults",
            action="lambda:CreateFunction",
            error="InvalidParameterValueException",
            message="The role defined for the function cannot be assumed by Lambda.",
            status=400,
            times=1,
        )
        assert dev.create(case.token, inputs)[0] == place.name


class TestFullBuckets:
    def _filled(self, dev: Engine, place: Place, *, force: bool) -> dict[str, Any]:
        _, state = dev.create(BUCKET, dev.checked(BUCKET, {"bucket": place.name, "forceDestroy": force}))
        s3 = place.client("s3")
        s3.put_bucket_versioning(Bucket=place.name, VersioningConfiguration={"Status": "Enabled"})
        for content in (b"1", b"2"):
            s3.put_object(Bucket=place.name, Key="key", Body=content)
        s3.delete_object(Bucket=place.name, Key="key")
        return state

    def test_with_force_every_version_goes(self, dev: Engine, place: Place) -> None:
        state = self._filled(dev, place, force=True)
        dev.delete(BUCKET, place.name, state)
        assert dev.read(BUCKET, place.name, {}, state) is None

    def test_without_force_it_stays_and_says_what_to_do(self, dev: Engine, place: Place) -> None:
        state = self._filled(dev, place, force=False)
        with pytest.raises(RefusedError, match=f"bucket {place.name} is not empty, and forceDestroy is not set"):
            dev.delete(BUCKET, place.name, state)
        assert dev.read(BUCKET, place.name, {}, state) is not None


def test_the_same_code_has_the_same_digest_in_every_account(sandbox: Sandbox, dev: Engine, place: Place) -> None:
    from tests.contract.plugin.cases import CASES
    from tests.contract.plugin.cases import Place as AnyPlace

    case = next(one for one in CASES if one.token == "aws:lambda/function:Function")
    staging = AnyPlace(Someone(sandbox, sandbox.accounts["staging"], "test").client, place.name)
    with plugin(sandbox.environment("administrator")) as other:
        other.configure(**entering(role_of(ORGANIZATION.replace("222222222222", "333333333333"))))
        digests = [
            engine.create(case.token, engine.checked(case.token, case.inputs(where)))[1]["codeSha256"]
            for engine, where in ((dev, place), (other, staging))
        ]
    assert digests[0] == digests[1]


class TestTheProcess:
    def test_it_says_who_it_is(self, fresh: Engine) -> None:
        assert fresh.ask("GetPluginInfo", _empty()).version == "7.51.1"
        assert json.loads(fresh.ask("GetSchema", _pb.GetSchemaRequest()).schema)["name"] == "aws"
        assert not fresh.ask("Handshake", _pb.ProviderHandshakeRequest(engine_address="127.0.0.1:1")).accept_secrets

    def test_what_it_does_not_offer_is_unimplemented(self, fresh: Engine) -> None:
        call = fresh._channel.unary_unary("/pulumirpc.ResourceProvider/Construct", bytes, bytes)
        with pytest.raises(grpc.RpcError) as refused:
            call(b"", timeout=10)
        error: Any = refused.value
        assert error.code() is grpc.StatusCode.UNIMPLEMENTED

    def test_cancel_ends_a_wait(self, fresh: Engine, powers: Powers, place: Place) -> None:
        from tests.contract.plugin.cases import CASES

        case = next(one for one in CASES if one.token == "aws:lambda/function:Function")
        fresh.configure(**entering(role_of(ORGANIZATION)))
        fresh.ask("Cancel", _empty())
        powers.use(
            "POST",
            "/_sandbox/faults",
            action="lambda:CreateFunction",
            error="ResourceConflictException",
            status=409,
            times=1,
        )
        with pytest.raises(RefusedError, match="because the engine asked to"):
            fresh.create(case.token, fresh.checked(case.token, case.inputs(place)))

    @pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
    def test_it_ends_at_once_when_told(self, sandbox: Sandbox, sign: signal.Signals) -> None:
        with plugin(sandbox.environment("administrator")) as engine:
            began = time.monotonic()
            engine.process.send_signal(sign)
            assert engine.process.wait(5) == 0
            assert time.monotonic() - began < 2

    def test_it_ends_with_its_engine(self) -> None:
        script = (
            "import subprocess, sys\n"
            "child = subprocess.Popen([sys.executable, '-I', '-m', 'deploy_sandbox.plugin'], stdout=subprocess.PIPE)\n"
            "child.stdout.readline()\n"
            "print(child.pid)\n"
        )
        done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True)
        pid, deadline = int(done.stdout), time.monotonic() + 10
        while time.monotonic() < deadline and _alive(pid):
            time.sleep(0.1)
        assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    with open(f"/proc/{pid}/stat") as stat:  # noqa: PTH123 -- /proc is no path to join
        return stat.read().split()[2] != "Z"


def _empty() -> Any:
    from google.protobuf.empty_pb2 import Empty

    return Empty()


def test_wire_of_a_check_keeps_unknowns(dev: Engine) -> None:
    answer = dev.ask("Check", _pb.CheckRequest(urn=f"urn:pulumi:dev::p::{BUCKET}::b", news=encode({"bucket": UNKNOWN})))
    assert decode(answer.inputs)["bucket"] is UNKNOWN
