"""Asks a plugin process as the engine asks it: over gRPC, with plain values in and out."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import grpc

from deploy_sandbox.plugin import protocol
from deploy_sandbox.plugin.server import Server
from deploy_sandbox.plugin.wire import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_pb = protocol.provider
_SECONDS = 60
COMMAND = (sys.executable, "-I", "-m", "deploy_sandbox.plugin", "127.0.0.1:1")


class RefusedError(Exception):
    """The plugin answered with an error: its gRPC code, its words, and the half-made resource that it tells of."""

    def __init__(self, error: Any) -> None:
        super().__init__(error.details())
        self.code = error.code()
        self.half_made = _half_made(error)


@dataclass(frozen=True)
class Found:
    """What a Read gives."""

    id: str
    state: dict[str, Any]
    inputs: dict[str, Any]


class Engine:
    """The engine's side of one plugin process."""

    def __init__(self, channel: grpc.Channel, process: subprocess.Popen[str]) -> None:
        self._channel = channel
        self.process = process

    def ask(self, method: str, request: Any) -> Any:
        """One call, by the protocol's name."""
        _, request_type, response_type = Server().methods()[method]
        call = self._channel.unary_unary(
            f"/pulumirpc.ResourceProvider/{method}",
            request_serializer=request_type.SerializeToString,
            response_deserializer=response_type.FromString,
        )
        try:
            return call(request, timeout=_SECONDS)
        except grpc.RpcError as error:
            raise RefusedError(error) from None

    def configure(self, **given: Any) -> None:
        self.ask("Configure", _pb.ConfigureRequest(args=encode(given), acceptSecrets=True, acceptResources=True))

    def check(
        self, token: str, given: Mapping[str, Any], old: Mapping[str, Any] | None = None, **facts: Any
    ) -> tuple[dict[str, Any], dict[str, str]]:
        request = _pb.CheckRequest(urn=_urn(token), news=encode(given), olds=encode(old or {}), **facts)
        answer = self.ask("Check", request)
        return decode(answer.inputs), {one.property: one.reason for one in answer.failures}

    def checked(self, token: str, given: Mapping[str, Any]) -> dict[str, Any]:
        inputs, failures = self.check(token, given)
        assert not failures
        return inputs

    def diff(self, token: str, id_: str, state: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, str]:
        """The paths that differ, each with the protocol's word for how."""
        answer = self.ask("Diff", _pb.DiffRequest(urn=_urn(token), id=id_, olds=encode(state), news=encode(wanted)))
        assert (answer.changes == _pb.DiffResponse.DIFF_NONE) is (not answer.detailedDiff)
        return {path: _pb.PropertyDiff.Kind.Name(one.kind) for path, one in sorted(answer.detailedDiff.items())}

    def create(self, token: str, inputs: Mapping[str, Any], *, preview: bool = False) -> tuple[str, dict[str, Any]]:
        answer = self.ask("Create", _pb.CreateRequest(urn=_urn(token), properties=encode(inputs), preview=preview))
        return answer.id, decode(answer.properties)

    def read(
        self, token: str, id_: str, inputs: Mapping[str, Any] | None = None, state: Mapping[str, Any] | None = None
    ) -> Found | None:
        facts = {"inputs": encode(inputs)} if inputs is not None else {}
        answer = self.ask("Read", _pb.ReadRequest(urn=_urn(token), id=id_, properties=encode(state or {}), **facts))
        return Found(answer.id, decode(answer.properties), decode(answer.inputs)) if answer.id else None

    def update(
        self, token: str, id_: str, state: Mapping[str, Any], wanted: Mapping[str, Any], *, preview: bool = False
    ) -> dict[str, Any]:
        request = _pb.UpdateRequest(urn=_urn(token), id=id_, olds=encode(state), news=encode(wanted), preview=preview)
        return decode(self.ask("Update", request).properties)

    def delete(self, token: str, id_: str, state: Mapping[str, Any]) -> None:
        self.ask("Delete", _pb.DeleteRequest(urn=_urn(token), id=id_, properties=encode(state)))


@contextmanager
def plugin(environment: Mapping[str, str], command: Sequence[str] = COMMAND) -> Iterator[Engine]:
    """A plugin process of its own, with this environment and nothing else."""
    process = subprocess.Popen(
        command,
        env={"PATH": os.defpath, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout, grpc.insecure_channel(f"127.0.0.1:{int(process.stdout.readline())}") as channel:
        try:
            yield Engine(channel, process)
        finally:
            process.terminate()
            process.wait(10)


def _urn(token: str) -> str:
    return f"urn:pulumi:dev::items::items:service:Items${token}::thing"


def _half_made(error: Any) -> tuple[str, dict[str, Any]] | None:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            told = _pb.ErrorResourceInitFailed()
            protocol.status().FromString(value).details[0].Unpack(told)
            return told.id, decode(told.properties)
    return None
