"""Which AWS operation a request is: read from the SDK's own service models, as the SDKs write requests from them.

The emulator names a request by its IAM action only, which is a HTTP verb for API Gateway and another word for many S3 calls.
Records of calls, and faults asked for by name, need the operation (https://docs.aws.amazon.com/AWSSimpleQueueService,
the JSON protocols' X-Amz-Target, and the routes of the REST protocols).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import botocore.session
from ministack.core import router

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.model import OperationModel, ServiceModel

Query = dict[str, list[str]]

_MODEL_OF = {
    "states": "stepfunctions",
    "monitoring": "cloudwatch",
    "elasticloadbalancing": "elbv2",
    "elasticfilesystem": "efs",
    "tagging": "resourcegroupstaggingapi",
}


@dataclass(frozen=True)
class ObservedRequest:
    """A request to the emulator as its own handlers see it: path decoded, header names in lower case."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    query: Query

    @property
    def form(self) -> Query:
        """The query string over the form in the body, where the Query protocol puts its parameters."""
        if not self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return self.query
        return {**parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True), **self.query}


@dataclass(frozen=True)
class ObservedCall:
    """The operation a request is. `service` is the signing name, such as `apigateway`; `labels` are the values in its path."""

    service: str
    operation: str
    model: ServiceModel
    labels: Mapping[str, str]

    @property
    def action(self) -> str:
        return f"{self.service}:{self.operation}"

    @property
    def shape(self) -> OperationModel:
        return self.model.operation_model(self.operation)


@dataclass(frozen=True)
class _Route:
    method: str
    path: re.Pattern[str]
    query: Mapping[str, str | None]
    headers: frozenset[str]
    literals: int
    operation: str


def identify(request: ObservedRequest) -> ObservedCall | None:
    """The operation of a request, at the service that the emulator routes it to; None for what no service model knows."""
    service = router.detect_service(request.method, request.path, request.headers, request.form)
    if service == "apigateway" and request.path.startswith("/v2/"):
        service = "apigatewayv2"
    if request.path.startswith("/v20180820/"):
        service = "s3control"
    model = service_model(service)
    if model is None:
        return None
    if target := request.headers.get("x-amz-target"):
        return _named(model, target.rpartition(".")[2])
    if model.metadata["protocol"].startswith("rest-"):
        return _routed(model, request)
    return _named(model, request.form.get("Action", [""])[0])


@cache
def service_model(service: str) -> ServiceModel | None:
    """The SDK's model of a service, by the emulator's name of it; None when there is none."""
    from botocore.exceptions import UnknownServiceError

    try:
        return _session().get_service_model(_MODEL_OF.get(service, service))
    except UnknownServiceError:
        return None


@cache
def _session() -> botocore.session.Session:
    return botocore.session.get_session()


def _call(model: ServiceModel, operation: str, labels: Mapping[str, str]) -> ObservedCall:
    return ObservedCall(model.signing_name, operation, model, labels)


def _named(model: ServiceModel, operation: str) -> ObservedCall | None:
    return _call(model, operation, {}) if operation in model.operation_names else None


def _routed(model: ServiceModel, request: ObservedRequest) -> ObservedCall | None:
    path = request.path.rstrip("/") or "/"
    for route in _routes(model.service_name):
        matched = route.path.fullmatch(path) if route.method == request.method else None
        if matched and _carries(route, request):
            return _call(
                model, route.operation, {_unescaped(name): value for name, value in matched.groupdict().items()}
            )
    return None


def _carries(route: _Route, request: ObservedRequest) -> bool:
    return route.headers <= request.headers.keys() and all(
        name in request.query and value in (None, request.query[name][0]) for name, value in route.query.items()
    )


@cache
def _routes(service: str) -> tuple[_Route, ...]:
    """A service's routes, the most particular first."""
    model = _session().get_service_model(service)
    found = [
        _route(model.operation_model(name))
        for name in model.operation_names
        if not model.operation_model(name).deprecated
    ]
    return tuple(
        sorted(found, key=lambda route: (-route.literals, -len(route.query) - len(route.headers), route.operation))
    )


def _route(operation: OperationModel) -> _Route:
    uri, _, fixed = operation.http["requestUri"].partition("?")
    query: dict[str, str | None] = {}
    for part in filter(None, fixed.split("&")):
        name, _, value = part.partition("=")
        query[name] = value or None
    headers = set()
    shape = operation.input_shape
    for name in getattr(shape, "required_members", []):
        where = shape.members[name].serialization  # type: ignore[union-attr]
        if where.get("location") == "querystring":
            query.setdefault(where.get("name", name), None)
        elif where.get("location") == "header":
            headers.add(where.get("name", name).lower())
    segments = [segment for segment in uri.split("/") if segment]
    label = "[^/]+" if operation.service_model.service_name == "s3" else ".+?"
    pattern = "".join("/" + _pattern(segment, label) for segment in segments) or "/"
    literals = sum(not segment.startswith("{") for segment in segments)
    return _Route(operation.http["method"], re.compile(pattern), query, frozenset(headers), literals, operation.name)


def _pattern(segment: str, label: str) -> str:
    """A segment as an expression. A label may hold slashes, because an ARN arrives decoded; a bucket's name may not."""
    if not segment.startswith("{"):
        return re.escape(segment)
    name = segment.strip("{}")
    return f"(?P<{_escaped(name.rstrip('+'))}>{'.+' if name.endswith('+') else label})"


def _escaped(label: str) -> str:
    return label.replace("-", "__")


def _unescaped(group: str) -> str:
    return group.replace("__", "-")
