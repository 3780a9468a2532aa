"""What may be done in one place only: leaving the process, reading Pulumi's config, making a provider, reading the machine."""

from __future__ import annotations

from tests.architecture.source import modules


def callers(call: str, *packages: str) -> set[str]:
    """The modules in which `call` is called, under its own name or after `from … import`."""
    short = call.rsplit(".", 1)[1]
    return {
        module.path
        for module in modules(*packages)
        if call in set(module.calls()) or (call in set(module.imports()) and short in set(module.calls()))
    }


def test_only_the_boundary_leaves_the_process() -> None:
    assert callers("sys.exit", "driver") == {"driver/deploy_driver/cli/exit.py"}
    assert {module.path for module in modules("driver") if "os._exit" in module.text} == {
        "driver/deploy_driver/cli/exit.py"
    }
    assert not [module.path for module in modules("driver") if {"exit", "quit"} & set(module.calls())]


def test_only_the_settings_read_pulumi_s_config() -> None:
    assert callers("pulumi.Config", "infra") == {"infra/deploy_infra/settings.py"}


def test_only_the_providers_make_a_provider() -> None:
    where = callers("aws.Provider", "infra") | callers("pulumi_aws.Provider", "infra")
    assert where == {"infra/deploy_infra/providers.py"}


def test_only_config_s_callers_read_the_machine_s_environment() -> None:
    readers = {module.path for module in modules("driver") if "os.environ" in module.text or "os.getenv" in module.text}
    assert readers <= {"driver/deploy_driver/app/session.py"}


def test_nothing_is_printed_past_the_renderers() -> None:
    assert not [module.path for module in modules("driver", "infra") if "print" in set(module.calls())]
