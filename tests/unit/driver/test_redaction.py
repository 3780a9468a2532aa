"""Keys, tokens and values under telling names never come out; what stands around them does."""

from __future__ import annotations

import json

import pytest

from deploy_driver.record.redaction import one_line, readable, redact, under

KEY = "ASIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
TOKEN = "IQoJb3JpZ2luX2VjEJr//////////wEaDGV1LWNlbnRyYWwtMSJHMEUCIQ=="


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"key {KEY}.", "key [redacted]."),
        (f"x_{KEY}", "x_[redacted]"),
        (f"Credential%3D{KEY}%2F20261123", "Credential%3D[redacted]%2F20261123"),
        (repr(f"\n{KEY}\n"), "'\\n[redacted]\\n'"),
        (f"aws_secret_access_key = {SECRET}", "aws_secret_access_key = [redacted]"),
        (f"AWS_SECRET_ACCESS_KEY={SECRET} next", "AWS_SECRET_ACCESS_KEY=[redacted] next"),
        (f'{{"SecretAccessKey": "{SECRET}", "a": 1}}', '{"SecretAccessKey": "[redacted]", "a": 1}'),
        (json.dumps(json.dumps({"SecretAccessKey": SECRET})), r'"{\"SecretAccessKey\": \"[redacted]\"}"'),
        (f"<SecretAccessKey>{SECRET}</SecretAccessKey>", "<SecretAccessKey>[redacted]</SecretAccessKey>"),
        ("?X-Amz-Security-Token=abc%2F&X=1", "?X-Amz-Security-Token=[redacted]&X=1"),
        ("x-amz-security-token: abc", "x-amz-security-token: [redacted]"),
        ("sessionToken: 'abc'", "sessionToken: '[redacted]'"),
        (f"token {TOKEN}", "token [redacted]"),
        ("to postgres://app:hunter2@db:5432/items", "to postgres://app:[redacted]@db:5432/items"),
        ('{"url": "redis://:p@ss@cache/0"}', '{"url": "redis://:[redacted]@cache/0"}'),
    ],
)
def test_what_is_secret_is_masked_where_it_stands(text: str, said: str) -> None:
    assert redact(text) == said


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:iam::111111111111:role/jenkins-deploy",
        "AKIA is how a key begins",
        "ASIAN CUISINE AND AKIAS",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "the session token has expired",
        "items-dev-b42-20261123-0102-3f9a7c",
        "IQoJ and FwoG",
        "http://127.0.0.1:4566/items/a@b and ssh://git@host:22/x",
        "",
    ],
)
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


def test_a_value_under_a_telling_name_is_masked_whatever_it_looks_like() -> None:
    assert redact({"SecretAccessKey": "abc", "aws_session_token": "x", "sessionToken": "", "name": "abc"}) == {
        "SecretAccessKey": "[redacted]",
        "aws_session_token": "[redacted]",
        "sessionToken": "",
        "name": "abc",
    }


def test_everything_under_a_telling_name_is_masked_however_deep() -> None:
    assert redact({"session_token": {"a": ["x", 1], "b": ""}}) == {"session_token": {"a": ["[redacted]", 1], "b": ""}}


@pytest.mark.parametrize(
    "path",
    [
        "environment.variables.AWS_SECRET_ACCESS_KEY",
        'environment.variables["DB_PASSWORD"]',
        "masterUserSecret",
        "tokens[0].authToken",
        "login.password[0]",
        "privateKey",
        "github-api-key",
        "environment.variables.DB_PASS",
        "environment.variables.DATABASE_URL",
        "environment.variables.SIGNING_KEY",
        "environment.variables.PASSWORD2",
        "environment.variables.API_KEY_1",
        "dbPass",
    ],
)
def test_a_property_s_path_tells_what_its_values_are(path: str) -> None:
    shown = redact({"path": path, "kind": "update", "old": "abc", "new": {"deep": ["def"]}})
    assert shown == {"path": path, "kind": "update", "old": "[redacted]", "new": {"deep": ["[redacted]"]}}


@pytest.mark.parametrize(
    "path",
    [
        "secretsProvider",
        "tokenUrl",
        "kmsKeyId",
        "passwordPolicy.minimumLength",
        "name",
        "routeKey",
        "environment.variables.BYPASS",
        "environment.variables.BUCKET_URL",
        "PWD",
    ],
)
def test_any_other_property_s_values_stay(path: str) -> None:
    difference = {"path": path, "kind": "update", "old": "abc", "new": 3}
    assert redact(difference) == difference


@pytest.mark.parametrize("word", ["[secret]", "[unknown]", "", None])
def test_what_says_nothing_needs_no_mask(word: object) -> None:
    difference = {"path": "password", "kind": "update", "old": word, "new": word}
    assert redact(difference) == difference


def test_a_secret_may_also_be_a_name() -> None:
    assert redact({KEY: {KEY: 1}}) == {"[redacted]": {"[redacted]": 1}}


def test_what_is_no_text_stays_what_it_is() -> None:
    assert redact({"a": [1, 2.5, None, True], "b": (1,)}) == {"a": [1, 2.5, None, True], "b": [1]}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\n\ttext é ✓", "plain\n\ttext é ✓"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]8;;http://evil\x1b\\link", "link"),
        ("\x9b31mred", "31mred"),
        ("ring\x07 back\x08 return\r\n", "ring back return\n"),
        ("\u202eevil\u2066", "evil"),
        ("Jos\udce9 half \ud800", "Jos\ufffd half \ufffd"),
        ("\x1b\x1b[2J[2J", "[2J"),
        (f"{KEY[:4]}\x1b[0m{KEY[4:]}", "[redacted]"),
    ],
)
def test_nothing_in_a_text_moves_colours_rings_or_hides(text: str, shown: str) -> None:
    assert readable(text) == shown


def test_one_line_is_one_line() -> None:
    assert one_line(" a\n\n b\t\x1b[1mc \u2028d") == "a b c d"


@pytest.mark.parametrize(
    ("path", "value", "shown"),
    [
        ("environment.variables.DB_PASSWORD", "abc", "[redacted]"),
        ("environment.variables.DB_PASSWORD", None, None),
        ("environment.variables.DB_HOST", "abc", "abc"),
        ("environment.variables", {"API_KEY": "abc", "HOST": "abc"}, {"API_KEY": "[redacted]", "HOST": "abc"}),
        ("rules", [{"token": "abc", "on": True}], [{"token": "[redacted]", "on": True}]),
        ("token", "[secret]", "[secret]"),
        ("environment.variables.HARMLESS", "amqp://app:abc@mq", "amqp://app:[redacted]@mq"),
    ],
)
def test_a_property_s_path_says_whether_its_value_may_be_shown(path: str, value: object, shown: object) -> None:
    assert under(path, value) == shown
