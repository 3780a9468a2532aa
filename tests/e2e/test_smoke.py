"""What a service has to show once it is deployed: an answer, a command of the project's own, or nothing."""

from __future__ import annotations

import json
import sys
from typing import Any

from deploy_driver import remedies
from tests.carried import gone, printed
from tests.e2e.project import Project

SMOKE = """
import json, os, sys, urllib.request
import boto3

with open(os.environ["DEPLOY_OUTPUTS"], encoding="utf-8") as file:
    outputs = json.load(file)
with urllib.request.urlopen(outputs["url"] + "/health") as answer:
    print("answered by", json.load(answer)["stack"])
try:
    print("I am", boto3.client("sts").get_caller_identity()["Arn"])
except Exception as error:
    print("I am nobody:", type(error).__name__)
print("here:", sorted(name for name in os.listdir() if name == "deploy.toml"))
sys.exit(os.environ["DEPLOY_STACK"] not in sys.argv[1:])
"""
RINGS = """
[[rings]]
stacks = ["dev"]
soak = "3s"
alarms = ["{service}-{stack}-errors"]

[[rings]]
stacks = ["staging"]
"""
ALARM: dict[str, Any] = {
    "Namespace": "AWS/Lambda",
    "MetricName": "Errors",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}
BROKEN = "\nraise RuntimeError('broken')\n"


def test_a_command_of_the_project_says_whether_a_service_works(project: Project) -> None:
    (project.root / "smoke.py").write_text(SMOKE, "utf-8")
    toml = project.root / "deploy.toml"
    before = toml.read_text("utf-8")
    for env, works in (("dev", "dev"), ("staging", "prod")):
        command = json.dumps([sys.executable, "smoke.py", works])
        toml.write_text(f"{toml.read_text('utf-8')}\n[stacks.{env}.smoke]\ncommand = {command}\n", "utf-8")

    done = project.deploy("up", "--all", "--output", "json", "--junit", "junit.xml")
    assert done.code == 1, done
    dev, staging, prod = done.json["stacks"]
    assert (dev["result"], dev["smokeTest"]) == (
        "succeeded",
        {"check": "command", "asks": f"{sys.executable} smoke.py dev"},
    )
    assert "smoke.py dev ended with exit code 0: here: ['deploy.toml']" in done.err
    assert (staging["result"], staging["reason"]) == ("failed", "smoke test failed")
    assert "ended with exit code 1" in staging["cause"]
    assert "answered by staging" in staging["cause"]
    assert "I am nobody: NoCredentialsError" in staging["cause"]
    assert (prod["result"], prod["smokeTest"]) == ("not run", None)
    assert "smoke.py dev ended with exit code 0" in (project.root / "junit.xml").read_text("utf-8")

    toml.write_text(before + RINGS, "utf-8")
    an_alarm_keeps_the_next_ring_back(project)


def an_alarm_keeps_the_next_ring_back(project: Project) -> None:
    """Both stacks are to be changed, dev first, which soaks; an outsider decides what its alarm says."""

    def alarm(state: str) -> None:
        project.client("dev", "cloudwatch").set_alarm_state(
            AlarmName="items-dev-errors", StateValue=state, StateReason="9 errors a minute"
        )

    def memory(env: str) -> object:
        found = project.client(env, "lambda").get_function_configuration(FunctionName=f"items-{env}")
        return found["MemorySize"]

    up = ("up", "--stacks", "dev,staging", "--output", "json")
    for env in ("dev", "staging"):
        project.setting(env, "items:memory", "256")
    unread = project.deploy(*up)
    assert [stack["reason"] for stack in unread.json["stacks"]] == ["alarm", "an earlier stack"], unread
    assert "cloudwatch:DescribeAlarms" in unread.json["stacks"][0]["cause"]
    printed(remedies.POLICIES_OF_ROLES, unread.json["stacks"][0]["remedy"])
    assert project.deploy("bootstrap", "--stacks", "dev-access", "--yes").code == 0
    project.client("dev", "cloudwatch").put_metric_alarm(AlarmName="items-dev-errors", **ALARM)

    alarm("ALARM")
    kept = project.deploy(*up)
    assert [stack["reason"] for stack in kept.json["stacks"]] == ["alarm", "an earlier stack"], kept
    assert "the alarm items-dev-errors has gone off: 9 errors a minute" in kept.json["stacks"][0]["cause"]
    assert (memory("dev"), memory("staging")) == (256, 128)

    alarm("OK")
    _, resume = printed(remedies.ALARM_WENT_OFF, kept.json["stacks"][0]["remedy"]).commands
    done = project.deploy(*resume[1:], "--yes")
    assert done.code == 0, done
    gone(remedies.ALARM_WENT_OFF, done.err + done.out)
    assert "soak: nothing was wrong for 3.0 s" in done.err
    assert memory("staging") == 256


def test_a_service_that_need_not_answer_is_deployed_as_untested_and_one_that_has_to_is_not(project: Project) -> None:
    app = project.root / "infra" / "handler" / "app.py"
    app.write_text(app.read_text("utf-8") + BROKEN, "utf-8")
    toml = project.root / "deploy.toml"
    text = toml.read_text("utf-8").replace("[stacks.dev]", '[stacks.dev]\nsmoke = "none"')
    toml.write_text(text.replace('needs = ["dev"]', 'needs = ["dev"]\nsmoke-timeout = 3'), "utf-8")

    done = project.deploy("up", "--all")
    assert done.code == 1, done
    head, *rows = done.out.splitlines()
    dev, staging = (next(row for row in rows if row.startswith(f"{name} ")) for name in ("dev", "staging"))
    place = head.index("SMOKE TEST")
    assert (dev.split()[2], dev[place:].split()[0]) == ("succeeded", "none")
    assert (staging.split()[2], staging[place:].split()[0]) == ("failed", "health")
    assert 'no smoke test: deploy.toml says smoke = "none"' in done.err
    assert project.functions("prod") == []

    told = project.deploy("report", "latest", "--output", "json").json["stacks"]
    assert [stack["smokeTest"]["check"] for stack in told[:2]] == ["none", "health"]


def test_a_service_without_an_address_is_deployed_as_untested_unless_an_answer_is_asked_for(project: Project) -> None:
    program = project.root / "infra" / "__main__.py"
    exports = 'pulumi.export("url", api.url)\n'
    text = program.read_text("utf-8")
    assert exports in text
    program.write_text(text.replace(exports, ""), "utf-8")
    asked = project.deploy("up", "--stacks", "dev", "--output", "json")
    assert asked.code == 1, asked
    assert "the stack has no output `url` to ask for /health" in asked.json["stacks"][0]["cause"]

    toml = project.root / "deploy.toml"
    before, _, rest = toml.read_text("utf-8").partition("[smoke]")
    toml.write_text(before + rest[rest.index("# The order of deployment") :], "utf-8")
    unasked = project.deploy("up", "--stacks", "dev", "--output", "json")
    assert unasked.code == 0, unasked
    assert unasked.json["stacks"][0]["smokeTest"]["check"] == "none"
    assert "no smoke test: none is configured, and the stack has no output `url` to ask" in unasked.err
