"""What follows from a program: small programs of a user's are recorded, and the documents that come out are asked for decisions."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks

from deploy_infra.documents import documents
from deploy_infra.inventory import inventory
from deploy_infra.needs import needs
from deploy_infra.policies.document import Document
from deploy_infra.policies.wants import Narrowing, service_of
from deploy_infra.recording import RecordingError, record
from deploy_project.project_file import admitted
from tests.unit.infra.evaluation import allows, allows_within
from tests.unit.infra.facts import ROOT

HEAD = "import pulumi\nimport pulumi_aws as aws\nfrom deploy_infra.service import rights, this_stack\nhere = this_stack(__file__)\n"
FUNCTION = 'f = here.function("f", code="handler", handler="app.answer"{})\n'
STORE = "arn:aws:s3:::orders-dev-store-222222222222"
ARCHIVE = "arn:aws:s3:::orders-dev-archive-222222222222"
IN_DEV = "eu-central-1:222222222222"
QUEUE = f"arn:aws:sqs:{IN_DEV}:orders-dev-jobs"
OURS = {"aws:ResourceTag/deploy:project": "orders", "aws:ResourceTag/deploy:stack": "dev"}
BORN = {"aws:RequestTag/deploy:project": "orders", "aws:RequestTag/deploy:stack": "dev"}

ALARMS = 'soak = "10m"\nalarms = ["{service}-{stack}-errors"]\n'
EVERYTHING: Document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}

Program = Callable[..., Path]


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A project `orders` with this program, whose accounts admit these services beside the usual ones."""

    def write(text: str, *services: str) -> Path:
        (tmp_path / "infra" / "handler").mkdir(parents=True, exist_ok=True)
        (tmp_path / "infra" / "handler" / "app.py").write_text("def answer(event, context):\n    return {}\n", "utf-8")
        (tmp_path / "infra" / "__main__.py").write_text(HEAD + text, "utf-8")
        said = ", ".join(f'"{service}"' for service in services)
        (tmp_path / "deploy.toml").write_text(f"[stacks.dev]\n[access]\nservices = [{said}]\n", "utf-8")
        shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
        for file in (*ROOT.glob("Pulumi.*.yaml"), ROOT / "Pulumi.yaml"):
            text = re.sub(r"^  items:.*\n", "", file.read_text("utf-8"), flags=re.MULTILINE)
            (tmp_path / file.name).write_text(re.sub(r"\bitems(?=$|-)", "orders", text, flags=re.MULTILINE), "utf-8")
        return tmp_path

    return write


def access(root: Path, name: str) -> Document:
    return dict(documents(root, "dev-access")[name])


def refusal(root: Path) -> str:
    with pytest.raises(ValueError) as told:  # noqa: PT011 -- its text is what is tested
        documents(root, "dev-access")
    return str(told.value)


def narrowings(root: Path, action: str) -> dict[str, Narrowing]:
    """How one action is narrowed, by what it is on."""
    service = service_of(record(root, "dev"), admitted(root))
    assert service.problems == ()
    return {arn: want.narrowing for want in service.wants if want.action == action for arn in want.resources}


def test_a_second_bucket_is_in_every_role_and_in_the_inventory_and_was_not_before(program: Program) -> None:
    one = 'store = here.bucket("store")\n'
    for text, there in ((one, False), (one + 'here.bucket("archive")\n', True)):
        root = program(text)
        boundary = access(root, "boundary")
        for name, action in (
            ("deployment.policy", "s3:CreateBucket"),
            ("deployment.policy", "s3:PutBucketPolicy"),
            ("preview.policy", "s3:GetBucketPolicy"),
        ):
            assert allows_within(access(root, name), boundary, action, STORE)
            assert allows_within(access(root, name), boundary, action, ARCHIVE) is there
        assert not allows(access(root, "preview.policy"), "s3:CreateBucket", ARCHIVE)
        assert ("archive" in inventory(root, "dev")["buckets"]) is there
        asked = {arn for need in needs(root, "dev-access") for arn in need["resources"]}  # type: ignore[attr-defined]
        assert (ARCHIVE in asked) is there


