"""Which operation a method and a path mean.

https://docs.aws.amazon.com/amazonglacier/latest/dev/amazon-glacier-api.html
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from glacier_manifest.sandbox import multipart_operations as multipart
from glacier_manifest.sandbox import vault_operations as vaults
from glacier_manifest.sandbox.accepting import initiate_job
from glacier_manifest.sandbox.asks import Ask
from glacier_manifest.sandbox.glacier import Glacier
from glacier_manifest.sandbox.job_operations import describe_job, list_jobs
from glacier_manifest.sandbox.outputs import get_job_output
from glacier_manifest.sandbox.wire import Answer, Request

Act = Callable[[Glacier, Ask], Answer]
UNKNOWN = "UnknownOperation"

#: The path's fixed words, how many parts it has, and the method, to an operation.
_ROUTES: Mapping[tuple[str, str, int], str] = MappingProxyType(
    {
        ("GET", "vaults", 2): "ListVaults",
        ("PUT", "vaults", 3): "CreateVault",
        ("GET", "vaults", 3): "DescribeVault",
        ("DELETE", "vaults", 3): "DeleteVault",
        ("POST", "vaults/archives", 4): "UploadArchive",
        ("DELETE", "vaults/archives", 5): "DeleteArchive",
        ("POST", "vaults/jobs", 4): "InitiateJob",
        ("GET", "vaults/jobs", 4): "ListJobs",
        ("GET", "vaults/jobs", 5): "DescribeJob",
        ("GET", "vaults/jobs/output", 6): "GetJobOutput",
        ("POST", "vaults/multipart-uploads", 4): "InitiateMultipartUpload",
        ("PUT", "vaults/multipart-uploads", 5): "UploadMultipartPart",
        ("POST", "vaults/multipart-uploads", 5): "CompleteMultipartUpload",
        ("DELETE", "vaults/multipart-uploads", 5): "AbortMultipartUpload",
        ("GET", "vaults/notification-configuration", 4): "GetVaultNotifications",
        ("PUT", "vaults/notification-configuration", 4): "SetVaultNotifications",
        ("DELETE", "vaults/notification-configuration", 4): "DeleteVaultNotifications",
        ("GET", "vaults/tags", 4): "ListTagsForVault",
        ("POST", "vaults/tags", 4): "AddTagsToVault",
        ("GET", "policies", 3): "GetDataRetrievalPolicy",
        ("PUT", "policies", 3): "SetDataRetrievalPolicy",
        ("GET", "provisioned-capacity", 2): "ListProvisionedCapacity",
    }
)

ACTS: Mapping[str, Act] = MappingProxyType(
    {
        "ListVaults": vaults.list_vaults,
        "CreateVault": vaults.create_vault,
        "DescribeVault": vaults.describe_vault,
        "DeleteVault": vaults.delete_vault,
        "UploadArchive": vaults.upload_archive,
        "DeleteArchive": vaults.delete_archive,
        "InitiateJob": initiate_job,
        "ListJobs": list_jobs,
        "DescribeJob": describe_job,
        "GetJobOutput": get_job_output,
        "InitiateMultipartUpload": multipart.initiate_multipart_upload,
        "UploadMultipartPart": multipart.upload_multipart_part,
        "CompleteMultipartUpload": multipart.complete_multipart_upload,
        "AbortMultipartUpload": multipart.abort_multipart_upload,
        "GetVaultNotifications": vaults.get_vault_notifications,
        "SetVaultNotifications": vaults.set_vault_notifications,
        "DeleteVaultNotifications": vaults.delete_vault_notifications,
        "ListTagsForVault": vaults.list_tags,
        "AddTagsToVault": vaults.change_tags,
        "RemoveTagsFromVault": vaults.change_tags,
        "GetDataRetrievalPolicy": vaults.get_data_retrieval_policy,
        "SetDataRetrievalPolicy": vaults.set_data_retrieval_policy,
        "ListProvisionedCapacity": vaults.list_provisioned_capacity,
    }
)


@dataclass(frozen=True, slots=True)
class Route:
    """Where a request goes.

    Attributes:
        operation: the API's name; `UnknownOperation` for what the sandbox does not know.
        account: the path's first part.
        vault: the vault's name, or empty.
        target: the job, archive or upload ID, or empty.
    """

    operation: str
    account: str
    vault: str
    target: str


def route(request: Request) -> Route:
    """Return where a request goes."""
    parts = request.segments
    words = "/".join(parts[1::2])
    operation = _ROUTES.get((request.method, words, len(parts)), UNKNOWN)
    if operation == "AddTagsToVault" and request.query.get("operation") == "remove":
        operation = "RemoveTagsFromVault"
    is_vault = len(parts) > 2 and parts[1] == "vaults"  # noqa: PLR2004 - account, "vaults", name
    return Route(
        operation,
        parts[0],
        parts[2] if is_vault else "",
        parts[4] if is_vault and len(parts) > 4 else "",  # noqa: PLR2004 - the ID is the fifth part
    )
