"""A proof follows the program: whatever it has is tried, by name, and what it does not have is no reason to refuse."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from threading import Event

import pytest

from deploy_driver.app import program
from deploy_driver.app.prove import facts_of
from deploy_driver.assurance.prove import policies, proof
from deploy_driver.assurance.prove.case import CaseAnswer, ProofCase, Verdict
from deploy_driver.assurance.prove.facts import CreatedThings, Facts, ProvedTarget
from deploy_driver.assurance.prove.proof import carry_out
from deploy_driver.config.load import load
from deploy_driver.config.model import DeployConfig
from deploy_driver.iam_policy import Layers, read
from tests.contract.prove.documents import Simulator
from tests.e2e.test_own_service import PROGRAM, TOML, orders
from tests.unit.driver.iam.shipped import allowing

HEAD = "import pulumi_aws as aws\nfrom deploy_infra.service import rights, this_stack\nhere = this_stack(__file__)\n"
FUNCTION = 'here.function("job", code="handler", handler="handler.api.answer")\n'
BY_HAND = """
raw = here.bucket("raw")
hand = aws.s3.Bucket("hand", bucket=here.name("hand") + "-222222222222", opts=here.opts)
aws.ssm.Parameter("limit", name="/" + here.name("limit"), type="String", value="3", opts=here.opts)
token = aws.secretsmanager.Secret("token", name=here.name("token"), opts=here.opts)
aws.cloudwatch.EventRule("tick", name=here.name("tick"), schedule_expression="rate(5 minutes)", opts=here.opts)
aws.cloudwatch.LogGroup("own", name=here.name("own"), opts=here.opts)
news = aws.sns.Topic("news", opts=here.opts)
when = {"comparison_operator": "GreaterThanThreshold", "evaluation_periods": 1}
aws.cloudwatch.MetricAlarm("late", name=here.name("late"), **when, opts=here.opts)
aws.sfn.Activity("steps", name=here.name("steps"), opts=here.opts)
aws.kms.Alias("key", name="alias/" + here.name("key"), target_key_id="0", opts=here.opts)
reads = [raw.read, rights(["secretsmanager:GetSecretValue"], token.arn)]
job = here.function("job", code="handler", handler="handler.api.answer", may=reads)
called = {"action": "lambda:InvokeFunction", "principal": "sns.amazonaws.com", "source_arn": news.arn}
aws.lambda_.Permission("called", function=job.function.name, **called, opts=here.opts)
aws.lambda_.FunctionUrl("open", function_name=job.function.name, authorization_type="AWS_IAM", opts=here.opts)
here.grant("look", ["s3:GetObject"], "arn:aws:s3:::orders-dev-raw-222222222222/*")
"""
PROGRAMS = {
    "nothing": HEAD,
    "a bucket": HEAD + 'here.bucket("store")\n',
    "a function": HEAD + FUNCTION,
    "two of each, a queue and a table": PROGRAM,
    "what is made by hand": HEAD + BY_HAND,
}


@dataclass(frozen=True)
class Proved:
    """The proof of dev of a service, by its documents alone."""

    config: DeployConfig

    @cached_property
    def facts(self) -> Facts:
        facts = facts_of(self.config, [self.config.stack("dev")], "20261123-0000-abcdef")
        return replace(facts, created={each.account: CreatedThings("api") for each in facts.known})

    @property
    def target(self) -> ProvedTarget:
        return self.facts.targets[0]

    @cached_property
    def tried(self) -> list[ProofCase]:
        return [trial.case for trial in (*proof.executed(self.facts), *proof.evaluated(self.facts))]

    def simulated(self, changed: Mapping[str, Layers] | None = None) -> dict[str, ProofCase]:
        """The cases that the simulator decides, those that went wrong; `changed` are roles as somebody made them by hand."""
        layers = {role.arn: Layers(role.layers.identity, role.layers.boundary) for role in self.facts.roles}
        world = Simulator({**layers, **(changed or {})})
        every = carry_out(proof.evaluated(self.facts), world, tell=lambda _: None, stopped=Event())
        return {verdict.case.id: verdict.case for verdict in every if not verdict.as_expected}

    @cached_property
    def decided(self) -> list[Verdict]:
        access = ("tools", "dev-access")
        documents = {name: program.documents(self.config, self.config.stack(name)) for name in access}
        roles = [role for role in self.facts.roles if role.stack in access]
        return list(policies.verdicts(self.facts, roles, documents, program.access_states(self.config)))


def proved(root: Path, text: str) -> Proved:
    orders(root)
    (root / "infra" / "__main__.py").write_text(text, "utf-8")
    services = '["cloudwatch", "dynamodb", "events", "kms", "secretsmanager", "sns", "sqs", "ssm", "states"]'
    (root / "deploy.toml").write_text(TOML.replace('["dynamodb", "sns", "sqs"]', services), "utf-8")
    return Proved(load(root, {}))


@pytest.mark.parametrize("text", PROGRAMS.values(), ids=PROGRAMS)
def test_whatever_a_program_has_it_is_proved_and_goes_as_it_should(tmp_path: Path, text: str) -> None:
    found = proved(tmp_path / "orders", text)
    assert found.simulated() == {}
    assert [(each.case.id, each.reason) for each in found.decided if not each.as_expected] == []
    every = [*found.tried, *(each.case for each in found.decided)]
    assert [case for case, times in Counter(case.id for case in every).items() if times > 1] == []
    by_id = {case.id: case for case in every}
    for case in by_id.values():
        if case.expected is CaseAnswer.REFUSED:
            assert by_id[case.twin].expected is CaseAnswer.ALLOWED, case


def test_the_cases_name_everything_that_the_program_has(tmp_path: Path) -> None:
    found = proved(tmp_path / "orders", PROGRAM)
    ids = {case.id for case in found.tried}
    assert ids >= {
        "buckets.service.open-policy.archive@dev",
        "boundary.capped.function-url.worker@dev",
        "jenkins.jenkins-deploy.enter-worker-execution@dev",
        "reading.preview.item.archive@dev",
        "reading.worker-execution.other-log@dev",
        "things.api-execution.beyond.bucket.archive@dev",
        "things.deployment.beside.table.orders@dev",
        "things.preview.look-beside.queue.jobs@dev",
        "things.preview.look.topic.news@dev",
        "things.worker-execution.needs.queue.jobs@dev",
        "widening.deployment.pass-own-role.worker@dev",
        "widening.deployment.public-bucket-policy.archive@dev",
    }
    things, roles = len(found.target.things), len(found.target.roles)
    assert len([case for case in ids if case.startswith("things.")]) <= things * (3 * roles + 4)


def test_what_it_does_not_have_is_not_tried(tmp_path: Path) -> None:
    bucket, function = (proved(tmp_path / name, PROGRAMS[name]) for name in ("a bucket", "a function"))
    assert [case.id for case in bucket.tried if "-execution" in case.id or ".function." in case.id] == []
    assert [case.id for case in function.tried if ".bucket." in case.id or case.id.startswith("buckets.service")] == []
    apis = {case.id for case in bucket.tried if "own-api" in case.id}
    assert apis == set() != {case.id for case in proved(tmp_path / "api", PROGRAM).tried if "own-api" in case.id}


def test_a_role_that_somebody_widened_on_the_second_bucket_is_found(tmp_path: Path) -> None:
    found = proved(tmp_path / "orders", PROGRAM)
    (api,) = found.target.roles_of("api-execution")
    archive = next(bucket for bucket in found.target.buckets if bucket.name == "archive")

    def with_more(action: str) -> dict[str, ProofCase]:
        more = read("more", allowing(action, resource=f"{archive.arn}/*")).statements
        wide = replace(api.layers.identity, statements=(*api.layers.identity.statements, *more))
        return found.simulated({api.arn: Layers(wide, api.layers.boundary)})

    (wrong,) = with_more("s3:PutObject").values()
    assert wrong.id == "things.api-execution.beyond.bucket.archive@dev"
    assert "the bucket archive (orders-dev-archive-222222222222)" in wrong.sentence
    assert with_more("s3:ListBucket") == {}


def test_a_role_that_can_no_longer_do_its_work_is_found(tmp_path: Path) -> None:
    found = proved(tmp_path / "orders", PROGRAM)
    (worker,) = found.target.roles_of("worker-execution")
    kept = [each for each in worker.layers.identity.statements if "sqs:ReceiveMessage" not in each.actions]
    less = replace(worker.layers.identity, statements=tuple(kept))
    assert list(found.simulated({worker.arn: Layers(less, worker.layers.boundary)})) == [
        "things.worker-execution.needs.queue.jobs@dev"
    ]
