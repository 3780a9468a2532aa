"""The state's address and the secrets provider, as the engine wants them."""

from __future__ import annotations

from deploy_driver.adapters.engine.workdir import secrets_provider, state_url
from deploy_driver.values import Backend

BACKEND = Backend("111111111111", "eu-central-1", "deploy-state-111111111111", "alias/deploy-state")


def test_on_aws_a_bucket_is_reached_by_its_name_and_region() -> None:
    assert state_url(BACKEND, {}) == "s3://deploy-state-111111111111?region=eu-central-1"


def test_an_endpoint_of_ones_own_serves_the_state_too() -> None:
    url = state_url(BACKEND, {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"})
    assert url == (
        "s3://deploy-state-111111111111?region=eu-central-1&s3ForcePathStyle=true&endpoint=http%3A%2F%2F127.0.0.1%3A4566"
    )


def test_secrets_are_encrypted_by_the_key_of_the_backend() -> None:
    assert secrets_provider(BACKEND) == "awskms://alias/deploy-state?region=eu-central-1"
