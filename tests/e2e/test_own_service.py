"""A service that a user writes: two functions, a queue between them, a table, a second bucket and a topic that nobody named.

Nothing but its program and one line of deploy.toml says so: roles, boundary and inventory follow.
"""

from __future__ import annotations

import json
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy_sandbox import lifecycle
from deploy_sandbox.accounts import ACCOUNTS
from tests.e2e.project import ROOT, Ended, Project

PROGRAM = """
import pulumi
import pulumi_aws as aws

from deploy_infra.service import rights, this_stack

here = this_stack(__file__)
store, archive = here.bucket("store"), here.bucket("archive")
jobs = here.queue("jobs")
table = aws.dynamodb.Table(
    "orders",
    name=here.name("orders"),
    billing_mode="PAY_PER_REQUEST",
    hash_key="id",
    attributes=[{"name": "id", "type": "S"}],
    opts=here.opts,
)
keep = rights(["dynamodb:PutItem"], table.arn)
api = here.function(
    "api",
    code="handler",
    handler="handler.api.answer",
    may=[store.read_write, jobs.send],
    environment={"QUEUE": jobs.url, "BUCKET": store.bucket.bucket},
)
worker = here.function(
    "worker",
    code="handler",
    handler="handler.worker.work",
    on=[jobs],
    may=[archive.write, keep],
    environment={"BUCKET": archive.bucket.bucket, "TABLE": table.name},
)
http = here.http_api("api", {"GET /health": api, "POST /orders": api})
aws.sns.Topic("news", opts=here.opts)

pulumi.export("url", http.url)
pulumi.export("version", api.function.version)
"""

API = """
import json
import os

import boto3


def answer(event, context):
    if event["rawPath"] == "/health":
        said = {"version": context.function_version}
    else:
        order, body = context.aws_request_id, event["body"]
        boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=order, Body=body.encode())
        message = json.dumps({"id": order, "order": body})
        boto3.client("sqs").send_message(QueueUrl=os.environ["QUEUE"], MessageBody=message)
        said = {"id": order}
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(said)}
"""

WORKER = """
import json
import os

import boto3


def work(event, context):
    for record in event["Records"]:
        said = json.loads(record["body"])
        key = said["id"] + ".txt"
        boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=key, Body=said["order"].encode())
        item = {"id": {"S": said["id"]}, "order": {"S": said["order"]}}
        boto3.client("dynamodb").put_item(TableName=os.environ["TABLE"], Item=item)
    return {"batchItemFailures": []}
"""

TOML = """
cloud = "sandbox"

[access]
services = ["dynamodb", "sns", "sqs"]

[smoke]
health = "/health"

[smoke.expect]
version = "{version}"

[stacks.dev]

[stacks.staging]
needs = ["dev"]
"""
MORE = '\nhere.bucket("returns")\nhere.queue("late")\n'
PATIENCE = 60
"""Seconds until a worker must have done its work."""


def orders(root: Path) -> Path:
    """The files of a user's repository: the program, its functions' code, deploy.toml, Pulumi.yaml and the accounts."""
    handler = root / "infra" / "handler"
    handler.mkdir(parents=True)
    for file, text in (
        (root / "infra" / "__main__.py", PROGRAM),
        (handler / "__init__.py", ""),
        (handler / "api.py", API),
        (handler / "worker.py", WORKER),
        (root / "deploy.toml", TOML),
    ):
        file.write_text(text.lstrip(), "utf-8")
    for name in ("Pulumi.yaml", *(f"Pulumi.{env}.yaml" for env in ACCOUNTS)):
        text = (ROOT / name).read_text("utf-8")
        own = re.sub(r"^  items:.*\n", "", text, flags=re.MULTILINE)
        (root / name).write_text(re.sub(r"\bitems(?=$|-)", "orders", own, flags=re.MULTILINE), "utf-8")
    (root / "Pulumi.prod.yaml").unlink()
    return root


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Project]:
    """The service `orders`, and accounts in which it does not stand."""
    root = orders(tmp_path / "orders")
    sandbox = lifecycle.up(root / ".deploy" / "sandbox", powers=True)
    try:
        yield Project(root, sandbox)
    finally:
        lifecycle.down(root / ".deploy" / "sandbox")