def test_what_a_function_may_is_its_execution_role_and_nothing_else_is(program: Program) -> None:
    text = 'store = here.bucket("store")\n'
    for may, allowed in ((", may=[store.write]", True), ("", False)):
        root = program(text + FUNCTION.format(may))
        policy, boundary = access(root, "f-execution.policy"), access(root, "boundary")
        assert allows_within(policy, boundary, "s3:PutObject", f"{STORE}/a") is allowed
        assert not allows(policy, "s3:GetObject", f"{STORE}/a")
        assert not allows(access(root, "deployment.policy"), "s3:PutObject", f"{STORE}/a")
        log = f"arn:aws:logs:{IN_DEV}:log-group:/aws/lambda/orders-dev-f:log-stream:x"
        assert allows_within(policy, boundary, "logs:PutLogEvents", log)
    assert inventory(root, "dev-access")["roles"]["f-execution"]["name"] == "orders-dev-f-execution"


def test_a_service_that_the_accounts_do_not_admit_is_said_with_what_to_do_and_allowed_once_admitted(
    program: Program,
) -> None:
    text = 'here.queue("jobs")\n'
    told = refusal(program(text))
    assert told == (
        "sqs is asked for by aws:sqs/queue:Queue jobs, aws:sqs/queue:Queue jobs-failed, and the accounts do not admit it: "
        'an administrator adds "sqs" to `services` under [access] in deploy.toml, and runs `deploy bootstrap`'
    )
    root = program(text, "sqs")
    assert allows_within(access(root, "deployment.policy"), access(root, "boundary"), "sqs:CreateQueue", QUEUE)


def test_rights_by_hand_are_needs_of_whoever_deploys_and_what_reads_of_whoever_looks(program: Program) -> None:
    registry = f"arn:aws:glue:{IN_DEV}:registry/orders-dev"
    root = program(f'here.grant("r", ["glue:CreateRegistry", "glue:GetRegistry"], "{registry}")\n', "glue")
    found = [need for need in needs(root, "dev-access") if need["type"] == "by hand"]
    assert {(need["role"], need["action"]) for need in found} == {
        ("deployment", "glue:CreateRegistry"),
        ("deployment", "glue:GetRegistry"),
        ("preview", "glue:GetRegistry"),
    }
    assert all(need["resources"] == [registry] for need in found)


def test_the_alarms_of_a_stack_s_ring_may_be_read_by_whoever_looks_and_no_others(program: Program) -> None:
    root = program('here.bucket("store")\n')
    toml = (root / "deploy.toml").read_text("utf-8")
    own, other = (
        f"arn:aws:cloudwatch:{IN_DEV}:alarm:{name}" for name in ("orders-dev-errors", "orders-staging-errors")
    )
    for ring, read in ((f'stacks = ["dev"]\n{ALARMS}', True), (f'stacks = ["staging"]\n{ALARMS}', False)):
        (root / "deploy.toml").write_text(f"{toml}[[rings]]\n{ring}", "utf-8")
        policy, boundary = access(root, "preview.policy"), access(root, "boundary")
        assert allows_within(policy, boundary, "cloudwatch:DescribeAlarms", own) is read
        assert not allows_within(policy, boundary, "cloudwatch:DescribeAlarms", other)
        assert not allows_within(EVERYTHING, boundary, "cloudwatch:DeleteAlarms", own)
        assert not allows(access(root, "deployment.policy"), "cloudwatch:DescribeAlarms", own)
        asked = [need for need in needs(root, "dev-access") if need["type"] == "alarms"]
        assert [(need["role"], need["phase"], need["resources"]) for need in asked] == [
            ("preview", "soak", [own])
        ] * read


@pytest.mark.parametrize("rings", ["rings = 3\n", "rings = [{}]\n", 'rings = [{ stacks = ["dev"], alarms = [3] }]\n'])
def test_rings_that_are_none_are_refused_where_their_alarms_are_wanted(program: Program, rings: str) -> None:
    root = program('here.bucket("store")\n')
    toml = (root / "deploy.toml").read_text("utf-8")
    (root / "deploy.toml").write_text(rings + toml, "utf-8")
    assert refusal(root) == "deploy.toml: rings: expected tables [[rings]] with lists of stacks and alarms"


