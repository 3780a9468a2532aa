"""What a key of `deploy:` may be is what AWS says it may be."""

from __future__ import annotations

import pytest

from deploy_project.keys import (
    RUN_KEYS,
    TARGET_KEYS,
    TOOLS_KEYS,
    Key,
    judged,
    shared,
    states_apart,
    tokens_said,
    unknown,
)
from deploy_project.stackfile import StackFile, parse

KEYS = {key.name: key for key in (*TOOLS_KEYS, *TARGET_KEYS, *RUN_KEYS)}


def file(*lines: str, name: str = "Pulumi.dev.yaml") -> StackFile:
    return parse(name, "\n".join(["config:", *(f"  {line}" for line in lines), ""]).encode())


def refused(key: str, value: str) -> str:
    """What is said of a value; empty when it is taken."""
    (one,) = [KEYS[f"deploy:{key}"]]
    return "; ".join(str(problem) for problem in judged(file(f"{one.name}: {value}"), [one])[1])


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("externalId", "ab"),
        ("externalId", "x" * 1224),
        ("externalId", "a+=,.@:/-_Z9"),
        ("stateBucket", "deploy.state.x"),
        ("stateBucket", "abc"),
        ("stateBucket", "x" * 63),
        ("stateKey", "alias/deploy/state_1"),
        ("region", "us-east-1"),
        ("region", "ap-southeast-7"),
        ("sessionDuration", "900"),
        ("sessionDuration", '"43200"'),
        ("deploymentRole", "x" * 64),
        ("agents", "ec2,oidc"),
        ("agentIssuer", "https://oidc.eks.eu-central-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE"),
        ("agentIssuer", "https://ci.example.com/oidc"),
        ("deploySubjects", "system:serviceaccount:jenkins:deploy"),
        ("deploySubjects", "https://ci.example.com/job/items/job/main/,https://ci.example.com/job/orders/"),
        ("agentAudience", "sts.amazonaws.com"),
    ],
)
def test_what_aws_takes_is_taken(key: str, value: str) -> None:
    assert refused(key, value) == ""


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("externalId", "a", "got a, expected 2 to 1224"),
        ("externalId", "x" * 1225, "expected 2 to 1224"),
        ("externalId", "yes", "got yes, expected 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -; not every YAML reads that as text"),
        ("externalId", "12:34:56", "put it in quotes"),
        ("externalId", "2026-11-23", "put it in quotes"),
        ("stateBucket", "a..b", "expected a bucket name"),
        ("stateBucket", "192.168.5.4", "expected a bucket name"),
        ("stateBucket", "xn--deploy", "expected a bucket name"),
        ("stateBucket", "deploy-s3alias", "expected a bucket name"),
        ("stateBucket", "Deploy", "expected a bucket name"),
        ("stateBucket", "x" * 64, "expected a bucket name"),
        ("stateKey", "alias/aws/s3", "not alias/aws/"),
        ("stateKey", "deploy-state", "expected a key alias"),
        ("agentIssuer", "http://ci.example.com", "expected an issuer's URL: https://"),
        ("agentIssuer", "https://ci.example.com:8443/oidc", "no port"),
        ("agentIssuer", "https://ci.example.com/", "no / at the end"),
        ("deploySubjects", "system:serviceaccount:jenkins:*", "a wildcard would let in whoever has a like name"),
        ("previewSubjects", '"repo?"', "write each one out"),
        ("previewSubjects", "${aws:username}", "none of * ? , $"),
        ("deploySubjects", '"a b"', "no space"),
        ("agentAudience", "one,other", "expected an audience"),
        ("region", "nowhere", "got nowhere, expected a region of the partition aws, such as eu-central-1"),
        ("region", "cn-north-1", "it is in the partition aws-cn, and ARNs are written arn:aws: here"),
        ("region", "eu-centrall-1", "did you mean eu-central-1?"),
        ("region", "eu-nowhere-1", "got eu-nowhere-1, expected a region of the partition aws, such as eu-central-1"),
        ("region", "aws-global", "got aws-global, expected a region"),
        ("region", "us-gov-west-1", "it is in the partition aws-us-gov,"),
        ("region", "us-iso-east-1", "it is in the partition aws-iso,"),
        ("region", "us-isob-east-1", "it is in the partition aws-iso-b,"),
        ("region", "eu-isoe-west-1", "it is in the partition aws-iso-e,"),
        ("region", "eusc-de-east-1", "it is in the partition aws-eusc,"),
        ("sessionDuration", "01800", "got 01800, expected 900 to 43200 (seconds); not every YAML reads that as the same value"),
        ("sessionDuration", "0o3410", "write it in decimal digits, without a 0 in front"),
        ("sessionDuration", "1_800", "write it in decimal digits"),
        ("sessionDuration", "30:00", "write it in decimal digits"),
        ("sessionDuration", '"01800"', "got 01800, expected 900"),
        ("sessionDuration", "on", "got on, expected 900"),
    ],
)  # fmt: skip
def test_what_aws_refuses_or_the_engine_reads_otherwise_is_refused(key: str, value: str, said: str) -> None:
    assert said in refused(key, value)


