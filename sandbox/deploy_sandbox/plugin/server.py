"""The provider protocol over gRPC: requests in, the plain values of `provider.py`, responses out.

Methods that are not in the table (Construct, Call, Parameterize, …) answer UNIMPLEMENTED, which the engine understands.
"""

from __future__ import annotations

import json
import traceback
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.empty_pb2 import Empty

from deploy_sandbox.plugin import VERSION, protocol
from deploy_sandbox.plugin.autonaming import Autonaming, Naming
from deploy_sandbox.plugin.diff import Turn, delete_first
from deploy_sandbox.plugin.errors import REAL_PLUGIN, HalfMadeError, PluginError
from deploy_sandbox.plugin.provider import Provider
from deploy_sandbox.plugin.registry import resource_type
from deploy_sandbox.plugin.settings import problems
from deploy_sandbox.plugin.settings_diff import changed_settings
from deploy_sandbox.plugin.wire import decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable

_THREADS = 64  # the engine asks for many resources at once, and most of each answer is waiting for AWS

_pb = protocol.provider


class Server:
    """Answers one engine."""

    def __init__(self) -> None:
        self._provider = Provider()

    def methods(self) -> dict[str, tuple[Callable[[Any], Any], Any, Any]]:
        """By the method's name: the function, the request's and the response's message."""
        return {
            "Handshake": (self._handshake, _pb.ProviderHandshakeRequest, _pb.ProviderHandshakeResponse),
            "GetPluginInfo": (self._info, Empty, protocol.plugin.PluginInfo),
            "Attach": (self._attach, protocol.plugin.PluginAttach, Empty),
            "GetSchema": (self._schema, _pb.GetSchemaRequest, _pb.GetSchemaResponse),
            "CheckConfig": (self._check_config, _pb.CheckRequest, _pb.CheckResponse),
            "DiffConfig": (self._diff_config, _pb.DiffRequest, _pb.DiffResponse),
            "Configure": (self._configure, _pb.ConfigureRequest, _pb.ConfigureResponse),
            "Invoke": (self._invoke, _pb.InvokeRequest, _pb.InvokeResponse),
            "Check": (self._check, _pb.CheckRequest, _pb.CheckResponse),
            "Diff": (self._diff, _pb.DiffRequest, _pb.DiffResponse),
            "Create": (self._create, _pb.CreateRequest, _pb.CreateResponse),
            "Read": (self._read, _pb.ReadRequest, _pb.ReadResponse),
            "Update": (self._update, _pb.UpdateRequest, _pb.UpdateResponse),
            "Delete": (self._delete, _pb.DeleteRequest, Empty),
            "Cancel": (self._cancel, Empty, Empty),
        }

    def _handshake(self, _: Any) -> Any:
        # Accepts neither secrets nor outputs: the engine opens them, and keeps the marks itself. An engine that has this answer
        # does not look for the rules of names in that of Configure.
        return _pb.ProviderHandshakeResponse(supports_autonaming_configuration=True)

    def _info(self, _: Any) -> Any:
        return protocol.plugin.PluginInfo(version=VERSION)

    def _attach(self, _: Any) -> Empty:
        return Empty()

    def _schema(self, _: Any) -> Any:
        return _pb.GetSchemaResponse(schema=json.dumps({"name": "aws", "version": VERSION, "resources": {}}))

    def _check_config(self, request: Any) -> Any:
        return _checked(decode(request.news), problems(decode(request.news)))

    def _diff_config(self, request: Any) -> Any:
        old = decode(request.old_inputs) or decode(request.olds)
        changed, replacing = changed_settings(old, decode(request.news))
        kinds = {
            key: _pb.PropertyDiff.UPDATE_REPLACE if key in replacing else _pb.PropertyDiff.UPDATE for key in changed
        }
        return _diffed(kinds, replaces=sorted(replacing))

    def _configure(self, request: Any) -> Any:
        self._provider.configure(decode(request.args))
        return _pb.ConfigureResponse(supportsPreview=True, supports_autonaming_configuration=True)

    def _invoke(self, request: Any) -> Any:
        raise PluginError(
            f"{request.tok} is not a function that the sandbox's AWS plugin knows: it knows none. {REAL_PLUGIN}"
        )

    def _check(self, request: Any) -> Any:
        return _checked(*self._provider.check(_token(request.urn), decode(request.news), _naming(request)))

    def _diff(self, request: Any) -> Any:
        token = _token(request.urn)
        found = self._provider.diff(token, decode(request.olds), decode(request.news))
        kinds = {one.path: getattr(_pb.PropertyDiff, _kind_name(one.turn, replaces=one.replaces)) for one in found}
        replaces = sorted({one.name for one in found if one.replaces})
        return _diffed(kinds, replaces=replaces, delete_first=delete_first(resource_type(token), found))

    def _create(self, request: Any) -> Any:
        token, subject = _token(request.urn), _subject(request.urn)
        made, state = self._provider.create(token, subject, decode(request.properties), preview=request.preview)
        return _pb.CreateResponse(id=made, properties=encode(state))

    def _read(self, request: Any) -> Any:
        token, subject = _token(request.urn), _subject(request.urn)
        found = self._provider.read(token, subject, request.id, decode(request.inputs), decode(request.properties))
        if found is None:
            return _pb.ReadResponse()
        id_, state, inputs = found
        return _pb.ReadResponse(id=id_, properties=encode(state), inputs=encode(inputs))

    def _update(self, request: Any) -> Any:
        token, subject = _token(request.urn), _subject(request.urn)
        state, wanted = decode(request.olds), decode(request.news)
        after = self._provider.update(token, subject, request.id, state, wanted, preview=request.preview)
        return _pb.UpdateResponse(properties=encode(after))

    def _delete(self, request: Any) -> Empty:
        self._provider.delete(_token(request.urn), _subject(request.urn), request.id, decode(request.properties))
        return Empty()

    def _cancel(self, _: Any) -> Empty:
        self._provider.cancelled.set()
        return Empty()


