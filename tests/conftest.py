"""Which AWS plugin a test runs with: the sandbox's stand-in, the real one, or one after the other."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.real_plugin import AbsentError, real_plugin

REAL_LIMIT = 900
"""Seconds."""


def pytest_configure() -> None:
    """Tests of stop signals mean those of a foreground job: a shell starts a background job with Ctrl-C ignored, and so its children."""
    for number, handler in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which AWS plugin tells a story that either can tell."""
    said = "tests marked both_plugins: with each plugin, or with the best alone, the real one where it can be had"
    parser.addoption("--told-by", choices=("both", "best"), default="both", help=said)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked `both_plugins` runs with the stand-in and with the real AWS plugin; where that is asked, with the best alone."""
    if metafunc.definition.get_closest_marker("both_plugins"):
        real = pytest.param("real", marks=pytest.mark.real_plugin)
        told_by = (
            [real] if metafunc.config.getoption("--told-by") == "best" and _is_real_there() else ["stand-in", real]
        )
        metafunc.parametrize("plugin_home", told_by, indirect=True, scope="session")


def _is_real_there() -> bool:
    try:
        real_plugin()
    except AbsentError:
        return False
    return True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The real plugin starts two processes for each stack: on a busy machine such a test takes minutes."""
    for item in items:
        if item.get_closest_marker("real_plugin") and not item.get_closest_marker("timeout"):
            item.add_marker(pytest.mark.timeout(REAL_LIMIT))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """What needs the real plugin is skipped where it cannot be had; here and not in a fixture, so that pytest says so in one line."""
    if item.get_closest_marker("real_plugin"):
        capture = item.config.pluginmanager.getplugin("capturemanager")
        try:
            with capture.global_and_fixture_disabled():
                real_plugin()
        except AbsentError as absent:
            pytest.skip(str(absent))


@pytest.fixture(scope="session")
def plugin_home(request: pytest.FixtureRequest) -> Path | None:
    """The PULUMI_HOME that holds the real plugin, where a test runs with it; without, the sandbox takes its stand-in."""
    return real_plugin() if getattr(request, "param", "stand-in") == "real" else None
