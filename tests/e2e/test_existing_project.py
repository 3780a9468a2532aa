"""A Pulumi project that knows nothing of `deploy` gets what the page says, and is deployed by the page's commands."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy_driver import remedies
from deploy_sandbox import lifecycle
from tests.carried import gone, printed
from tests.e2e import pages
from tests.e2e.project import Project

PAGE = pages.read("existing-pulumi-project.md")

PULUMI = """
name: shipments
runtime:
  name: python
  options:
    virtualenv: venv
description: Prints a label for each parcel
config:
  timeout: 20
"""

STACK = """
encryptionsalt: v1:Qx2mT0y1J3g=:v1:aHs5l0Hn0gkqPb4p:2vN1rX9d7Y1c0cQfZl9Jc9tq4w6yXg==
config:
  aws:region: eu-central-1
  shipments:carrier:
    name: Postbote
    pickups: [8, 14]
  shipments:carrierKey:
    secure: v1:8gX3oYyq1q0eQ7yS:Qm5vMSC2cXlJ0uJc4h8Nwz5t
"""

PROGRAM = '''
"""Prints a label for each parcel."""

import json

import pulumi
import pulumi_aws as aws

config = pulumi.Config()
labels = aws.s3.Bucket("labels", tags={"team": "shipping"})
parcels = aws.sqs.Queue("parcels", visibility_timeout_seconds=60)
trusted = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "lambda.amazonaws.com"}}
role = aws.iam.Role("printer", assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trusted]}))
printer = aws.lambda_.Function(
    "printer",
    role=role.arn,
    runtime="python3.13",
    handler="app.work",
    code=pulumi.AssetArchive({"app.py": pulumi.FileAsset("printer/app.py")}),
    timeout=config.require_int("timeout"),
    environment={
        "variables": {
            "BUCKET": labels.bucket,
            "CARRIER": config.require_object("carrier")["name"],
            "CARRIER_KEY": config.require_secret("carrierKey"),
        }
    },
)
pulumi.export("labels", labels.bucket)
pulumi.export("queue", parcels.url)
pulumi.export("printer", printer.name)
'''

PRINTER = """
import os

import boto3


def work(event, context):
    key = event["parcel"] + ".txt"
    label = " ".join((os.environ["CARRIER"], os.environ["CARRIER_KEY"], event["parcel"]))
    boto3.client("s3").put_object(Bucket=os.environ["BUCKET"], Key=key, Body=label.encode())
    return {"label": key}
"""


@pytest.fixture
def shipments(tmp_path: Path) -> Iterator[Project]:
    """The project as it was before, and the accounts of an organisation in which it does not stand."""
    root = tmp_path / "shipments"
    (root / "printer").mkdir(parents=True)
    for name, text in (
        ("Pulumi.yaml", PULUMI),
        ("Pulumi.dev.yaml", STACK),
        ("__main__.py", PROGRAM),
        ("printer/app.py", PRINTER),
        ("key.txt", "s3cr3t-of-the-carrier\n"),
    ):
        (root / name).write_text(text.lstrip(), "utf-8")
    sandbox = lifecycle.up(root / ".deploy" / "sandbox", powers=True)
    try:
        yield Project(root, sandbox)
    finally:
        lifecycle.down(root / ".deploy" / "sandbox")


def as_the_page_says(root: Path) -> None:
    """Add the page's files and lines, and nothing else."""
    (root / "deploy.toml").write_text(pages.shown(PAGE, "toml"), "utf-8")
    (root / "Pulumi.tools.yaml").write_text(pages.shown(PAGE, "yaml", 0), "utf-8")
    file = root / "Pulumi.dev.yaml"
    more = pages.shown(PAGE, "yaml", 1)
    file.write_text(file.read_text("utf-8").replace("config:\n", f"config:\n{more}"), "utf-8")


def edited(root: Path) -> None:
    """Change the program as the page shows it."""
    change = ["git", "apply", "--unidiff-zero", "--whitespace=nowarn", "-"]
    subprocess.run(change, cwd=root, input=pages.shown(PAGE, "diff"), text=True, check=True)