def test_the_inventory_has_whatever_is_called_something_and_who_a_function_runs_as(program: Program) -> None:
    root = program('here.queue("jobs")\naws.sns.Topic("news", opts=here.opts)\n' + FUNCTION.format(""), "sqs", "sns")
    said = inventory(root, "dev")
    assert {(thing["name"], thing["called"]) for thing in said["things"]} == {
        ("f", "orders-dev-f"),
        ("jobs", "orders-dev-jobs"),
        ("jobs-failed", "orders-dev-jobs-failed"),
        ("news", "orders-dev-news-???????"),
    }
    assert QUEUE in {thing["arn"] for thing in said["things"]}
    assert said["runsAs"] == {"f": needs_of(root, "f-execution")}
    assert inventory(root, "dev-access")["things"] == []


def needs_of(root: Path, role: str) -> object:
    """The ARN of a role, as its needs say it."""
    return next(need["arn"] for need in needs(root, "dev-access") if need["role"] == role)


@pytest.mark.parametrize(("alias", "ours"), [("alias/orders-dev-key", True), ("alias/key", False)])
def test_an_alias_of_a_key_begins_with_the_stacks_name_behind_what_kms_asks_for(
    program: Program, alias: str, ours: bool
) -> None:
    root = program(f'aws.kms.Alias("key", name="{alias}", target_key_id="0", opts=here.opts)\n', "kms")
    if ours:
        arn = f"arn:aws:kms:{IN_DEV}:{alias}"
        assert allows_within(access(root, "deployment.policy"), access(root, "boundary"), "kms:CreateAlias", arn)
    else:
        assert "it is called 'alias/key'" in refusal(root)


def test_rights_by_hand_are_subject_to_admission_too(program: Program) -> None:
    may = FUNCTION.format(f', may=[rights(["dynamodb:GetItem"], "arn:aws:dynamodb:{IN_DEV}:table/t")]')
    assert refusal(program(may)).startswith("dynamodb is asked for by may of f-execution, ")
    given = f'here.grant("t", ["dynamodb:GetItem"], "arn:aws:dynamodb:{IN_DEV}:table/t")\n'
    assert refusal(program(given)).startswith("dynamodb is asked for by here.grant, ")
    for text, name in ((may, "f-execution.policy"), (given, "deployment.policy")):
        root = program(text, "dynamodb")
        table = f"arn:aws:dynamodb:{IN_DEV}:table/t"
        assert allows_within(access(root, name), access(root, "boundary"), "dynamodb:GetItem", table)


def test_a_type_that_is_not_known_is_refused_and_allowed_where_its_rights_are_given(program: Program) -> None:
    thing = 'aws.glue.Registry("r", registry_name=here.name("r"), opts=here.opts)\n'
    told = refusal(program(thing, "glue"))
    assert told.startswith("aws:glue/registry:Registry r: ")
    assert told.endswith("give the rights it takes with here.grant([actions], arn)")
    registry = f"arn:aws:glue:{IN_DEV}:registry/orders-dev-r"
    grant = f'here.grant("r", ["glue:CreateRegistry", "glue:GetRegistry"], "{registry}")\n'
    root = program(thing + grant, "glue")
    deployment, boundary = access(root, "deployment.policy"), access(root, "boundary")
    assert allows_within(deployment, boundary, "glue:CreateRegistry", registry)
    preview = access(root, "preview.policy")
    assert allows_within(preview, boundary, "glue:GetRegistry", registry)
    assert not allows(preview, "glue:CreateRegistry", registry)


