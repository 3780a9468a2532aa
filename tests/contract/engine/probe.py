"""A resource plugin for tests of the engine: things that live nowhere, take as long as they are told, and fail when asked.

A `probe:index:Thing` has `label` (a new one replaces it), `value` (updated in place), `seconds` (how long creating
takes), `fail` (why creating fails) and `detailed` (whether differences are told property by property). Its output `made`
is known only once it has been made.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf import json_format, struct_pb2
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2

_CANCELLED = threading.Event()
_pb: Any = provider_pb2
_SIGNATURE = "4dabf18193072939515e22adb298388d"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""How a plugin says that a value is known only afterwards (sdk/go/common/resource/plugin, rpc.go)."""


class ToldToFailError(Exception):
    """The program asked for a failure."""


def diff(request: Any) -> Any:
    old, new = (json_format.MessageToDict(part) for part in (request.old_inputs or request.olds, request.news))
    changed = sorted(key for key in old.keys() | new.keys() if old.get(key) != new.get(key))
    changes = _pb.DiffResponse.DIFF_SOME if changed else _pb.DiffResponse.DIFF_NONE
    paths = (
        dict(path for key in changed for path in walk(key, old.get(key), new.get(key))) if new.get("detailed") else {}
    )
    return _pb.DiffResponse(
        changes=changes,
        diffs=changed,
        replaces=[key for key in changed if key == "label"],
        detailedDiff={path: _pb.PropertyDiff(kind=kind, inputDiff=True) for path, kind in paths.items()},
        hasDetailedDiff=bool(paths),
    )


def walk(path: str, old: Any, new: Any) -> Iterator[tuple[str, int]]:
    """Every property that differs, with Pulumi's kind of difference."""
    if isinstance(old, dict) and isinstance(new, dict) and _SIGNATURE not in old:
        for key in sorted(old.keys() | new.keys()):
            if old.get(key) != new.get(key):
                yield from walk(f'{path}["{key}"]' if "." in key else f"{path}.{key}", old.get(key), new.get(key))
        return
    kind = "ADD" if old is None else "DELETE" if new is None else "UPDATE"
    yield path, getattr(_pb.PropertyDiff, f"{kind}_REPLACE" if path == "label" else kind)


def create(request: Any) -> Any:
    inputs = json_format.MessageToDict(request.properties)
    if not request.preview:
        if inputs.get("fail"):
            raise ToldToFailError(inputs["fail"])
        _CANCELLED.wait(inputs.get("seconds", 0))
    properties = struct_pb2.Struct()
    properties.update({**inputs, "made": UNKNOWN if request.preview else "at last"})
    return _pb.CreateResponse(id=inputs.get("label", "thing"), properties=properties)


def cancel(_: Any) -> Empty:
    _CANCELLED.set()
    return Empty()


def _checked(request: Any) -> Any:
    return _pb.CheckResponse(inputs=request.news)


def _read(request: Any) -> Any:
    return _pb.ReadResponse(id=request.id, properties=request.properties, inputs=request.inputs)


METHODS: dict[str, tuple[Callable[[Any], Any], Any]] = {
    "GetPluginInfo": (lambda _: plugin_pb2.PluginInfo(version="1.0.0"), Empty),
    "Handshake": (lambda _: _pb.ProviderHandshakeResponse(), _pb.ProviderHandshakeRequest),
    "CheckConfig": (_checked, _pb.CheckRequest),
    "DiffConfig": (lambda _: _pb.DiffResponse(changes=_pb.DiffResponse.DIFF_NONE), _pb.DiffRequest),
    "Configure": (lambda _: _pb.ConfigureResponse(supportsPreview=True), _pb.ConfigureRequest),
    "Check": (_checked, _pb.CheckRequest),
    "Diff": (diff, _pb.DiffRequest),
    "Create": (create, _pb.CreateRequest),
    "Read": (_read, _pb.ReadRequest),
    "Update": (lambda request: _pb.UpdateResponse(properties=request.news), _pb.UpdateRequest),
    "Delete": (lambda _: Empty(), _pb.DeleteRequest),
    "Cancel": (cancel, Empty),
}


def _answering(method: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    def answer(request: Any, context: Any) -> Any:
        try:
            return method(request)
        except ToldToFailError as failure:
            context.abort(grpc.StatusCode.UNKNOWN, str(failure))

    return answer


def main() -> None:
    server = grpc.server(ThreadPoolExecutor(8))
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            _answering(method),
            request_deserializer=request.FromString,
            response_serializer=lambda message: message.SerializeToString(),
        )
        for name, (method, request) in METHODS.items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("pulumirpc.ResourceProvider", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 -- how the engine learns the port
    server.wait_for_termination()


if __name__ == "__main__":
    main()
