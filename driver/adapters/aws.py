"""Makes boto3 clients, and says AWS's refusals in our words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from driver.errors import NotReadyError

if TYPE_CHECKING:
    import boto3

T = TypeVar("T")

ATTEMPTS = 4
"""Tries of one call, with botocore's `standard` back-off; AccessDenied is never tried again."""


@dataclass(frozen=True)
class AwsSession:
    """A boto3 session whose clients all retry, time out and speak alike."""

    session: boto3.Session

    @classmethod
    def of_this_process(cls, region: str) -> AwsSession:
        """The identity that the ordinary AWS credential chain finds for this process."""
        import boto3

        return cls(boto3.Session(region_name=region))

    def client(self, service: str, region: str | None = None) -> Any:
        """A client of one service; S3 in path style, so that it also works where a bucket has no host name."""
        from botocore.config import Config

        config = Config(
            retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
            connect_timeout=5,
            read_timeout=30,
            s3={"addressing_style": "path"},
        )
        return self.session.client(service, region_name=region, config=config)  # type: ignore[call-overload] # the name is data here


def asking(what: str, call: Callable[[], T], *, remedies: dict[str, str] | None = None) -> T:
    """Make one AWS call. Raises NotReadyError that says what was asked, AWS's code and message, and the remedy for that code."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        return call()
    except NoCredentialsError:
        raise NotReadyError(
            f"{what}: there are no AWS credentials on this machine",
            remedy="run on an agent with the Jenkins instance profile; in the sandbox, `deploy sandbox up` and `deploy bootstrap` first",
        ) from None
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "Unknown")
        message = error.response.get("Error", {}).get("Message", str(error))
        raise NotReadyError(f"{what}: {code}: {message}", remedy=(remedies or {}).get(code, "")) from None
    except BotoCoreError as error:
        raise NotReadyError(f"{what}: {error}", remedy="check the endpoint, the region and the network") from None