def test_a_name_that_is_not_the_stacks_is_refused_and_allowed_where_its_rights_are_given(program: Program) -> None:
    thing = 'aws.sqs.Queue("jobs", name="{}", opts=here.opts)\n'
    told = refusal(program(thing.format("theirs"), "sqs"))
    assert told == (
        "aws:sqs/queue:Queue jobs: it is called 'theirs'; what a stack owns begins with 'orders-dev': "
        'use here.name("jobs")'
    )
    assert "'orders-devils'" in refusal(program(thing.format("orders-devils"), "sqs"))
    own = program(thing.format("orders-dev-jobs"), "sqs")
    assert allows(access(own, "deployment.policy"), "sqs:CreateQueue", QUEUE)
    theirs = f"arn:aws:sqs:{IN_DEV}:theirs"
    granted = program(thing.format("theirs") + f'here.grant("q", ["sqs:CreateQueue"], "{theirs}")\n', "sqs")
    assert allows(access(granted, "deployment.policy"), "sqs:CreateQueue", theirs)


def test_a_name_that_is_too_long_is_refused_before_aws_refuses_it(program: Program) -> None:
    thing = 'aws.sqs.Queue("jobs", name=here.name("{}"), opts=here.opts)\n'
    longest = 80 - len("orders-dev-")
    told = refusal(program(thing.format("x" * (longest + 1)), "sqs"))
    assert told.endswith("has 81 characters, AWS takes 80")
    assert access(program(thing.format("x" * longest), "sqs"), "deployment.policy")


def test_what_nobody_named_is_a_pattern_of_the_name_that_the_engine_makes(program: Program) -> None:
    root = program('aws.sns.Topic("news", opts=here.opts)\n', "sns")
    deployment, boundary = access(root, "deployment.policy"), access(root, "boundary")
    topic = f"arn:aws:sns:{IN_DEV}:orders-dev-news"
    assert allows_within(deployment, boundary, "sns:CreateTopic", f"{topic}-1a2b3c4")
    for other in (topic, f"{topic}-1a2b3c", f"{topic}-1a2b3c4d", topic.replace("dev", "prod") + "-1a2b3c4"):
        assert not allows(deployment, "sns:CreateTopic", other)


def test_things_whose_ids_aws_chooses_are_narrowed_by_the_tags_of_the_stack(program: Program) -> None:
    text = (
        'jobs = here.queue("jobs")\n'
        + FUNCTION.format(", on=[jobs]")
        + 'here.http_api("api", {"GET /": f})\naws.kms.Key("k", opts=here.opts)\n'
    )
    root = program(text, "sqs", "kms")
    assert set(narrowings(root, "kms:CreateKey").values()) == {Narrowing.BORN}
    assert set(narrowings(root, "kms:ScheduleKeyDeletion").values()) == {Narrowing.OURS}
    assert Narrowing.SEEN in narrowings(root, "kms:DescribeKey").values()
    deployment, preview, boundary = (access(root, each) for each in ("deployment.policy", "preview.policy", "boundary"))
    mapping, key = f"arn:aws:lambda:{IN_DEV}:event-source-mapping:x1", f"arn:aws:kms:{IN_DEV}:key/k1"
    api = "arn:aws:apigateway:eu-central-1::/apis/a1"
    theirs = {**OURS, "aws:ResourceTag/deploy:stack": "prod"}
    for action, thing in (
        ("lambda:DeleteEventSourceMapping", mapping),
        ("kms:ScheduleKeyDeletion", key),
        ("apigateway:DELETE", api),
    ):
        assert allows_within(deployment, boundary, action, thing, OURS)
        assert not allows(deployment, action, thing, theirs)
        assert not allows(deployment, action, thing, {})
        assert not allows(preview, action, thing, OURS)
    for action, thing in (("kms:DescribeKey", key), ("apigateway:GET", api), ("lambda:GetEventSourceMapping", mapping)):
        assert allows_within(preview, boundary, action, thing, OURS)
        assert allows_within(preview, boundary, action, thing, {})
        assert not allows(preview, action, thing, theirs)
    assert allows_within(preview, boundary, "lambda:ListEventSourceMappings", "*")
    assert not allows(access(program(FUNCTION.format("")), "preview.policy"), "lambda:ListEventSourceMappings", "*")
    assert allows_within(deployment, boundary, "kms:CreateKey", "*", BORN)
    assert not allows(deployment, "kms:CreateKey", "*", {})
    assert allows_within(deployment, boundary, "lambda:CreateEventSourceMapping", "*", BORN)
    assert not allows(deployment, "lambda:CreateEventSourceMapping", "*", {})
    assert allows_within(deployment, boundary, "lambda:TagResource", mapping, BORN)
    assert not allows(deployment, "lambda:TagResource", mapping, {**theirs, **BORN})


