"""The real engine with this plugin: up, nothing to do, a change, drift, a replacement, an import, a refusal, destroy."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from deploy_driver.adapters.engine.call import quiet_sdk
from deploy_sandbox.plugin.launcher import write_launcher
from deploy_toolchain.engine import find_engine
from deploy_toolchain.search import Search
from tests.contract.plugin.program import program

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from deploy_sandbox.accounts import Sandbox

pytestmark = [
    pytest.mark.sandbox,
    pytest.mark.engine,
    pytest.mark.filterwarnings("ignore::DeprecationWarning:pulumi_aws"),  # importing it names its own deprecations
]


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path, unique: str) -> Callable[..., Any]:
    """`run("up", memory=256, refresh=True)`: one operation on the stack, whose program has these facts."""
    import sys
    from pathlib import Path

    from pulumi import automation as auto

    quiet_sdk()  # a program that the engine abandons complains when it is collected, in whichever test that is
    pulumi_home, state, code, commands = (tmp_path / name for name in ("home", "state", "app.py", "bin"))
    for folder in (state, commands):
        folder.mkdir()
    code.write_text("def answer(*_): return 1")
    write_launcher(pulumi_home / "plugins", Path(sys.executable))
    (commands / "pulumi").symlink_to(find_engine(Search.of(os.environ)).path)
    options = auto.LocalWorkspaceOptions(
        env_vars={
            **sandbox.environment("administrator"),
            "PULUMI_HOME": str(pulumi_home),
            "PULUMI_BACKEND_URL": state.as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        },
        pulumi_command=auto.PulumiCommand(root=str(tmp_path)),
    )

    def operate(operation: str, *, refresh: bool = False, diff: bool = False, **facts: Any) -> Any:
        asked = {name: True for name, wanted in (("refresh", refresh), ("diff", diff)) if wanted}
        stack = auto.create_or_select_stack(
            "dev", project_name="items", program=program(unique, code, **facts), opts=options
        )
        return getattr(stack, operation)(color="never", **asked)

    return operate


def changes(result: Any) -> dict[str, int]:
    found = getattr(result, "change_summary", None) or result.summary.resource_changes
    return {str(getattr(kind, "value", kind)): count for kind, count in found.items()}


def test_a_stack_lives_and_goes(
    run: Callable[..., Any], clients: Callable[[str], Any], unique: str, tmp_path: Path
) -> None:
    previewed = run("preview")
    made = run("up")
    assert changes(previewed) == changes(made) == {"create": 7}
    assert made.outputs["version"].value == "1"
    assert made.outputs["environment"].secret, "a secret that passed through the plugin is still one"
    assert "warning" not in made.stdout

    assert changes(run("up", session="items-dev-2")) == {"same": 6, "update": 1}, (
        "a run's session changes the provider alone"
    )
    assert changes(run("preview", session="items-dev-2", refresh=True)) == {"same": 7}

    (tmp_path / "app.py").write_text("def answer(*_): return 2")
    changed = run("up", session="items-dev-2", memory=256)
    assert changes(changed) == {"same": 5, "update": 2}
    assert changed.outputs["version"].value == "2"

    clients("lambda").update_function_configuration(FunctionName=unique, MemorySize=512)
    clients("s3").delete_bucket_policy(Bucket=unique)
    drift = run("preview", session="items-dev-2", memory=256, refresh=True, diff=True)
    assert "memorySize: 512 => 256" in " ".join(drift.stdout.split())
    assert changes(drift)["create"] == 1, "the bucket policy is to be made again"
    run("up", session="items-dev-2", memory=256, refresh=True)
    assert clients("lambda").get_function_configuration(FunctionName=unique)["MemorySize"] == 256

    run("destroy", session="items-dev-2")
    with pytest.raises(clients("s3").exceptions.ClientError):
        clients("s3").head_bucket(Bucket=unique)


def test_what_is_there_is_imported(run: Callable[..., Any], clients: Callable[[str], Any], unique: str) -> None:
    found = f"{unique}-found"
    clients("s3").create_bucket(Bucket=found, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    tags = {"a": "1", "deploy:stack": "dev"}
    clients("s3").put_bucket_tagging(
        Bucket=found, Tagging={"TagSet": [{"Key": key, "Value": value} for key, value in tags.items()]}
    )
    assert changes(run("up", imported=True)) == {"create": 7, "import": 1}
    assert changes(run("preview", imported=True)) == {"same": 8}


def test_the_wrong_account_stops_everything(
    run: Callable[..., Any], clients: Callable[[str], Any], unique: str
) -> None:
    from pulumi.automation.errors import CommandError

    with pytest.raises(CommandError, match="wrong AWS account: expected 333333333333"):
        run("up", account="333333333333")
    with pytest.raises(clients("s3").exceptions.ClientError):
        clients("s3").head_bucket(Bucket=unique)