def test_what_may_be_left_out_has_aws_s_own_value_and_what_may_not_is_asked_for() -> None:
    values, problems = judged(file("deploy:bootstrapRole:"), TARGET_KEYS)
    assert values == {"deploy:bootstrapRole": "OrganizationAccountAccessRole", "deploy:sessionDuration": 3600}
    assert str(problems[0]) == "Pulumi.dev.yaml:1:1: deploy:account: missing, expected 12 digits in quotes"


def test_of_a_file_with_a_merge_key_nothing_else_is_judged() -> None:
    found = judged(parse("Pulumi.dev.yaml", b"x: &x {}\nconfig:\n  <<: *x\n"), TARGET_KEYS)[1]
    assert [problem.key for problem in found] == ["&x", "<<", "*x"]


def test_a_key_that_is_unknown_is_told_with_the_one_that_was_meant() -> None:
    stranger = file("deploy:acount: 1", "deploy:zzzzzzzzzzzzzzzzzzzzzz: 1", "other:zzz: 1")
    keys: list[Key] = [*TARGET_KEYS]
    hints = {problem.key: problem.what for problem in unknown(stranger, keys)}
    assert hints["deploy:acount"] == "unknown key; did you mean deploy:account?"
    assert hints["deploy:zzzzzzzzzzzzzzzzzzzzzz"].startswith(
        "unknown key; expected one of deploy:account, deploy:bootstrapRole"
    )
    assert {problem.key for problem in unknown(stranger, keys, namespace="deploy:")} == {
        "deploy:acount",
        "deploy:zzzzzzzzzzzzzzzzzzzzzz",
    }


def test_what_two_accounts_share_is_told_of_both() -> None:
    one, other, third = (
        file(f"deploy:externalId: {value}", name=f"Pulumi.{env}.yaml")
        for env, value in (("a", "same"), ("b", "same"), ("c", "own"))
    )
    assert [str(problem) for problem in shared([one, other, third], "deploy:externalId")] == [
        "Pulumi.a.yaml:2:3: deploy:externalId: got same, expected another than in Pulumi.b.yaml",
        "Pulumi.b.yaml:2:3: deploy:externalId: got same, expected another than in Pulumi.a.yaml",
    ]


def test_the_two_places_of_states_are_apart_even_where_one_of_them_is_derived() -> None:
    long = file(f"deploy:stateBucket: {'a' * 57}")
    values = {**judged(long, TOOLS_KEYS)[0]}
    assert [problem.what for problem in states_apart(long, values)] == [
        f"missing, expected a bucket name: {'a' * 57}-access would have 64 characters, and 63 are allowed"
    ]


ISSUER = "deploy:agentIssuer: https://ci.example.com/oidc"


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], []),
        (["deploy:agents: oidc", ISSUER, "deploy:deploySubjects: a,b", "deploy:previewSubjects: c"], []),
        (
            ["deploy:agents: ec2,oidc", "deploy:deploySubjects: a"],
            ["missing: deploy:agents says oidc", "missing: deploy:agents says oidc"],
        ),
        ([ISSUER], ["got https://ci.example.com/oidc, and deploy:agents does not say oidc"]),
        (
            ["deploy:agents: oidc", ISSUER, "deploy:deploySubjects: a,b", "deploy:previewSubjects: c,b"],
            ["got b, expected another than in deploy:deploySubjects: a pull request's agent would deploy"],
        ),
    ],
)
def test_what_tokens_say_is_said_where_agents_bring_them(lines: list[str], said: list[str]) -> None:
    tools = file(*lines)
    assert [problem.what for problem in tokens_said(tools, judged(tools, TOOLS_KEYS)[0])] == said
