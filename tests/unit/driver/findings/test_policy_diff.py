"""Two documents that mean the same are alike however they are written; every change of meaning is told."""

from __future__ import annotations

from typing import Any

import pytest

from deploy_driver.assurance.findings.policy_diff import differences

DERIVED: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:ListBucket"],
            "Resource": ["arn:aws:s3:::a", "arn:aws:s3:::a/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "true"}},
        },
        {"Effect": "Deny", "NotAction": ["s3:*", "lambda:*"], "Resource": "*"},
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "arn:aws:iam::111111111111:root"}},
    ],
}


def changed(statement: int, **facts: Any) -> dict[str, Any]:
    statements = [dict(one) for one in DERIVED["Statement"]]
    statements[statement] |= facts
    return {**DERIVED, "Statement": statements}


@pytest.mark.parametrize(
    "same",
    [
        DERIVED,
        {**DERIVED, "Statement": DERIVED["Statement"][::-1]},
        changed(0, Sid="Other"),
        changed(0, Action=["s3:listbucket", "s3:GetObject", "s3:GetObject"]),
        changed(0, Resource=["arn:aws:s3:::a/*", "arn:aws:s3:::a"]),
        changed(0, Condition={"bool": {"AWS:securetransport": [True]}}),
        changed(1, NotAction=["lambda:*", "s3:*"], Resource=["*"]),
        changed(2, Principal={"AWS": ["111111111111"]}),
        {
            **DERIVED,
            "Statement": [
                *DERIVED["Statement"][1:],
                *(changed(0, Action=action)["Statement"][0] for action in ("s3:GetObject", "s3:ListBucket")),
            ],
        },
    ],
)
def test_what_means_the_same_is_alike(same: dict[str, Any]) -> None:
    assert differences(DERIVED, same) == ""


@pytest.mark.parametrize(
    ("other", "says"),
    [
        (changed(0, Action=["s3:GetObject"]), "no longer: Allow s3:listbucket on arn:aws:s3:::a"),
        (changed(0, Action=["s3:GetObject", "s3:ListBucket", "s3:PutObject"]), "besides: Allow s3:putobject"),
        (changed(0, Resource="*"), "besides: Allow s3:getobject on *"),
        (changed(0, Condition={}), "under other conditions: Allow s3:getobject"),
        (changed(0, Effect="Deny"), "besides: Deny s3:getobject"),
        (changed(1, NotAction=["s3:*", "lambda:*", "iam:*"]), "all but iam:* lambda:* s3:*"),
        (changed(2, Principal={"AWS": "222222222222"}), "by AWS:arn:aws:iam::222222222222:root"),
        (changed(2, Principal="*"), "by AWS:*"),
        ({**DERIVED, "Version": "2008-10-17"}, "version 2008-10-17 instead of 2012-10-17"),
        ({}, "no longer"),
    ],
)
def test_every_change_of_meaning_is_told(other: dict[str, Any], says: str) -> None:
    assert says in differences(DERIVED, other)


def test_a_rewritten_policy_is_told_in_a_few_words() -> None:
    many = changed(0, Action=[f"s3:Get{number}" for number in range(100)])
    assert "and 197 more" in differences(DERIVED, many)
