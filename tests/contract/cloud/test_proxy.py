"""As a proxy the sandbox answers for its own names and lets nobody out, and says in its log who was refused."""

from __future__ import annotations

import urllib.error
import urllib.request
from urllib.parse import urlsplit

import pytest

from deploy_sandbox.accounts import Sandbox

pytestmark = pytest.mark.sandbox


def ask(sandbox: Sandbox, url: str) -> tuple[int, str]:
    """One request to `url` with the sandbox as the proxy."""
    proxies = urllib.request.ProxyHandler({"http": sandbox.endpoint, "https": sandbox.endpoint})
    try:
        with urllib.request.build_opener(proxies).open(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def port(sandbox: Sandbox) -> int:
    return urlsplit(sandbox.endpoint).port or 0


@pytest.mark.parametrize("host", ["127.0.0.1", "222222222222.127.0.0.1", "a-bucket.127.0.0.1"])
def test_its_own_names_are_answered(sandbox: Sandbox, host: str) -> None:
    assert ask(sandbox, f"http://{host}:{port(sandbox)}/_ministack/health")[0] == 200


@pytest.mark.parametrize(
    "host",
    [
        "example.com",
        "169.254.169.254",
        "127.0.0.1:{other}",
        "127.0.0.1.example.com:{port}",
        "example127.0.0.1:{port}",
        "10.127.0.0.1.example.com:{port}",
        "222222222222.127.0.0.1",
    ],
)
def test_every_other_place_is_refused_and_named_in_the_log(sandbox: Sandbox, host: str) -> None:
    asked = host.format(port=port(sandbox), other=port(sandbox) + 1)
    status, said = ask(sandbox, f"http://{asked}/secret-path?and=query")
    assert (status, said) == (403, f"The sandbox's proxy lets nobody out: GET {asked} was refused.\n")
    log = (sandbox.home / "server.log").read_text("utf-8")
    assert f"proxy: refused 'GET {asked}'" in log
    assert "secret-path" not in log


def test_there_is_no_tunnel(sandbox: Sandbox) -> None:
    with pytest.raises(OSError, match="Tunnel connection failed: 403"):
        ask(sandbox, f"https://222222222222.127.0.0.1:{port(sandbox)}/")
    assert f"proxy: refused 'CONNECT 222222222222.127.0.0.1:{port(sandbox)}'" in (
        sandbox.home / "server.log"
    ).read_text("utf-8")
