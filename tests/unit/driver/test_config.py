"""A project's files become one DeployConfig, or all that is wrong with them is said at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

import pytest

from deploy_driver.config.load import NAMES_LIMIT, load
from deploy_driver.config.root import find_root
from deploy_driver.errors import ExitCode, UsageError
from deploy_driver.run.build_info import new_run_id, session_name
from deploy_driver.values import Cloud, CommandCheck, HealthCheck, Layer, Plugin, SmokeCheck
from deploy_driver.version import VERSION
from deploy_project.stackfile import StackFile, read
from deploy_project.written import Problem
from tests.samples import ACCESS_BACKEND, ACCOUNTS, BACKEND, DEPLOY_TOML, TOOLS_FILE, project, target_file

ASKING = f'{DEPLOY_TOML}\n[program]\nsettings-check = "program:problems"\n'


def problems(root: Path, environment: dict[str, str] | None = None, cloud: str | None = None) -> str:
    with pytest.raises(UsageError) as caught:
        load(root, environment or {}, cloud)
    assert caught.value.exit_code is ExitCode.USAGE
    return "\n".join(caught.value.detail)


def toml(tmp_path: Path, text: str) -> str:
    return problems(project(tmp_path, {"deploy.toml": text}))


def dev(tmp_path: Path, **replaced: str) -> Path:
    return project(tmp_path, {"Pulumi.dev.yaml": target_file("dev", **replaced)})


def test_a_whole_project_is_read(tmp_path: Path) -> None:
    config = load(project(tmp_path), {})
    assert config.project == "items"
    assert config.cloud is Cloud.SANDBOX
    assert [stack.name for stack in config.stacks] == [
        "tools",
        "dev-access",
        "dev",
        "staging-access",
        "staging",
        "prod-access",
        "prod",
    ]
    assert config.backend.bucket == "deploy-state-111111111111"
    assert config.backend.account == config.tools.account == "111111111111"
    prod = config.stack("prod")
    assert (prod.account, prod.needs, prod.max_deletes) == (ACCOUNTS["prod"], ("prod-access", "staging"), 0)
    assert prod.external_id == "items-prod-5f0c0e1b"
    assert config.sandbox_home == tmp_path / ".deploy/sandbox"


OF_DEPLOY_INFRA = {
    "settings_check": "deploy_infra.settings:problems",
    "documents": "deploy_infra.documents:documents",
    "needs": "deploy_infra.needs:needs",
    "inventory": "deploy_infra.inventory:inventory",
    "access_program": "deploy_infra.access:build",
}


def test_a_project_without_a_program_table_asks_the_functions_of_deploy_infra_and_each_is_there(tmp_path: Path) -> None:
    config = load(project(tmp_path), {})
    assert {field: getattr(config, field) for field in OF_DEPLOY_INFRA} == OF_DEPLOY_INFRA
    for entry in OF_DEPLOY_INFRA.values():
        module, name = entry.split(":")
        assert callable(getattr(import_module(module), name))


@pytest.mark.parametrize("field", OF_DEPLOY_INFRA)
def test_a_project_may_name_one_function_of_its_own_and_leave_the_others(tmp_path: Path, field: str) -> None:
    key = "access" if field == "access_program" else field.replace("_", "-")
    config = load(project(tmp_path, {"deploy.toml": f'{DEPLOY_TOML}[program]\n{key} = "own.file:{field}"\n'}), {})
    expected = {**OF_DEPLOY_INFRA, field: f"own.file:{field}"}
    assert {each: getattr(config, each) for each in OF_DEPLOY_INFRA} == expected


def test_both_stacks_of_an_account_are_read_from_one_file(tmp_path: Path) -> None:
    config = load(project(tmp_path), {})
    access, service = config.stack("dev-access"), config.stack("dev")
    assert access.file == service.file == tmp_path / "Pulumi.dev.yaml"
    assert (access.layer, service.layer) == (Layer.ACCESS, Layer.SERVICE)
    assert access.account == service.account


def test_the_states_of_access_layers_have_a_bucket_and_a_key_of_their_own(tmp_path: Path) -> None:
    config = load(project(tmp_path), {})
    assert {stack.backend for stack in config.layer(Layer.SERVICE)} == {config.backend} == {BACKEND}
    assert {stack.backend for stack in config.layer(Layer.ACCESS)} == {config.access_backend} == {ACCESS_BACKEND}
    own = TOOLS_FILE + "  deploy:accessStateBucket: safe\n  deploy:accessStateKey: alias/safe\n"
    said = load(project(tmp_path, {"Pulumi.tools.yaml": own}), {}).access_backend
    assert (said.bucket, said.key_alias) == ("safe", "alias/safe")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("accessStateBucket: deploy-state-111111111111", "another than deploy:stateBucket: Jenkins may use that"),
        ("accessStateKey: alias/deploy-state", "another than deploy:stateKey: Jenkins may use that"),
        ("accessStateKey: alias/deploy-plan", "another than deploy:planKey: Jenkins may use that"),
    ],
)
def test_a_bucket_or_key_of_jenkins_is_refused_for_the_states_of_access_layers(
    tmp_path: Path, line: str, said: str
) -> None:
    key, value = line.split(": ")
    told = problems(project(tmp_path, {"Pulumi.tools.yaml": f"{TOOLS_FILE}  deploy:{line}\n"}))
    assert told == f"Pulumi.tools.yaml:9:3: deploy:{key}: got {value}, expected {said}"


def test_a_bucket_name_too_long_to_be_derived_is_asked_for(tmp_path: Path) -> None:
    name = "a" * 57
    root = project(tmp_path, {"Pulumi.tools.yaml": TOOLS_FILE.replace("deploy-state-111111111111", name)})
    assert problems(root).startswith("Pulumi.tools.yaml:1:1: deploy:accessStateBucket: missing, expected a bucket name")
    exact = project(tmp_path, {"Pulumi.tools.yaml": TOOLS_FILE.replace("deploy-state-111111111111", name[1:])})
    assert len(load(exact, {}).access_backend.bucket) == 63


def test_gates_belong_to_the_service_stack_which_stands_on_access_which_stands_on_tools(tmp_path: Path) -> None:
    config = load(project(tmp_path), {})
    assert config.stack("prod-access").max_deletes == config.tools.max_deletes == 0
    assert config.stack("prod-access").needs == ("tools",)
    assert config.stack("dev").needs == ("dev-access",)


@pytest.mark.parametrize(
    ("flag", "environment", "cloud"),
    [
        (None, {}, Cloud.SANDBOX),
        (None, {"DEPLOY_CLOUD": "aws"}, Cloud.AWS),
        (None, {"DEPLOY_CLOUD": ""}, Cloud.SANDBOX),
        ("aws", {"DEPLOY_CLOUD": "sandbox"}, Cloud.AWS),
        ("sandbox", {"DEPLOY_CLOUD": "nonsense"}, Cloud.SANDBOX),
    ],
)
def test_a_flag_goes_before_the_environment_and_that_before_the_file(
    tmp_path: Path, flag: str | None, environment: dict[str, str], cloud: Cloud
) -> None:
    assert load(project(tmp_path), environment, flag).cloud is cloud


def test_a_cloud_that_does_not_exist_is_named_with_its_source(tmp_path: Path) -> None:
    root = project(tmp_path)
    assert problems(root, cloud="gcp") == "--cloud: got 'gcp', expected aws or sandbox"
    assert problems(root, cloud="") == "--cloud: got '', expected aws or sandbox"
    assert problems(root, {"DEPLOY_CLOUD": "AWS"}) == "DEPLOY_CLOUD: got 'AWS', expected aws or sandbox"


@pytest.mark.parametrize(
    ("said", "home"), [("/elsewhere/box", "/elsewhere/box"), ("box", "box"), ("", ".deploy/sandbox")]
)
def test_the_sandbox_home_may_be_said_by_the_environment_and_is_never_the_project_itself(
    tmp_path: Path, said: str, home: str
) -> None:
    assert load(project(tmp_path), {"DEPLOY_SANDBOX_HOME": said}).sandbox_home == tmp_path / home


@pytest.mark.parametrize(
    ("table", "environment", "cloud", "plugin"),
    [
        ("", {}, None, Plugin.STAND_IN),
        ("", {"DEPLOY_PLUGIN": "real"}, None, Plugin.REAL),
        ("", {"DEPLOY_PLUGIN": ""}, None, Plugin.STAND_IN),
        ('plugin = "real"', {}, None, Plugin.REAL),
        ('plugin = "real"', {"DEPLOY_PLUGIN": "stand-in"}, None, Plugin.STAND_IN),
        ('plugin = "stand-in"', {"DEPLOY_PLUGIN": "stand-in"}, "aws", Plugin.REAL),
    ],
)
def test_the_stand_in_runs_in_the_sandbox_unless_it_is_asked_otherwise_and_never_on_aws(
    tmp_path: Path, table: str, environment: dict[str, str], cloud: str | None, plugin: Plugin
) -> None:
    root = project(tmp_path, {"deploy.toml": f"{DEPLOY_TOML}\n[sandbox]\n{table}\n"})
    assert load(root, environment, cloud).plugin is plugin


def test_a_plugin_that_does_not_exist_is_named_with_its_source(tmp_path: Path) -> None:
    root = project(tmp_path, {"deploy.toml": f'{DEPLOY_TOML}\n[sandbox]\nplugin = "fake"\n'})
    assert "deploy.toml: sandbox.plugin: got 'fake', expected 'stand-in' or 'real'" in problems(root)
    assert problems(project(tmp_path), {"DEPLOY_PLUGIN": "fake"}) == (
        "DEPLOY_PLUGIN: got 'fake', expected stand-in or real"
    )


def test_every_problem_of_every_file_is_said_at_once(tmp_path: Path) -> None:
    said = problems(
        project(
            tmp_path,
            {
                "deploy.toml": DEPLOY_TOML + 'smoke-timeout = 5\n[stacks.qa]\nneeds = ["dve"]\n',
                "Pulumi.yaml": "runtime: python\n",
                "Pulumi.tools.yaml": TOOLS_FILE.replace("alias/deploy-state", "deploy-state"),
                "Pulumi.dev.yaml": target_file("dev", account="222222222222", externalId="x"),
                "Pulumi.staging.yaml": target_file("staging", region="", previewRole='"a role"'),
                "Pulumi.prod.yaml": target_file("prod", sessionDuration="60"),
            },
        ),
        cloud="moon",
    )
    for expected in (
        "Pulumi.tools.yaml:8:3: deploy:stateKey: got deploy-state, expected a key alias: alias/ and 1 to 250 of",
        "Pulumi.dev.yaml:2:3: deploy:account: got the number 222222222222, expected 12 digits in quotes",
        "Pulumi.dev.yaml:7:3: deploy:externalId: got x, expected 2 to 1224 of A-Z a-z 0-9 _ + = , . @ : / -",
        "Pulumi.staging.yaml:1:1: deploy:region: missing, expected a region of the partition aws, such as eu-central-1",
        "Pulumi.staging.yaml:5:3: deploy:previewRole: got a role, expected a role name",
        "Pulumi.prod.yaml:8:3: deploy:sessionDuration: got the number 60, expected 900 to 43200 (seconds)",
        "Pulumi.qa.yaml:1:1: no such file, though it says everything about the account qa",
        "deploy.toml: stacks.qa.needs: got 'dve', expected one of dev, staging, prod, qa",
        "Pulumi.yaml:1:1: name: missing, expected a project's name",
        "--cloud: got 'moon'",
    ):
        assert expected in said


def test_a_merge_that_nobody_resolved_is_named_with_its_line(tmp_path: Path) -> None:
    both = "<<<<<<< HEAD\n  items:memory: 128\n=======\n  items:memory: 256\n>>>>>>> main\n"
    line = DEPLOY_TOML.count("\n") + 1
    said = toml(tmp_path / "settings", DEPLOY_TOML + both)
    assert said == f"deploy.toml:{line}: a merge conflict, expected what both sides come to"
    said = problems(project(tmp_path / "stack", {"Pulumi.dev.yaml": f"config:\n{both}"}))
    assert "Pulumi.dev.yaml:2:1: a merge conflict, expected what both sides come to" in said


def test_a_byte_order_mark_says_nothing(tmp_path: Path) -> None:
    root = project(tmp_path)
    for name in ("deploy.toml", "Pulumi.yaml", "Pulumi.dev.yaml"):
        (root / name).write_bytes(b"\xef\xbb\xbf" + (root / name).read_bytes())
    assert [stack.name for stack in load(root, {}).stacks] == [
        stack.name for stack in load(project(tmp_path / "plain"), {}).stacks
    ]


def test_a_broken_deploy_toml_does_not_hide_the_other_files(tmp_path: Path) -> None:
    said = problems(project(tmp_path, {"deploy.toml": "cloud = ", "Pulumi.tools.yaml": None, "Pulumi.yaml": None}))
    assert "deploy.toml: not TOML: Invalid value (at end of document)" in said
    assert "Pulumi.tools.yaml:1:1: no such file, though it says where Jenkins lives" in said
    assert "Pulumi.yaml: cannot be read: No such file or directory" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[stacks.dev]\n", 'deploy.toml: cloud: missing, expected "aws" or "sandbox"'),
        ('cloud = "sandbox"\n', "deploy.toml: stacks: missing, expected a table [stacks.NAME] for each service stack"),
        ('cloud = "azure"\n[stacks.dev]\n', "deploy.toml: cloud: got 'azure', expected 'aws' or 'sandbox'"),
        (DEPLOY_TOML + 'aprove = "yes"\n', "deploy.toml: stacks.prod.aprove: unknown key; did you mean approve?"),
        (DEPLOY_TOML + "xyz = 1\n", "deploy.toml: stacks.prod.xyz: unknown key; expected one of needs, approve, "),
        ("colour = 1\n" + DEPLOY_TOML, "deploy.toml: colour: unknown key"),
        ("clod = 1\n" + DEPLOY_TOML, "deploy.toml: clod: unknown key; did you mean cloud?"),
        (DEPLOY_TOML + 'approve = "yes"\n', "deploy.toml: stacks.prod.approve: got 'yes', expected a valid boolean"),
        (DEPLOY_TOML + "approve = 1\n", "deploy.toml: stacks.prod.approve: got 1, expected a valid boolean"),
        (DEPLOY_TOML.replace("= 0", "= true"), "stacks.prod.max-deletes: got True, expected a valid integer"),
        (DEPLOY_TOML.replace("= 0", "= -1"), "stacks.prod.max-deletes: got -1, expected greater than or equal to 0"),
        (DEPLOY_TOML.replace("= 0", '= "3"'), "stacks.prod.max-deletes: got '3', expected a valid integer"),
        (DEPLOY_TOML + "smoke-timeout = 0\n", "stacks.prod.smoke-timeout: got 0, expected greater than or equal to 1"),
        (DEPLOY_TOML + "smoke_timeout = 5\n", "stacks.prod.smoke_timeout: unknown key; did you mean smoke-timeout?"),
        (DEPLOY_TOML.replace('["dev"]', '"dev"'), "stacks.staging.needs: got 'dev', expected a list"),
        (DEPLOY_TOML.replace('["dev"]', "[1]"), "stacks.staging.needs.0: got 1, expected a valid string"),
        (DEPLOY_TOML + "[program]\ndocuments = 'os.system'\n", "got 'os.system', expected package.module:function"),
        (DEPLOY_TOML + "[program]\ndocuments = 'a:b\\n'\n", "expected package.module:function"),
        (DEPLOY_TOML + "[stacks.dev]\n", "deploy.toml: not TOML"),
        ("stacks = 3\ncloud = 'aws'\n", "deploy.toml: stacks: got 3, expected a table"),
    ],
)
def test_what_deploy_toml_may_not_say(tmp_path: Path, text: str, said: str) -> None:
    assert said in toml(tmp_path, text)


EXPECT = '[smoke.expect]\naccount = "{account}"\nok = true\n'
PYTEST = 'command = ["pytest", "-q", "smoke/"]\n'


@pytest.mark.parametrize(
    ("of_all", "of_prod", "of_others", "prod"),
    [
        ("", "", HealthCheck(), HealthCheck()),
        ("[smoke]\n", "", HealthCheck(configured=True), HealthCheck(configured=True)),
        (
            '[smoke]\nhealth = "/status"\nstatus = 204\n' + EXPECT,
            'smoke = "none"\n',
            HealthCheck("/status", 204, (("account", "{account}"), ("ok", True)), configured=True),
            None,
        ),
        (
            EXPECT,
            "[stacks.prod.smoke]\n" + PYTEST,
            HealthCheck(expect=(("account", "{account}"), ("ok", True)), configured=True),
            CommandCheck(("pytest", "-q", "smoke/")),
        ),
        (
            "[smoke]\n" + PYTEST,
            '[stacks.prod.smoke]\nhealth = "/"\n',
            CommandCheck(("pytest", "-q", "smoke/")),
            HealthCheck("/", configured=True),
        ),
        ("", 'smoke = { command = ["true"] }\n', HealthCheck(), CommandCheck(("true",))),
        ('smoke = "none"\n', 'smoke = { health = "/health" }\n', None, HealthCheck(configured=True)),
    ],
)
def test_a_stack_has_its_own_smoke_test_or_that_of_all_or_its_health_where_it_has_an_address(
    tmp_path: Path, of_all: str, of_prod: str, of_others: SmokeCheck, prod: SmokeCheck
) -> None:
    text = f"{of_all}{DEPLOY_TOML}{of_prod}" if of_all.startswith("smoke") else f"{DEPLOY_TOML}{of_prod}{of_all}"
    config = load(project(tmp_path, {"deploy.toml": text}), {})
    assert (config.stack("dev").smoke, config.stack("prod").smoke) == (of_others, prod)
    assert config.stack("staging").smoke == of_others


@pytest.mark.parametrize("smoke_is", ["[smoke]\n", "[stacks.prod.smoke]\n"])
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('health = "health"\n', "health: got 'health', expected a path, such as /health"),
        ('health = "/a b"\n', "health: got '/a b', expected a path"),
        ("status = 199\n", "status: got 199, expected greater than or equal to 200"),
        ('status = "200"\n', "status: got '200', expected a valid integer"),
        ("expect = 3\n", "expect: got 3, expected a table"),
        ("expect.ok = 1.5\n", "expect.ok: got 1.5, expected a text, a whole number, true or false"),
        ("expect.ok = []\n", "expect.ok: got [], expected a text, a whole number, true or false"),
        (
            'expect.version = "{verison}"\n',
            "expect.version: got '{verison}', expected no placeholders but {stack}, {account}, {version}",
        ),
        ('command = "pytest"\n', "command: got 'pytest', expected a list"),
        ("command = []\n", "command: got [], expected a program and its arguments"),
        ('command = [""]\n', "command: got [''], expected a program and its arguments"),
        ('command = ["a", "\\u0000"]\n', "expected a program and its arguments"),
        ("command = [1]\n", "command.0: got 1, expected a valid string"),
        ("comand = []\n", "comand: unknown key; did you mean command?"),
        ("timeout = 3\n", "timeout: unknown key; expected one of health, status, expect, command"),
        ('command = ["a"]\nstatus = 200\n', "expected `command` alone, or without it `status`"),
    ],
)
def test_what_a_smoke_test_may_not_be_is_named_with_its_key(
    tmp_path: Path, smoke_is: str, text: str, said: str
) -> None:
    found = toml(tmp_path, f"{DEPLOY_TOML}{smoke_is}{text}")
    assert found.startswith(f"deploy.toml: {smoke_is.strip()[1:-1]}")
    assert said in found


@pytest.mark.parametrize("value", ['"health"', "false", "[]"])
def test_a_smoke_test_is_a_table_or_none(tmp_path: Path, value: str) -> None:
    assert "smoke: got" in toml(tmp_path, f"smoke = {value}\n{DEPLOY_TOML}")
    assert 'expected "none" or a table' in toml(tmp_path, f"{DEPLOY_TOML}smoke = {value}\n")


def test_a_stack_may_be_called_smoke(tmp_path: Path) -> None:
    said = toml(tmp_path, DEPLOY_TOML + "[stacks.smoke]\napprove = true\ncommand = 1\n")
    assert "stacks.smoke.command: unknown key; expected one of needs, approve" in said


def test_all_that_is_wrong_in_deploy_toml_is_said_at_once(tmp_path: Path) -> None:
    said = toml(tmp_path, 'cloud = "x"\nother = 1\n[stacks.dev]\napprove = 3\n[stacks.qa]\nmax-deletes = -2\n')
    assert [line.split(":")[1].strip() for line in said.splitlines()[:4]] == [
        "cloud",
        "stacks.dev.approve",
        "stacks.qa.max-deletes",
        "other",
    ]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "dev/../prod", "Dev", "dev_1", "-dev", "dev-", "d\x1b[31mev", "dév", "", "a" * 21]
)
def test_hostile_stack_names_are_refused_before_they_name_a_file(tmp_path: Path, name: str) -> None:
    quoted = name.replace("\x1b", "\\u001b")
    said = toml(tmp_path, f'cloud = "sandbox"\n[stacks."{quoted}"]\n')
    assert f"got {name!r}, expected a stack's name: a-z 0-9 and single hyphens, 20 at most" in said
    assert "no such file, though it says everything about" not in said


@pytest.mark.parametrize("name", ["tools", "dev-access"])
def test_names_of_access_stacks_are_not_service_stacks(tmp_path: Path, name: str) -> None:
    assert "expected a service stack" in toml(tmp_path, f'cloud = "sandbox"\n[stacks.{name}]\n')


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("account", "222222222222", "the number 222222222222, expected 12 digits in quotes"),
        ("account", '"22222222222"', "22222222222, expected 12 digits in quotes"),
        ("account", '"٢٢٢٢٢٢٢٢٢٢٢٢"', "٢٢٢٢٢٢٢٢٢٢٢٢"),
        ("account", '"222222222222\\n"', "'222222222222\\n'"),
        ("region", "Frankfurt", "Frankfurt"),
        ("region", "eu-central-٢", "eu-central-٢"),
        ("deploymentRole", "arn:aws:iam::222222222222:role/x", "arn:aws:iam::222222222222:role/x"),
        ("deploymentRole", "rôle", "rôle"),
        ("deploymentRole", f"{'x' * 65}", "xxx"),
        ("previewRole", "[a, b]", "a list"),
        (
            "previewRole",
            "items-dev-deployment",
            "items-dev-deployment, expected another role than deploy:deploymentRole",
        ),
        ("bootstrapRole", '""', "''"),
        ("externalId", "a b", "a b"),
        ("externalId", "true", "true"),
        ("sessionDuration", "43201", "the number 43201"),
        ("sessionDuration", "899", "the number 899"),
        ("sessionDuration", "true", "true"),
        ("sessionDuration", "3600.0", "3600.0, expected 900 to 43200 (seconds); not every YAML reads that"),
        ("sessionDuration", '"an hour"', "an hour"),
    ],
)
def test_what_a_stack_file_may_not_say(tmp_path: Path, key: str, value: str, shown: str) -> None:
    said = problems(dev(tmp_path, **{key: value}))
    assert said.startswith("Pulumi.dev.yaml:")
    assert f"deploy:{key}: got {shown}" in said


@pytest.mark.parametrize(
    ("key", "value"),
    [("sessionDuration", "900"), ("sessionDuration", '"43200"'), ("externalId", "ab"), ("region", "ap-southeast-2")],
)
def test_what_a_stack_file_may_say(tmp_path: Path, key: str, value: str) -> None:
    load(dev(tmp_path, **{key: value}), {})


def test_a_duration_is_a_number_however_it_was_written(tmp_path: Path) -> None:
    assert load(dev(tmp_path, sessionDuration='"7200"'), {}).stack("dev").session_duration == 7200


def test_what_may_be_left_out_is_what_aws_makes_by_itself(tmp_path: Path) -> None:
    stack = load(dev(tmp_path, bootstrapRole="", sessionDuration=""), {}).stack("dev")
    assert stack.bootstrap_role == "OrganizationAccountAccessRole"
    assert stack.session_duration == 3600


def test_the_program_s_own_settings_are_not_the_driver_s_business(tmp_path: Path) -> None:
    load(project(tmp_path, {"Pulumi.dev.yaml": target_file("dev") + "  items:memory: lots\n  other:key: 1\n"}), {})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Pulumi.dev.yaml:1:1: config: missing, expected a mapping of settings"),
        ("config: [1]\n", "Pulumi.dev.yaml:1:1: config: missing"),
        ("- config\n", "Pulumi.dev.yaml:1:1: config: missing"),
        ("config:\n", "Pulumi.dev.yaml:1:1: config: missing"),
        ("config:\n  a: [1\n  b: 2\n", "Pulumi.dev.yaml:3:4: not YAML: "),
        (
            "config:\n  deploy:region: eu-central-1\n  deploy:region: eu-west-1\n",
            "Pulumi.dev.yaml:3:3: deploy:region: given twice, expected it in line 2 only",
        ),
        ("config: {a: \x00}\n", "Pulumi.dev.yaml:1:13: not YAML: unacceptable character"),
        ("config: &a {x: 2026-99-99}\n", "Pulumi.dev.yaml"),
        ("--- 1\n--- 2\n", "Pulumi.dev.yaml:2:1: not YAML: "),
        ("config: " + "[" * 400, "Pulumi.dev.yaml"),
        (b"config:\n  deploy:region: \xff\xfe\n", "Pulumi.dev.yaml:2:18: not text in UTF-8: invalid start byte"),
        (
            "x: &m {deploy:region: mars}\nconfig:\n  <<: *m\n  a: 1\n",
            "Pulumi.dev.yaml:3:3: <<: a YAML merge key, expected the keys themselves",
        ),
    ],
)
def test_files_that_are_no_stack_files(tmp_path: Path, text: str | bytes, said: str) -> None:
    assert said in problems(project(tmp_path, {"Pulumi.dev.yaml": text}))


def test_a_deploy_toml_that_is_not_text(tmp_path: Path) -> None:
    assert "deploy.toml: not TOML: 'utf-8' codec" in problems(project(tmp_path, {"deploy.toml": b"\xff\xfe"}))


def test_two_stacks_may_share_an_account_and_each_is_entered_by_roles_of_its_own(tmp_path: Path) -> None:
    shared = target_file("staging", account='"222222222222"')
    root = project(tmp_path, {"Pulumi.staging.yaml": shared})
    assert {stack.account for stack in load(root, {}).stacks if stack.env in {"dev", "staging"}} == {"222222222222"}
    alike = shared.replace("items-staging-deployment", "items-dev-deployment")
    assert alike != shared
    said = problems(project(tmp_path / "b", {"Pulumi.staging.yaml": alike}))
    assert "deploy:deploymentRole: got items-dev-deployment, expected another than in Pulumi.staging.yaml" in said
    elsewhere = target_file("staging").replace("items-staging-deployment", "items-dev-deployment")
    assert load(project(tmp_path / "c", {"Pulumi.staging.yaml": elsewhere}), {})


def test_no_stack_lives_where_jenkins_does(tmp_path: Path) -> None:
    tools = target_file("dev", account='"111111111111"')
    said = problems(project(tmp_path, {"Pulumi.dev.yaml": tools}))
    assert "deploy:account: got 111111111111, expected another than in Pulumi.tools.yaml" in said


def test_what_the_program_finds_is_told_in_the_same_run_in_order_of_lines(tmp_path: Path) -> None:
    text = target_file("dev", region="nowhere") + "  items:memory: 7\n"
    root = project(tmp_path, {"deploy.toml": ASKING, "Pulumi.dev.yaml": text, "Pulumi.prod.yaml": None})

    def program(entry: str, folder: Path, stacks: Sequence[str]) -> list[Problem]:
        assert (entry, folder, stacks) == ("program:problems", root, ("tools", "dev", "staging", "prod"))
        file = read(root / "Pulumi.dev.yaml")
        region = file.problem(
            "deploy:region", "got nowhere, expected a region of the partition aws, such as eu-central-1"
        )
        return [file.problem("items:memory", "got 7, expected 128"), region]

    with pytest.raises(UsageError) as caught:
        load(root, {}, ask=program)
    assert [line.split(": ")[:2] for line in caught.value.detail] == [
        ["Pulumi.dev.yaml:3:3", "deploy:region"],
        ["Pulumi.dev.yaml:10:3", "items:memory"],
        [
            "Pulumi.prod.yaml:1:1",
            (
                "no such file, though it says everything about the account prod; "
                "write one that begins with `config:`, and every key that it must have is named"
            ),
        ],
    ]


def test_a_program_that_cannot_be_asked_hides_nothing(tmp_path: Path) -> None:
    def program(entry: str, folder: Path, stacks: Sequence[str]) -> list[Problem]:
        raise UsageError("it is not there", where=f"{folder.name}: {entry}: {len(stacks)}")

    text = target_file("dev", region="nowhere")
    root = project(tmp_path / "items", {"deploy.toml": ASKING, "Pulumi.dev.yaml": text})
    with pytest.raises(UsageError) as caught:
        load(root, {}, ask=program)
    assert caught.value.detail[0] == "items: program:problems: 4: it is not there"
    assert caught.value.detail[1].startswith("Pulumi.dev.yaml:3:3: deploy:region")


def test_a_program_is_not_asked_where_all_is_well(tmp_path: Path) -> None:
    def program(_entry: str, _folder: Path, _stacks: Sequence[str]) -> list[Problem]:
        raise AssertionError("nobody asks")

    load(project(tmp_path, {"deploy.toml": ASKING}), {}, ask=program)


def test_every_file_of_sixty_accounts_is_read_once(tmp_path: Path) -> None:
    envs = [f"env{number}" for number in range(60)]
    files: dict[str, str | bytes | None] = {
        f"Pulumi.{env}.yaml": target_file("dev", account=f'"{number:012}"', externalId=f"id-{env}")
        for number, env in enumerate(envs)
    }
    toml = 'cloud = "sandbox"\n' + "".join(f"[stacks.{env}]\n" for env in envs)
    reads: Counter[str] = Counter()

    def counted(path: Path) -> StackFile:
        reads[path.name] += 1
        return read(path)

    config = load(project(tmp_path, files | {"deploy.toml": toml}), {}, reader=counted)
    assert len(config.stacks) == 121
    assert reads == dict.fromkeys(["Pulumi.tools.yaml", *files], 1)


@pytest.mark.parametrize("name", ["it/ems", "[items]", '"a\\n"', "pröject", "3"])
def test_what_a_project_may_not_be_called(tmp_path: Path, name: str) -> None:
    assert "Pulumi.yaml:1:1: name: got" in problems(project(tmp_path, {"Pulumi.yaml": f"name: {name}\n"}))


@pytest.mark.parametrize("text", ["name: [", "name: \x00", "- name\n", "", 'name: ""'])
def test_a_project_file_that_is_none(tmp_path: Path, text: str) -> None:
    assert "Pulumi.yaml:1:" in problems(project(tmp_path, {"Pulumi.yaml": text}))


def test_project_and_stack_names_leave_room_for_the_run_in_a_session_name(tmp_path: Path) -> None:
    longest = "p" * (NAMES_LIMIT - len("staging"))
    root = project(tmp_path / "fits", {"Pulumi.yaml": f"name: {longest}\n"})
    run = new_run_id(0)
    name = session_name(load(root, {}).project, "staging", "b123456", run)
    assert len(name) == 64
    assert name == f"{longest}-staging-b-{run}"
    said = problems(project(tmp_path / "too-long", {"Pulumi.yaml": f"name: {longest}p\n"}))
    assert "expected at most 40 characters together with the stack's name 'staging'" in said


def test_the_project_is_found_from_any_folder_inside_it(tmp_path: Path) -> None:
    root = project(tmp_path / "project")
    inside = root / "a" / "b"
    inside.mkdir(parents=True)
    assert find_root(inside) == root


def test_outside_a_project_there_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no deploy\.toml here or in any folder above") as caught:
        find_root(tmp_path)
    assert "--project" in caught.value.remedy


RULE = '[[drift.ignore]]\nurn = "urn:pulumi:dev::*"\nproperty = "tags.*"\nowner = "ada"\nreason = "why"\nexpires = 2027-01-31\n'


def test_a_rule_that_ignores_drift_is_read(tmp_path: Path) -> None:
    (rule,) = load(project(tmp_path, {"deploy.toml": DEPLOY_TOML + RULE}), {}).drift_ignore
    assert (rule.owner, rule.expires.isoformat()) == ("ada", "2027-01-31")


@pytest.mark.parametrize(
    ("line", "replaced", "said"),
    [
        ('owner = "ada"\n', "", "deploy.toml: drift.ignore.0.owner: missing, expected who answers for it"),
        ('reason = "why"', 'reason = " "', "deploy.toml: drift.ignore.0.reason: got ' ', expected why it is as it is"),
        ("expires = 2027-01-31", 'expires = "soon"', "deploy.toml: drift.ignore.0.expires: got 'soon'"),
        ("owner", "ownr", "deploy.toml: drift.ignore.0.ownr: unknown key; did you mean owner?"),
    ],
)
def test_a_rule_that_ignores_drift_names_owner_reason_and_end(
    tmp_path: Path, line: str, replaced: str, said: str
) -> None:
    with pytest.raises(UsageError) as refused:
        load(project(tmp_path, {"deploy.toml": DEPLOY_TOML + RULE.replace(line, replaced)}), {})
    assert said in str(refused.value)


SECRET = "  items:token:\n    secure: v1:x:y\n"
KEY = "awskms://alias/deploy-state?region=eu-central-1"


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (
            "encryptionsalt: v1:x\n",
            ":1:1: encryptionsalt: a passphrase encrypts the secrets, and no run is given one: remove it",
        ),
        ("secretsprovider: passphrase\n", ":1:1: secretsprovider: got passphrase, expected the key of the state, "),
        (
            "\nsecretsprovider: awskms://alias/mine?region=eu-central-1\nencryptedkey: x\n",
            (
                ":2:1: secretsprovider: got awskms://alias/mine?region=eu-central-1, expected the key of the state, "
                "awskms://alias/deploy-state: remove it and every value that is `secure:`, and set those with `deploy config set"
            ),
        ),
        ("", ":10:3: items:token: a secret, and nothing in the file says what decrypts it: set it again"),
    ],
)
def test_secrets_under_another_key_than_the_states_are_refused_with_their_line(
    tmp_path: Path, head: str, said: str
) -> None:
    text = f"{head}{target_file('dev')}{SECRET}"
    assert f"Pulumi.dev.yaml{said}" in problems(project(tmp_path, {"Pulumi.dev.yaml": text}))


@pytest.mark.parametrize("tail", [SECRET, SECRET.replace("items:token:", "items:nested: {a: 1}\n  items:token:"), ""])
def test_secrets_under_the_key_of_the_state_are_taken(tmp_path: Path, tail: str) -> None:
    text = f"secretsprovider: {KEY}\nencryptedkey: x\n{target_file('dev')}{tail}"
    assert load(project(tmp_path, {"Pulumi.dev.yaml": text}), {}).stack("dev").file.name == "Pulumi.dev.yaml"


def test_a_secret_inside_a_setting_is_one_too(tmp_path: Path) -> None:
    text = target_file("dev") + "  items:tokens: [plain, {secure: v1:x}]\n"
    assert "items:tokens: a secret, and nothing" in problems(project(tmp_path, {"Pulumi.dev.yaml": text}))


@pytest.mark.parametrize(
    ("runtime", "refused"),
    [("python", False), ("{name: python}", False), ("nodejs", True), ("{name: go}", True)],
)
def test_a_program_in_another_language_is_refused(tmp_path: Path, runtime: str, refused: bool) -> None:
    root = project(tmp_path, {"Pulumi.yaml": f"name: items\nmain: infra\nruntime: {runtime}\n"})
    if refused:
        assert "Pulumi.yaml:3:1: runtime: got " in problems(root)
        assert "expected python: `deploy` runs programs in Python" in problems(root)
    else:
        assert load(root, {}).project == "items"


@pytest.mark.parametrize("versions", [f"=={VERSION}", ">=0.0.1", "~=0.1", ">=0.1,<1", ">=0.1.0.dev1", ""])
def test_a_deploy_that_the_project_asks_for_reads_it(tmp_path: Path, versions: str) -> None:
    assert load(project(tmp_path, {"deploy.toml": f'requires = "{versions}"\n{DEPLOY_TOML}'}), {}).project == "items"


@pytest.mark.parametrize("more", ["", "key-of-a-later-version = 1\n"])
def test_another_deploy_is_refused_before_the_rest_of_the_file_is_judged(tmp_path: Path, more: str) -> None:
    (line,) = toml(tmp_path, f'requires = ">=99,<100"\n{more}{DEPLOY_TOML}').splitlines()
    assert line.startswith(f"deploy.toml: requires: this is deploy {VERSION}, expected ")
    assert ">=99" in line


@pytest.mark.parametrize("value", ['"0.5"', '">=a"', "5", "[]", '"latest"'])
def test_what_is_no_range_of_versions_is_refused(tmp_path: Path, value: str) -> None:
    assert "deploy.toml: requires: got " in toml(tmp_path, f"requires = {value}\n{DEPLOY_TOML}")
