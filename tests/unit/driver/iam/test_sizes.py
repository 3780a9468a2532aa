"""Sizes are counted as AWS counts them, and a warning comes before the refusal."""

from __future__ import annotations

import pytest

from deploy_driver.assurance.iam.sizes import Size, size
from deploy_project.seam import DocumentKind, kind_of
from tests.unit.driver.iam.shipped import STACKS, allowing, stacks


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("deployment.policy", DocumentKind.INLINE),
        ("boundary", DocumentKind.MANAGED),
        ("deploy.trust", DocumentKind.TRUST),
        ("preview.session", DocumentKind.SESSION),
        ("trail", DocumentKind.BUCKET),
    ],
)
def test_a_document_is_measured_by_what_it_is(name: str, kind: DocumentKind) -> None:
    assert kind_of(name) is kind


def test_white_space_counts_only_where_aws_counts_it() -> None:
    spaced = allowing("s3:GetObject", Sid="with spaces")
    assert size("a.session", spaced).characters == size("a.policy", spaced).characters + 1
    assert size("a.policy", spaced).characters == size("boundary", spaced).characters


def test_a_warning_from_eighty_percent_on_and_too_big_above_all_of_it() -> None:
    assert [
        (found.near, found.too_big) for found in (Size(79, 100), Size(80, 100), Size(100, 100), Size(101, 100))
    ] == [
        (False, False),
        (True, False),
        (True, False),
        (False, True),
    ]


@pytest.mark.parametrize("stack", STACKS)
def test_the_shipped_documents_are_well_below_their_quotas(stack: str) -> None:
    sizes = {name: size(name, document) for name, document in stacks()[stack].items()}
    assert not [name for name, found in sizes.items() if found.near or found.too_big]
