"""From an empty folder to three accounts, and on from there, with nothing but the wheel: `deploy init`, then one's own service."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy_sandbox import lifecycle
from deploy_sandbox.accounts import ACCOUNTS
from tests.e2e.project import Ended, Project
from tests.repository import Repository
from tests.wheel import install

pytestmark = pytest.mark.timeout(600)

TARGETS = ("dev", "staging", "prod")
TYPED = (
    *("init", "orders", "--tools", ACCOUNTS["tools"], "--region", "eu-central-1", "--yes"),
    *(word for env in TARGETS for word in ("--account", f"{env}={ACCOUNTS[env]}")),
)
MORE = """
archive = here.bucket("archive")
seen = aws.dynamodb.Table(
    "seen",
    name=here.name("seen"),
    billing_mode="PAY_PER_REQUEST",
    hash_key="key",
    attributes=[{"name": "key", "type": "S"}],
    opts=here.opts,
)
here.function(
    "copier",
    code="copier",
    handler="copier.app.work",
    on=[jobs],
    may=[store.read, archive.write, rights(["dynamodb:PutItem"], seen.arn)],
    environment={"FROM": store.bucket.bucket, "TO": archive.bucket.bucket, "TABLE": seen.name},
)
"""
COPIER = """
import os

import boto3

s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")


def work(event, context):
    for record in event["Records"]:
        key = record["body"]
        body = s3.get_object(Bucket=os.environ["FROM"], Key=key)["Body"].read()
        s3.put_object(Bucket=os.environ["TO"], Key=key, Body=body)
        dynamodb.put_item(TableName=os.environ["TABLE"], Item={"key": {"S": key}})
"""
PROGRAM_CHANGES = (
    ("import pulumi\n", "import pulumi\nimport pulumi_aws as aws\n"),
    ("import this_stack", "import rights, this_stack"),
    ('store = here.bucket("items")', 'store = here.bucket("items")\njobs = here.queue("jobs")'),
    ("may=[store.read_write]", "may=[store.read_write, jobs.send]"),
    ('"STACK": here.stack,', '"STACK": here.stack,\n        "QUEUE": jobs.url,'),
)
SENT = 'boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=f"items/{key}")'
HANDLER_CHANGES = (
    ("import re\n", "import os\nimport re\n"),
    ("from botocore.exceptions", "import boto3\nfrom botocore.exceptions"),
    ("Body=body)\n", f"Body=body)\n        {SENT}\n"),
)
SERVICES = '\n[access]\nservices = ["dynamodb", "sqs"]\n\n[stacks.dev]\n'
PATIENCE = 60
"""Seconds until the second function must have done its work."""


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install(tmp_path_factory.mktemp("installed"), "sandbox") / "deploy"


@pytest.fixture
def orders(command: Path, tmp_path: Path) -> Iterator[Project]:
    """A new project, and its accounts, made by the command alone."""
    root = tmp_path / "orders"
    root.mkdir()
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
    first = subprocess.run(
        [command, *TYPED], cwd=root, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert first.returncode == 0, first.stderr
    up = subprocess.run([command, "sandbox", "up"], cwd=root, capture_output=True, text=True, timeout=60, check=False)
    assert up.returncode == 0, up.stderr
    home = root / ".deploy" / "sandbox"
    sandbox = lifecycle.status(home)
    assert sandbox
    try:
        yield Project(root, sandbox, environment, command)
    finally:
        lifecycle.down(home)


def well(done: Ended) -> Ended:
    assert done.code == 0, done
    return done


def test_from_an_empty_folder_to_three_accounts_and_a_service_of_ones_own(orders: Project) -> None:
    its_own_tests_pass(orders.root)
    well(orders.deploy("bootstrap", "--yes"))
    well(orders.deploy("up", "--all", "--yes"))
    for env in TARGETS:
        assert orders.functions(env) == [f"orders-{env}-items"]
        answers_from_its_own_account(orders, env)

    one_s_own(orders.root)
    assert "no findings" in well(orders.deploy("iam", "check")).out
    well(orders.deploy("bootstrap", "--yes"))
    Repository(orders.root).init().commit()
    well(orders.deploy("preview", "--all", "--save", "plan"))
    well(orders.deploy("up", "--plan", "plan", "--yes"))
    for env in TARGETS:
        assert sorted(orders.functions(env)) == [f"orders-{env}-copier", f"orders-{env}-items"]
    copies_what_is_put(orders, "prod")
    well(orders.deploy("drift", "--all", "--exit-code"))
    assert "0 wrong" in well(orders.deploy("prove", "--stacks", "dev")).out

    well(orders.deploy("destroy", "--all", "--yes"))
    for env in TARGETS:
        assert orders.functions(env) == orders.apis(env) == []
        assert [bucket for bucket in orders.buckets(env) if bucket.startswith("orders-")] == []


def its_own_tests_pass(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def url_of(orders: Project, env: str) -> str:
    outputs = json.loads(well(orders.deploy("outputs", "--stacks", env, "--output", "json")).out)
    return str(outputs[env]["url"])


def answers_from_its_own_account(orders: Project, env: str) -> None:
    with urllib.request.urlopen(f"{url_of(orders, env)}/health", timeout=30) as answer:
        assert json.load(answer) == {"account": ACCOUNTS[env], "stack": env, "version": "1"}


def one_s_own(root: Path) -> None:
    """A second function behind a queue, a second bucket and a table, in the service's own files; and which services accounts admit."""
    for name, changes, more in (
        ("infra/__main__.py", PROGRAM_CHANGES, MORE),
        ("infra/handler/items.py", HANDLER_CHANGES, ""),
        ("deploy.toml", (("\n[stacks.dev]\n", SERVICES),), ""),
    ):
        file = root / name
        text = file.read_text("utf-8")
        for old, new in changes:
            assert text.count(old) == 1, (name, old)
            text = text.replace(old, new)
        file.write_text(text + more, "utf-8")
    (root / "infra" / "copier").mkdir()
    (root / "infra" / "copier" / "app.py").write_text(COPIER, "utf-8")


def copies_what_is_put(orders: Project, env: str) -> None:
    """What is put through the API is, a little later, in the second bucket and in the table."""
    request = urllib.request.Request(f"{url_of(orders, env)}/items/a", data=b"two apples", method="PUT")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert json.load(answer) == {"key": "a", "bytes": 10}
    table, end = orders.client(env, "dynamodb"), time.monotonic() + PATIENCE
    while "Item" not in table.get_item(TableName=f"orders-{env}-seen", Key={"key": {"S": "items/a"}}):
        assert time.monotonic() < end, "the second function has not done its work"
        time.sleep(0.5)
    bucket = f"orders-{env}-archive-{ACCOUNTS[env]}"
    assert orders.client(env, "s3").get_object(Bucket=bucket, Key="items/a")["Body"].read() == b"two apples"