def test_a_program_that_fails_says_where_and_what(program: Program) -> None:
    for text, told in (
        ('\n\nraise KeyError("colour")\n', "infra/__main__.py:7: KeyError: 'colour'"),
        ('pulumi.Config().require("colour")\n', "infra/__main__.py:5: "),
        (FUNCTION.format(", timeout=901"), "infra/__main__.py:5: function f: timeout: got 901, expected 1 to 900"),
    ):
        root = program(text)
        with pytest.raises(RecordingError) as error:
            record(root, "dev")
        assert str(error.value).startswith(told)
    assert record(program("\n\ncolour = 1\n"), "dev").place.project == "orders"


def test_what_a_program_prints_is_not_the_answer_of_a_command(
    program: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = record(program('print("hello")\nhere.bucket("store")\n'), "dev")
    assert [each.name for each in recording.of("aws:s3/bucket:Bucket")] == ["store"]
    assert capsys.readouterr().out == ""


def test_a_recording_is_plain_data_without_what_is_not_known(program: Program) -> None:
    root = program('t = aws.sns.Topic("t", opts=here.opts)\nhere.queue("jobs")\n', "sns", "sqs")
    recording = record(root, "dev")
    (policy,) = [each.inputs["redrivePolicy"] for each in recording.of("aws:sqs/queue:Queue") if each.name == "jobs"]
    assert QUEUE + "-failed" in policy
    assert recording == record(root, "dev")
    assert recording.of("deploy:service:Queue")[0].custom is False


@pytest.mark.timeout(60)
def test_a_program_is_recorded_while_pulumi_runs_another(program: Program) -> None:
    root = program('here.bucket("store")\n')
    found: list[Any] = []

    class Outer(mocks.Mocks):
        def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
            return args.name, dict(args.inputs)

        def call(self, args: mocks.MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
            return dict(args.args), None

    def thing() -> None:
        pulumi.ComponentResource("outer:thing:Thing", "thing")
        found.append(record(root, "dev"))
        assert (pulumi.get_project(), pulumi.get_stack()) == ("outer", "access")

    def run() -> None:
        asyncio.set_event_loop(asyncio.new_event_loop())
        mocks.set_mocks(Outer(), "outer", "access", preview=False)
        in_pulumi: Callable[[Callable[[], None]], Callable[[], None]] = pulumi.runtime.test
        in_pulumi(thing)()

    with ThreadPoolExecutor(1) as thread:
        thread.submit(Context().run, run).result()
    assert [each.name for each in found[0].of("aws:s3/bucket:Bucket")] == ["store"]


PLAIN = 'import pulumi\nimport pulumi_aws as aws\naws.s3.Bucket("labels")\naws.s3.Bucket("more")\n'
CALLED = "from deploy_infra.service import this_stack\nhere = this_stack(__file__)\n"


def rewritten(root: Path, text: str) -> Path:
    (root / "infra" / "__main__.py").write_text(text, "utf-8")
    return root


def test_resources_without_a_provider_are_refused_and_get_the_stacks_after_this_stack(program: Program) -> None:
    root = rewritten(program(""), PLAIN)
    told = refusal(root)
    assert told.startswith(
        "aws:s3/bucket:Bucket labels, aws:s3/bucket:Bucket more: no provider says in which account; call "
    )
    assert (
        "`here = this_stack(__file__)` (from deploy_infra.service import this_stack) before the first resource" in told
    )
    late = PLAIN.replace('aws.s3.Bucket("more")', f'{CALLED}aws.s3.Bucket("more")')
    assert refusal(rewritten(root, late)).startswith("aws:s3/bucket:Bucket labels: no provider")
    assert access(rewritten(root, CALLED + PLAIN), "deployment.policy")


def test_a_provider_that_the_program_or_a_parent_chose_is_left(program: Program) -> None:
    text = (
        'other = aws.Provider("other", region="us-east-1")\n'
        "class Pair(pulumi.ComponentResource):\n"
        "    def __init__(self, name, **more):\n"
        '        super().__init__("mine:Pair", name, None, pulumi.ResourceOptions(**more))\n'
        "        aws.s3.Bucket(name, opts=pulumi.ResourceOptions(parent=self))\n"
        'Pair("theirs", providers=[other])\nPair("ours")\n'
        'aws.s3.Bucket("said", opts=pulumi.ResourceOptions(provider=other))\n'
    )
    made = record(program(text), "dev").of("aws:s3/bucket:Bucket")
    assert {each.name: each.provider for each in made} == {"ours": "aws", "said": "other", "theirs": "other"}


@pytest.mark.parametrize("call", ["get_caller_identity", "get_region"])
def test_a_data_source_without_a_provider_is_refused_with_its_line(program: Program, call: str) -> None:
    root = program(f"\npulumi.export('who', aws.{call}().id)\n")
    with pytest.raises(
        RecordingError, match=r"infra/__main__\.py:6: .*invoke of aws:index/.*InvokeOptions\(provider=here.provider\)"
    ):
        record(root, "dev")
    given = program(f"pulumi.export('who', aws.{call}(opts=pulumi.InvokeOptions(provider=here.provider)).id)\n")
    assert record(given, "dev").place.project == "orders"


def test_a_program_gets_its_settings_from_both_files_as_the_engine_gives_them(program: Program) -> None:
    text = (
        "config = pulumi.Config()\n"
        'assert config.require_int("retries") == 3\n'
        'assert config.require("colour") == "red"\n'
        'assert pulumi.Config("other").require_object("ports") == [1, 2]\n'
        'assert config.require_object("limits") == {"a": 1, "b": [True, None, "x", -1.5], "c": "07"}\n'
        'assert config.get("described") is None\n'
        'hidden = config.require_secret_object("keys")\n'
        "assert isinstance(hidden, pulumi.Output)\n"
    )
    root = program(text)
    with (root / "Pulumi.yaml").open("a", encoding="utf-8") as file:
        file.write(
            "config:\n  retries: {type: integer, default: 3}\n  orders:colour: blue\n  other:ports: {value: [1, 2]}\n"
            "  described: {type: string}\n"
        )
    with (root / "Pulumi.dev.yaml").open("a", encoding="utf-8") as file:
        file.write(
            '  orders:colour: red\n  orders:limits: {a: 1, b: [true, null, x, -1.5], c: "07"}\n'
            "  orders:keys: {one: {secure: v1:x}}\n"
        )
    assert record(root, "dev").resources


def test_a_setting_that_is_missing_is_said_with_the_command_that_sets_it(program: Program) -> None:
    for get, flag in (("require", ""), ("require_secret", " --secret")):
        with pytest.raises(RecordingError, match=f"`deploy config set orders:colour{flag} --stack dev`"):
            record(program(f'pulumi.Config().{get}("colour")\n'), "dev")


HAND_MADE = (
    'role = here.execution_role("f", may=[])\n'
    'aws.lambda_.Function("f", role=role, handler="a.b", runtime="python3.13", code=pulumi.FileArchive("x"){})\n'
)


def test_a_function_by_hand_is_called_as_the_log_that_its_role_may_write(program: Program) -> None:
    told = refusal(program(HAND_MADE.format("")))
    assert told == (
        "aws:lambda/function:Function f: it is called 'orders-dev-f-???????', and its role may write the log of "
        "'orders-dev-f' only: give it that name"
    )
    assert access(program(HAND_MADE.format(', name=here.name("f")')), "deployment.policy")
    elsewhere = ', logging_config={"log_format": "Text", "log_group": "/aws/lambda/orders-dev-f"}'
    assert access(program(HAND_MADE.format(elsewhere)), "deployment.policy")


def test_a_role_by_hand_is_refused_with_the_way_out(program: Program) -> None:
    told = refusal(program('aws.iam.Role("r", assume_role_policy="{}")\n'))
    assert told.endswith("here.execution_role(NAME, may=[…]) is the ARN of a role that is made there")
    assert access(program('here.execution_role("r", may=[])\n'), "r-execution.policy")
