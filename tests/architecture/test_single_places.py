"""What may be done in one place only: leaving the process, reading Pulumi's config, making a provider, reading the machine."""

from __future__ import annotations

from tests.architecture.source import Module, modules


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


def test_only_the_settings_and_a_service_s_program_read_pulumi_s_config() -> None:
    assert callers("pulumi.Config", "infra") == {"infra/__main__.py", "infra/deploy_infra/settings.py"}


def test_only_the_providers_make_a_provider() -> None:
    where = callers("aws.Provider", "infra") | callers("pulumi_aws.Provider", "infra")
    assert where == {"infra/deploy_infra/providers.py"}


def environment(module: Module) -> list[str]:
    """The lines of a module that touch the process's environment."""
    return [line.strip() for line in module.text.splitlines() if "os.environ" in line or "os.getenv" in line]


def test_the_environment_is_read_once_and_set_in_one_place() -> None:
    """The third line says by which of its variables botocore has looked for credentials, which botocore reads there itself."""
    touching = {module.path: lines for module in modules("driver", "toolchain") if (lines := environment(module))}
    assert touching == {
        "driver/deploy_driver/cli/main.py": ["machine = Machine.capture(os.environ)"],
        "driver/deploy_driver/adapters/aws.py": [
            "os.environ.clear()",
            "os.environ.update(environment)",
            'said = os.environ.get(name, "")',
        ],
    }


def test_the_application_layer_writes_to_no_stream() -> None:
    app = [module for module in modules("driver") if "/app/" in module.path]
    assert app
    assert not [module.path for module in app if "sys.std" in module.text or "print" in set(module.calls())]


def test_nothing_is_printed_past_the_renderers() -> None:
    assert not [module.path for module in modules("driver", "infra") if "print" in set(module.calls())]
