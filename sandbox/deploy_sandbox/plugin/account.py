"""The account that the provider works in: who and where it is, and one lazily made client per AWS service."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deploy_sandbox.plugin.errors import PluginError, StoppedError, explained
from deploy_sandbox.plugin.session import ProviderIdentity, identity

if TYPE_CHECKING:
    from mypy_boto3_apigatewayv2.client import ApiGatewayV2Client
    from mypy_boto3_cloudtrail.client import CloudTrailClient
    from mypy_boto3_iam.client import IAMClient
    from mypy_boto3_lambda.client import LambdaClient
    from mypy_boto3_logs.client import CloudWatchLogsClient
    from mypy_boto3_s3.client import S3Client

    from deploy_sandbox.plugin.settings import Settings


class EnteredAccount:
    """One AWS account in one region, entered as the settings say."""

    def __init__(
        self, entered: ProviderIdentity, caller_arn: str, settings: Settings, cancelled: threading.Event
    ) -> None:
        self.partition, self.id = (caller_arn.split(":")[index] for index in (1, 4))
        self.region = settings.region
        self.default_tags = settings.default_tags
        self._session = entered.session
        self._cancelled = cancelled
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    def pause(self, seconds: float) -> None:
        """Wait for AWS to settle; StoppedError when the engine asks to stop meanwhile."""
        if self._cancelled.wait(seconds):
            raise StoppedError("stopped while waiting for AWS, because the engine asked to")

    def client(self, service: Any, config: Config | None = None) -> Any:
        """The client of a service, made when it is first asked for."""
        with self._lock:  # making a client is not thread-safe; using one is
            if service not in self._clients:
                self._clients[service] = self._session.client(service, config=config)
            return self._clients[service]

    @property
    def apigatewayv2(self) -> ApiGatewayV2Client:
        return self.client("apigatewayv2")  # type: ignore[no-any-return]

    @property
    def cloudtrail(self) -> CloudTrailClient:
        return self.client("cloudtrail")  # type: ignore[no-any-return]

    @property
    def iam(self) -> IAMClient:
        return self.client("iam")  # type: ignore[no-any-return]

    @property
    def functions(self) -> LambdaClient:
        return self.client("lambda")  # type: ignore[no-any-return]

    @property
    def logs(self) -> CloudWatchLogsClient:
        return self.client("logs")  # type: ignore[no-any-return]

    @property
    def s3(self) -> S3Client:
        return self.client("s3")  # type: ignore[no-any-return]

    @property
    def s3_control(self) -> Any:
        """Its host is ACCOUNT before the endpoint's: on loopback no name at all, so the sandbox is asked as a proxy."""
        return self.client("s3control", Config(proxies={"http": self.s3.meta.endpoint_url}))


def enter(settings: Settings, cancelled: threading.Event) -> EnteredAccount:
    """Become who the settings say and look where that is. PluginError when it is not an allowed account."""
    entered = identity(settings)
    try:
        arn = entered.session.client("sts").get_caller_identity()["Arn"]
    except (ClientError, BotoCoreError) as error:
        raise explained(error, subject="provider configuration") from error
    found = EnteredAccount(entered, arn, settings, cancelled)
    if settings.allowed_accounts and found.id not in settings.allowed_accounts:
        raise PluginError(
            f"wrong AWS account: expected {' or '.join(settings.allowed_accounts)} (allowedAccountIds), got {found.id} as {arn}",
        )
    return found
