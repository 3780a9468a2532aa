"""The cloud process: the emulator, corrected, behind the middleware, on loopback only.

Corrections are modules with `install() -> None`, applied in this order before the emulator serves its first request.
Middleware are modules with `wrap(app, config) -> app`, listed from the outside in.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
from typing import TYPE_CHECKING, cast

from deploy_sandbox.cloud import replace

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from hypercorn.config import Config

    from deploy_sandbox.cloud.asgi import App, Message, Receive, Scope, Send
    from deploy_sandbox.cloud.configuration import CloudConfig

CORRECTIONS: tuple[str, ...] = (
    "deploy_sandbox.cloud.policy_variables",
    "deploy_sandbox.cloud.denials",
    "deploy_sandbox.cloud.principal_arn",
    "deploy_sandbox.cloud.condition_keys",
    "deploy_sandbox.cloud.resources",
    "deploy_sandbox.cloud.trust_principals",
    "deploy_sandbox.cloud.role_passing",
    "deploy_sandbox.cloud.tags_at_birth",
    "deploy_sandbox.cloud.assume_role",
    "deploy_sandbox.cloud.web_identity",
    "deploy_sandbox.cloud.sessions",
    "deploy_sandbox.cloud.organization",
    "deploy_sandbox.cloud.http_api",
    "deploy_sandbox.cloud.api_tags",
    "deploy_sandbox.cloud.api_routes",
    "deploy_sandbox.cloud.function_code",
    "deploy_sandbox.cloud.function_versions",
    "deploy_sandbox.cloud.function_environment",
    "deploy_sandbox.cloud.transport",
    "deploy_sandbox.cloud.expiry",
    "deploy_sandbox.cloud.kms",
    "deploy_sandbox.cloud.kms_aliases",
    "deploy_sandbox.cloud.kms_signing",
    "deploy_sandbox.cloud.service_keys",
    "deploy_sandbox.cloud.conditional_writes",
    "deploy_sandbox.cloud.simulate",
    "deploy_sandbox.cloud.root_keys",
    "deploy_sandbox.cloud.trail.history",
    "deploy_sandbox.cloud.trail.lookup",
    "deploy_sandbox.cloud.trail.trails",
    "deploy_sandbox.cloud.trail.delivery",
    "deploy_sandbox.cloud.s3_control",
    "deploy_sandbox.cloud.faults",
    "deploy_sandbox.cloud.trail.recording",
    "deploy_sandbox.cloud.snapshots",
)

MIDDLEWARE: tuple[str, ...] = (
    "deploy_sandbox.cloud.repeats",
    "deploy_sandbox.cloud.faults",
    "deploy_sandbox.cloud.proxy",
    "deploy_sandbox.cloud.metadata",
    "deploy_sandbox.cloud.powers",
    "deploy_sandbox.cloud.transport",
    "deploy_sandbox.cloud.trail.delivery",
    "deploy_sandbox.cloud.organization",
    "deploy_sandbox.cloud.snapshots",
)

IDLE_SECONDS = 120
"""How long a connection that nobody uses stays open: longer than a client of Go keeps one (90 s, `http.DefaultTransport`).

A call that arrives while the server closes its connection is carried out, and its answer is lost. The client that tries it again then
hears that its alias or its policy exists already. So it is the client that closes.
"""


def application(config: CloudConfig) -> App:
    """The corrected emulator behind the middleware. Raises EmulatorMismatchError when it is not the one we know."""
    replace.check_version()
    for name in CORRECTIONS:
        importlib.import_module(name).install()
    replace.check_names()
    app = cast("App", importlib.import_module("ministack.app").app)
    for name in reversed(MIDDLEWARE):
        app = importlib.import_module(name).wrap(app, config)
    return app


def _announcing(app: App, config: CloudConfig) -> App:
    """Write HOME/sandbox.json when the emulator is up, and so say that it may be used."""

    async def announcing(scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            await send(message)
            if message["type"] == "lifespan.startup.complete":
                _announce(config)

        await app(scope, receive, sending if scope["type"] == "lifespan" else send)

    return announcing


def _announce(config: CloudConfig) -> None:
    facts = {
        "pid": os.getpid(),
        "port": config.port,
        "accounts": dict(config.accounts),
        "metadata_ports": dict(config.metadata_ports),
        "powers": config.powers_token is not None,
    }
    draft = config.home / "sandbox.json.new"
    draft.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    draft.replace(config.home / "sandbox.json")


def server_settings() -> Config:
    """How the server treats its connections, and what it logs."""
    from hypercorn.config import Config

    settings = Config()
    settings.keep_alive_timeout = IDLE_SECONDS
    settings.graceful_timeout = 1
    settings.loglevel = "WARNING"
    return settings


def serve(config: CloudConfig, sockets: Sequence[socket.socket]) -> None:
    """Answer on the given listening sockets until SIGTERM or SIGINT, then keep the state and return."""
    app = _announcing(application(config), config)
    from hypercorn.asyncio import serve as hypercorn_serve

    settings = server_settings()
    settings.bind = [f"fd://{listening.fileno()}" for listening in sockets]

    async def run() -> None:
        stop = asyncio.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(sign, stop.set)
        await hypercorn_serve(app, settings, shutdown_trigger=stop.wait)

    asyncio.run(run())
