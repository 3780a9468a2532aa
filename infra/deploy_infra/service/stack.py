"""The stack that a service's program runs for: its names, its provider, and the components it can make."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path

import pulumi
import pulumi_aws as aws

from deploy_infra import names
from deploy_infra.package import PackageError, package
from deploy_infra.policies.place import Place
from deploy_infra.policies.resource_types import resource_types
from deploy_infra.policies.wants import unadmitted
from deploy_infra.providers import provider
from deploy_infra.recording import RECORDING
from deploy_infra.service.bucket import Bucket
from deploy_infra.service.function import Function, FunctionSettings
from deploy_infra.service.http_api import HttpApi
from deploy_infra.service.queue import Queue
from deploy_infra.service.rights import GrantedByHand, May, Rights, RunsAs
from deploy_infra.settings import TargetSettings, load
from deploy_project.project_file import PROJECT_FILE, admitted
from deploy_project.stacks import RoleKind, arn, target_role_arn

_RUNTIME = "python3.13"
_ARCHITECTURE = "arm64"
_VISIBILITY = 180
_LOG_DAYS = 30
_LAMBDA = "lambda.amazonaws.com"


def this_stack(file: str) -> ThisStack:
    """The stack that Pulumi is running. `file` is the program's own `__file__`: its project is the folder above with a Pulumi.yaml.

    Raises pulumi.RunError where the stack's settings are not what they must be.
    """
    folder = Path(file).resolve().parent
    root = next((each for each in (folder, *folder.parents) if (each / PROJECT_FILE).is_file()), None)
    if root is None:
        raise pulumi.RunError(f"there is no {PROJECT_FILE} in {folder} or above it")
    settings = load(root)
    if not isinstance(settings, TargetSettings) or settings.is_access:
        raise pulumi.RunError(f"{settings.stack} is no stack of a service: `deploy bootstrap` makes it")
    services = admitted(root)
    if not RECORDING.get():
        pulumi.runtime.register_stack_transformation(partial(_admit, services))
    here = ThisStack(settings, folder, services)
    pulumi.runtime.register_stack_transformation(partial(_provided, here.provider))
    return here


def _admit(services: Collection[str], args: pulumi.ResourceTransformationArgs) -> None:
    """Refuse a resource of a service that the account does not admit as soon as it is asked for: in a preview too."""
    kind = resource_types().get(args.type_)
    if kind and kind.service not in services:
        raise pulumi.RunError(unadmitted(kind.service, [f"{args.type_} {args.name}"]))


def _provided(
    provider: aws.Provider, args: pulumi.ResourceTransformationArgs
) -> pulumi.ResourceTransformationResult | None:
    """Give this stack's provider to a resource of `pulumi_aws` for which neither the program nor a parent has chosen one."""
    opts, parent = args.opts, args.opts.parent
    chosen = opts.provider or opts.providers or (parent and parent.get_provider(args.type_))
    if chosen or not args.type_.startswith("aws:"):
        return None
    given = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(provider=provider))
    return pulumi.ResourceTransformationResult(args.props, given)


class ThisStack:
    """One stack of a service. What it makes is called `SERVICE-STACK-NAME`, or `SERVICE-STACK` where NAME is the service's own.

    Every resource of `pulumi_aws` that the program makes after it gets its `provider`, unless it is given another one. A data source
    has to be given it: `opts=pulumi.InvokeOptions(provider=here.provider)`.
    """

    def __init__(self, settings: TargetSettings, folder: Path, services: Collection[str]) -> None:
        target = settings.target
        self._settings = settings
        self._folder = folder
        self._place = Place(settings.project, settings.stack, target.account, target.region)
        self.service, self.stack = settings.project, settings.stack
        self.account, self.region = target.account, target.region
        self.provider = provider(settings, services)
        self.opts = pulumi.ResourceOptions(provider=self.provider)

    def name(self, thing: str) -> str:
        """What a thing of this stack is called in AWS."""
        return self._place.name(thing)

    def bucket(self, name: str) -> Bucket:
        """A private bucket. Bucket names are worldwide, so the account is part of its name."""
        called = f"{self.name(name)}-{self.account}"
        return Bucket(name, bucket=called, empties=self._settings.run.empty_buckets, opts=self.opts)

    def queue(self, name: str, *, visibility: int = _VISIBILITY) -> Queue:
        """A queue, and one for what failed. `visibility` is in seconds."""
        called = self.name(name)
        its = arn("sqs", called, region=self.region, account=self.account)
        return Queue(name, queue=called, arn=its, visibility=visibility, opts=self.opts)

    def function(
        self,
        name: str,
        *,
        code: str,
        handler: str,
        may: May = (),
        on: Sequence[Queue] = (),
        environment: Mapping[str, pulumi.Input[str]] | None = None,
        layers: Sequence[pulumi.Input[str]] = (),
        memory: int = 128,
        timeout: int = 10,
        log_days: int = _LOG_DAYS,
        runtime: str = _RUNTIME,
        architecture: str = _ARCHITECTURE,
        description: str = "",
    ) -> Function:
        """A function whose code is the folder or the zip `code`, relative to the program's own folder.

        It may do what `may` says, and works off the queues `on`.

        `memory` is in MB, `timeout` in seconds, its log is kept for `log_days`. Raises pulumi.RunError for what AWS would refuse.
        """
        try:
            settings = FunctionSettings(handler, runtime, architecture, memory, timeout, log_days)
        except ValueError as error:
            raise pulumi.RunError(f"function {name}: {error}") from None
        received = [queue.receive for queue in on]
        return Function(
            name,
            function=self.name(name),
            role_arn=self._runs_as(name, [*may, *received], _LAMBDA, log_days),
            code=self._packed(code),
            settings=settings,
            environment=environment or {},
            layers=layers,
            on=on,
            description=description,
            opts=self.opts,
        )

    def _packed(self, code: str) -> pulumi.FileArchive:
        """The folder's files under its own name, or the zip as it is; the same bytes for the same files, in every account."""
        source = self._folder / code
        try:
            packed = package(source, prefix="" if source.suffix == ".zip" else source.name)
        except PackageError as error:
            raise pulumi.RunError(str(error)) from None
        return pulumi.FileArchive(str(packed.path))

    def http_api(
        self,
        name: str,
        routes: Mapping[str, Function],
        *,
        cors: aws.apigatewayv2.ApiCorsConfigurationArgs | None = None,
        description: str = "",
    ) -> HttpApi:
        """An HTTP API: which route, such as `GET /items/{key}`, calls which function."""
        return HttpApi(name, api=self.name(name), routes=routes, cors=cors, description=description, opts=self.opts)

    def execution_role(self, name: str, *, may: May, runs_in: str = _LAMBDA) -> str:
        """The ARN of a role that something made by hand runs as; the access layer makes it. `runs_in` is the service that takes it."""
        return self._runs_as(name, may, runs_in, _LOG_DAYS)

    def _runs_as(self, name: str, may: May, runs_in: str, log_days: int) -> str:
        role = names.execution_role(self.name(name))
        logs = names.log_group(self.name(name)) if runs_in == _LAMBDA else ""
        kept = log_days if logs else 0
        RunsAs(name, role=role, runs_in=runs_in, may=may, log_group=logs, retention=kept, opts=self.opts)
        return target_role_arn(self.account, RoleKind.EXECUTION, role)

    def grant(self, name: str, actions: Sequence[str], *arns: str) -> None:
        """Let whoever deploys this stack do more than follows from its resources: IAM actions, on these ARNs. `name` says what for."""
        GrantedByHand(name, Rights(tuple(actions), arns), self.opts)