def test_a_project_that_knew_nothing_of_deploy_is_deployed_as_the_page_says(shipments: Project) -> None:
    root = shipments.root
    as_the_page_says(root)
    edited(root)
    done = []
    for command in pages.typed(PAGE, shipments):
        done.append(command.typed)
        if command.typed.startswith("deploy up"):
            it_works(shipments)
            a_resource_more_needs_no_provider(shipments)
    assert len(done) == 12
    assert shipments.functions("dev") == []
    assert not [name for name in shipments.buckets("dev") if name.startswith("shipments-")]
    assert shipments.client("dev", "sqs").list_queues().get("QueueUrls", []) == []
    for file in root.rglob("*"):
        if file.is_file() and file.name != "key.txt" and ".deploy/sandbox" not in str(file):
            assert b"s3cr3t-of-the-carrier" not in file.read_bytes(), file


def it_works(project: Project) -> None:
    """The function runs as the role that the access layer made, with its settings, its secret, and the rights it was given."""
    (bucket,) = [name for name in project.buckets("dev") if name.startswith("shipments-dev-labels-")]
    asked = project.client("dev", "lambda").invoke(FunctionName="shipments-dev-printer", Payload=b'{"parcel": "p1"}')
    assert json.load(asked["Payload"]) == {"label": "p1.txt"}
    s3 = project.client("dev", "s3")
    assert s3.get_object(Bucket=bucket, Key="p1.txt")["Body"].read() == b"Postbote s3cr3t-of-the-carrier p1"
    s3.delete_object(Bucket=bucket, Key="p1.txt")
    tags = {tag["Key"]: tag["Value"] for tag in s3.get_bucket_tagging(Bucket=bucket)["TagSet"]}
    assert tags == {"team": "shipping", "deploy:project": "shipments", "deploy:stack": "dev"}
    role = project.client("dev", "lambda").get_function(FunctionName="shipments-dev-printer")["Configuration"]["Role"]
    assert role.rpartition("/")[2] == "shipments-dev-printer-execution"


def a_resource_more_needs_no_provider(project: Project) -> None:
    """Without `this_stack` the engine refuses, and says the way out; behind it, a preview sees the resource."""
    main = project.root / "__main__.py"
    own = main.read_text("utf-8")
    main.write_text('import pulumi_aws as aws\naws.sqs.Queue("more")\n', "utf-8")
    refused = project.deploy("preview", "--stacks", "dev")
    assert refused.code == 1, refused
    assert "Default provider for 'aws' disabled" in refused.out
    printed(remedies.PROVIDER_OF_STACK, refused.out)
    main.write_text(f'{own}aws.sqs.Queue("more")\n', "utf-8")
    seen = project.deploy("preview", "--stacks", "dev")
    assert "dev: 1 to create\n  create aws:sqs:Queue more" in seen.out, seen
    gone(remedies.PROVIDER_OF_STACK, seen.out)
    main.write_text(own, "utf-8")


def test_before_its_edit_it_is_refused_with_all_that_it_owes(shipments: Project) -> None:
    untouched = shipments.deploy("list")
    assert (untouched.code, untouched.out) == (2, "")
    assert "no deploy.toml here" in untouched.err
    as_the_page_says(shipments.root)
    stack = shipments.root / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text("utf-8").split("\n", 1)[1].replace("{}", ""), "utf-8")
    undecrypted = shipments.deploy("list")
    assert undecrypted.code == 2
    assert "shipments:carrierKey: a secret, and nothing in the file says what decrypts it" in undecrypted.err
    stack.write_text(stack.read_text("utf-8").split("  shipments:carrierKey")[0], "utf-8")
    unset = shipments.deploy("iam", "check")
    assert unset.code == 2
    assert "`deploy config set shipments:carrierKey --secret --stack dev`" in unset.err
    with stack.open("a", encoding="utf-8") as file:
        file.write("  shipments:carrierKey: plain\n")
    owes = shipments.deploy("iam", "check")
    assert owes.code == 2
    assert "aws:iam/role:Role printer: what a service may do is decided by an administrator" in owes.err
    assert "aws:s3/bucket:Bucket labels, aws:sqs/queue:Queue parcels: no provider says in which account" in owes.err
    edited(shipments.root)
    assert shipments.deploy("iam", "check").code == 0