def serving() -> tuple[grpc.Server, int]:
    """A started server on a free loopback port, and the port."""
    server = grpc.server(ThreadPoolExecutor(_THREADS), options=[("grpc.max_receive_message_length", -1)])
    handlers = {
        name: grpc.unary_unary_rpc_method_handler(
            _guarded(function),
            request_deserializer=request.FromString,
            response_serializer=response.SerializeToString,
        )
        for name, (function, request, response) in Server().methods().items()
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("pulumirpc.ResourceProvider", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def _guarded(function: Callable[[Any], Any]) -> Callable[[Any, grpc.ServicerContext], Any]:
    """The function, with its errors told the engine's way."""

    def answer(request: Any, context: grpc.ServicerContext) -> Any:
        try:
            return function(request)
        except HalfMadeError as error:
            context.set_trailing_metadata((("grpc-status-details-bin", _half_made(error)),))
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except PluginError as error:
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        except Exception as error:  # noqa: BLE001 -- the boundary: a bug here must reach the engine as words, not as a broken stream
            traceback.print_exc()
            context.abort(
                grpc.StatusCode.INTERNAL, f"a bug in the sandbox's AWS plugin: {type(error).__name__}: {error}"
            )

    return answer


def _naming(request: Any) -> Naming:
    asked = request.autonaming if request.HasField("autonaming") else None
    return Naming(
        logical=_logical_name(request.urn),
        old=decode(request.olds),
        seed=request.randomSeed,
        mode=Autonaming[_pb.CheckRequest.AutonamingOptions.Mode.Name(asked.mode)] if asked else Autonaming.DEFAULT,
        proposed=asked.proposed_name if asked else "",
    )


def _half_made(error: HalfMadeError) -> bytes:
    detail = AnyMessage()
    detail.Pack(_pb.ErrorResourceInitFailed(id=error.id, properties=encode(error.state), reasons=[str(error)]))
    told = protocol.status()(code=grpc.StatusCode.UNKNOWN.value[0], message=str(error), details=[detail])
    return bytes(told.SerializeToString())


def _checked(inputs: Any, failures: Any) -> Any:
    told = [_pb.CheckFailure(property=one.property, reason=one.reason) for one in failures]
    return _pb.CheckResponse(inputs=encode(inputs), failures=told)


def _diffed(kinds: dict[str, Any], *, replaces: list[str], delete_first: bool = False) -> Any:
    return _pb.DiffResponse(
        changes=_pb.DiffResponse.DIFF_SOME if kinds else _pb.DiffResponse.DIFF_NONE,
        replaces=replaces,
        deleteBeforeReplace=delete_first,
        diffs=sorted({path.split(".")[0].split("[")[0] for path in kinds}),
        detailedDiff={path: _pb.PropertyDiff(kind=kind) for path, kind in kinds.items()},
        hasDetailedDiff=True,
    )


def _kind_name(turn: Turn, *, replaces: bool) -> str:
    return f"{turn.name}_REPLACE" if replaces else turn.name


def _token(urn: str) -> str:
    return urn.split("::")[2].rsplit("$", maxsplit=1)[-1]


def _subject(urn: str) -> str:
    return f"{_token(urn)} {_logical_name(urn)}"


def _logical_name(urn: str) -> str:
    return urn.split("::", 3)[3]