def well(done: Ended) -> Ended:
    assert done.code == 0, done
    return done


def test_a_service_of_ones_own_works_and_its_roles_follow_from_its_program(service: Project) -> None:
    well(service.deploy("bootstrap", "--yes"))
    checked = well(service.deploy("iam", "check"))
    assert "no findings" in checked.out
    well(service.deploy("up", "--all"))
    for env in ("dev", "staging"):
        works_off_an_order(service, env)
    every_thing_is_proved(service)
    every_thing_is_inspected(service)
    drift_is_seen(service)
    one_more_bucket(service)
    well(service.deploy("destroy", "--all", "--yes"))
    assert service.functions("dev") == service.functions("staging") == []
    assert service.client("dev", "sqs").list_queues().get("QueueUrls", []) == []


def works_off_an_order(service: Project, env: str) -> None:
    """What is posted to the API is, a little later, in the second bucket and in the table."""
    outputs = json.loads(well(service.deploy("outputs", "--stacks", env, "--output", "json")).out)[env]
    plain = {"content-type": "text/plain"}
    request = urllib.request.Request(f"{outputs['url']}/orders", data=b"two apples", headers=plain, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        order = json.load(answer)["id"]
    account = ACCOUNTS[env]
    s3, table = service.client(env, "s3"), service.client(env, "dynamodb")
    key = {"id": {"S": order}}
    end = time.monotonic() + PATIENCE
    while "Item" not in table.get_item(TableName=f"orders-{env}", Key=key):
        assert time.monotonic() < end, f"the worker of {env} has not done order {order}"
        time.sleep(0.5)
    kept = s3.get_object(Bucket=f"orders-{env}-archive-{account}", Key=f"{order}.txt")["Body"].read()
    assert kept == b"two apples"
    assert table.get_item(TableName=f"orders-{env}", Key=key)["Item"]["order"] == {"S": "two apples"}
    (topic,) = service.client(env, "sns").list_topics()["Topics"]
    assert re.search(rf":orders-{env}-news-[0-9a-f]{{7}}$", topic["TopicArn"])


def every_thing_is_proved(service: Project) -> None:
    """What the program has is tried by name; a role that somebody widened on the second bucket and the second function is found."""
    tried = {case["id"] for case in well(service.deploy("prove", "--stacks", "dev", "--output", "json")).json["cases"]}
    assert tried >= {
        "buckets.service.open-policy.archive@dev",
        "things.deployment.look-beside.table.orders@dev",
        "things.preview.look.queue.jobs@dev",
        "things.worker-execution.needs.queue.jobs@dev",
        "widening.deployment.pass-own-role.worker@dev",
        "widening.deployment.public-bucket-policy.archive@dev",
    }
    iam, role = service.client("dev", "iam"), "orders-dev-api-execution"
    things = [f"arn:aws:s3:::orders-dev-archive-{ACCOUNTS['dev']}/*", "arn:aws:lambda:*:*:function:orders-dev-worker"]
    more = {"Effect": "Allow", "Action": ["s3:PutObject", "lambda:UpdateFunctionCode"], "Resource": things}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [more]})
    only = ("prove", "--stacks", "dev", "--only", "things.*-execution.*", "--output", "json")
    iam.put_role_policy(RoleName=role, PolicyName="by-hand", PolicyDocument=policy)
    widened = service.deploy(*only)
    assert widened.code == 1, widened
    assert {case["id"] for case in widened.json["cases"] if not case["asExpected"]} == {
        "things.api-execution.beyond.bucket.archive@dev",
        "things.api-execution.beyond.function.worker@dev",
    }
    iam.delete_role_policy(RoleName=role, PolicyName="by-hand")
    well(service.deploy(*only))


