"""A function really runs: in Lambda's environment, as its execution role, and with nothing of the server's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.contract.cloud.outsider import trusting, zipped

if TYPE_CHECKING:
    from collections.abc import Callable

    from deploy_sandbox.accounts import Sandbox

LAMBDA = trusting({"Service": "lambda.amazonaws.com"})
LAMBDAS_OWN = {
    "AWS_ACCESS_KEY_ID",
    "AWS_DEFAULT_REGION",
    "AWS_DISABLE_HOST_PREFIX_INJECTION",
    "AWS_ENDPOINT_URL",
    "AWS_EXECUTION_ENV",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_VERSION",
    "AWS_LAMBDA_LOG_STREAM_NAME",
    "AWS_REGION",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "LAMBDA_TASK_ROOT",
    "LANG",
    "PATH",
    "TZ",
}


@pytest.fixture
def run(as_root: Callable[[str, str], Any], make_role: Any, unique: str) -> Callable[..., Any]:
    """Run a handler's body in a function of dev, whose role may do these statements, and give what it returns."""

    def running(body: str, *statements: Any, variables: dict[str, str] | None = None, qualifier: str = "") -> Any:
        client = as_root("dev", "lambda")
        client.create_function(
            FunctionName=unique,
            Role=make_role("dev", LAMBDA, *statements),
            Runtime="python3.11",
            Handler="index.handler",
            Code={"ZipFile": zipped(f"def handler(event, context):\n    {body}\n")},
            Environment={"Variables": variables or {}},
            Publish=True,
        )
        client.create_alias(FunctionName=unique, Name="live", FunctionVersion="1")
        answer = client.invoke(FunctionName=unique, **({"Qualifier": qualifier} if qualifier else {}))
        return json.loads(answer["Payload"].read())

    return running


def test_a_function_sees_lambdas_variables_and_its_own_only(run: Any, sandbox: Sandbox) -> None:
    seen = run("import os; return dict(os.environ)", variables={"BUCKET": "items"})
    assert seen["BUCKET"] == "items"
    assert seen["AWS_REGION"] == sandbox.region
    assert seen["AWS_ENDPOINT_URL"] == sandbox.endpoint
    assert {name for name in seen if not name.startswith("_")} - LAMBDAS_OWN == {"BUCKET"}
    assert str(sandbox.home) not in json.dumps({**seen, "LAMBDA_TASK_ROOT": ""})


def test_a_variable_named_like_one_of_the_servers_is_the_functions(run: Any) -> None:
    assert run("import os; return os.environ['STATE_DIR']", variables={"STATE_DIR": "mine"}) == "mine"


def test_a_function_acts_as_its_execution_role(run: Any, sandbox: Sandbox, unique: str) -> None:
    arn = run("import boto3; return boto3.client('sts').get_caller_identity()['Arn']")
    assert arn.startswith(f"arn:aws:sts::{sandbox.accounts['dev']}:assumed-role/")
    assert arn.endswith(f"/{unique}")


@pytest.mark.parametrize(("allowed", "outcome"), [("iam:ListRoles", "done"), ("iam:ListUsers", "AccessDenied")])
def test_a_function_may_do_what_its_role_may(run: Any, allowed: str, outcome: str) -> None:
    body = (
        "import boto3, botocore.exceptions\n"
        "    try: boto3.client('iam').list_roles(); return 'done'\n"
        "    except botocore.exceptions.ClientError as error: return error.response['Error']['Code']"
    )
    assert run(body, {"Effect": "Allow", "Action": allowed, "Resource": "*"}) == outcome


@pytest.mark.parametrize(("qualifier", "version"), [("live", "1"), ("1", "1"), ("", "$LATEST")])
def test_a_function_knows_as_what_it_was_invoked(run: Any, qualifier: str, version: str, unique: str) -> None:
    seen = run("return [context.function_version, context.invoked_function_arn]", qualifier=qualifier)
    assert seen[0] == version
    assert seen[1].endswith(f":function:{unique}:{qualifier}" if qualifier else f":function:{unique}")


@pytest.mark.parametrize("again", ["update_function_code", "publish_version"])
def test_every_published_version_has_its_own_arn(
    as_root: Callable[[str, str], Any], published: str, again: str
) -> None:
    client, name = as_root("dev", "lambda"), published.rpartition(":")[2]
    client.update_function_configuration(FunctionName=name, Timeout=7)
    facts = {"ZipFile": zipped("2"), "Publish": True} if again == "update_function_code" else {}
    getattr(client, again)(FunctionName=name, **facts)
    listed = {
        one["Version"]: one["FunctionArn"] for one in client.list_versions_by_function(FunctionName=name)["Versions"]
    }
    assert listed.pop("$LATEST") in {published, f"{published}:$LATEST"}
    assert listed == {"1": f"{published}:1", "2": f"{published}:2"}
    assert client.get_function_configuration(FunctionName=name, Qualifier="1")["FunctionArn"] == f"{published}:1"
    assert client.get_function_configuration(FunctionName=name)["FunctionArn"] == published
