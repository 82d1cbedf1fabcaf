import pytest

from glacier_manifest.aws.descriptions import account_in, read_job, required


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("arn:aws:glacier:us-west-2:012345678901:vaults/photos", "012345678901"),
        ("arn:aws-cn:glacier:cn-north-1:012345678901:vaults/photos", "012345678901"),
        ("Vault not found for ARN: arn:aws:glacier:us-west-2:012345678901:vaults/x", "012345678901"),
        ("Vault not found for ARN: testz:z", None),
        ("arn:aws:sns:us-west-2:012345678901:my-topic", None),
        ("", None),
        (None, None),
    ],
)
def test_an_account_is_read_from_the_arn_of_a_vault(text: str | None, account: str | None) -> None:
    assert account_in(text) == account


def test_an_emulators_job_that_lacks_most_fields_can_be_read() -> None:
    job = read_job(
        {
            "Action": "ArchiveRetrieval",
            "CreationDate": "2026-11-23T11:00:00.000Z",
            "JobDescription": None,
            "JobId": "J",
            "StatusCode": "InProgress",
        },
        None,
    )

    assert (job.job_id, job.completed, job.description, job.marker) == ("J", False, None, None)
    assert (job.completed_at, job.inventory, job.archive_size) == (None, None, None)


def test_an_empty_list_is_an_answer_and_no_list_is_none() -> None:
    assert required({"JobList": []}, "JobList") == []
    with pytest.raises(ValueError, match="the answer has no JobList"):
        required({}, "JobList")