def every_thing_is_inspected(service: Project) -> None:
    """Doctor looks at both functions and both buckets, and at each function's role; what is wrong with the second is found."""
    archive, worker = f"orders-dev-archive-{ACCOUNTS['dev']}", "orders-dev-worker"
    whole = well(service.deploy("doctor", "--as-administrator", "--output", "json")).json
    looked = {one["subject"] for one in whole if one["result"] == "ok" and one["stack"] in {"dev", "dev-access"}}
    assert looked >= {archive, worker, "orders-dev-api", "orders-dev-api-execution", "orders-dev-worker-execution"}
    s3, functions, iam = (service.client("dev", name) for name in ("s3", "lambda", "iam"))
    policy, its = s3.get_bucket_policy(Bucket=archive)["Policy"], {"FunctionName": worker, "StatementId": "more"}
    s3.delete_bucket_policy(Bucket=archive)
    functions.add_permission(**its, Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com")
    iam.delete_role_permissions_boundary(RoleName=f"{worker}-execution")
    seen = service.deploy("doctor", "--as-administrator", "--output", "json")
    assert seen.code == 3, seen
    assert {(one["rule"], one["subject"]) for one in seen.json if one["result"] == "finding"} == {
        ("boundary-missing-from-role", f"{worker}-execution"),
        ("bucket-policy-edited-by-hand", archive),
        ("function-lets-others-in", worker),
    }
    s3.put_bucket_policy(Bucket=archive, Policy=policy)
    functions.remove_permission(**its)
    well(service.deploy("bootstrap", "--stacks", "dev-access", "--yes"))


def drift_is_seen(service: Project) -> None:
    """There is none, until somebody changes a queue by hand."""
    well(service.deploy("drift", "--stacks", "dev", "--exit-code"))
    queues = service.client("dev", "sqs")
    url = queues.get_queue_url(QueueName="orders-dev-jobs")["QueueUrl"]
    queues.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "42"})
    seen = service.deploy("drift", "--stacks", "dev", "--exit-code", "--output", "json")
    assert seen.code == 5, seen
    assert "visibilityTimeoutSeconds" in seen.out
    assert next(one["by"]["event"] for one in seen.json["stacks"][0]["drifted"]) == "SetQueueAttributes"
    well(service.deploy("up", "--stacks", "dev", "--refresh"))
    well(service.deploy("drift", "--stacks", "dev", "--exit-code"))


def one_more_bucket(service: Project) -> None:
    """A preview says it; the roles have to know it before it can be made."""
    program = service.root / "infra" / "__main__.py"
    program.write_text(program.read_text("utf-8") + MORE, "utf-8")
    refused = service.deploy("up", "--stacks", "dev")
    assert refused.code != 0, refused
    assert "deploy bootstrap" in refused.out + refused.err
    assert "orders-dev-returns-222222222222" not in service.buckets("dev")
    well(service.deploy("bootstrap", "--stacks", "dev-access", "--yes"))
    previewed = well(service.deploy("preview", "--stacks", "dev", "--output", "json"))
    assert "aws:s3/bucket:Bucket" in previewed.out
    assert "returns" in previewed.out
    somebody_made_it_before(service)
    well(service.deploy("up", "--stacks", "dev"))
    assert "orders-dev-returns-222222222222" in service.buckets("dev")


def somebody_made_it_before(service: Project) -> None:
    """A queue of the name that the program is about to give has appeared; what is only not made yet has not."""
    queues = service.client("dev", "sqs")
    url = queues.create_queue(QueueName="orders-dev-late")["QueueUrl"]
    seen = service.deploy("drift", "--stacks", "dev", "--exit-code", "--output", "json")
    assert seen.code == 5, seen
    (dev,) = seen.json["stacks"]
    facts = {one["urn"].rpartition("::")[2]: one["findings"][0]["fact"] for one in dev["drifted"]}
    assert (facts["late"], facts["late-failed"]) == ("there already, not made by us", "not made yet"), seen
    queues.delete_queue(QueueUrl=url)
