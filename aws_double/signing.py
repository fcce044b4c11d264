"""Checks Signature Version 4 with the double's only key pair."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from aws_double.answers import Refusal

ACCESS_KEY = "AKIDDOUBLE"
SECRET_KEY = "a-secret-that-opens-nothing"
REGION = "us-east-1"
SKEW = timedelta(minutes=5)

AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request, "
    r"SignedHeaders=(?P<headers>[a-z0-9;-]+), Signature=(?P<signature>[0-9a-f]{64})"
)


def environment(url: str) -> dict[str, str]:
    """Environment variables with which a process calls the double instead of AWS."""
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        # Ignore the AWS files of the developer.
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def check(method: str, url: str, headers: Mapping[str, str], body: bytes, service: str) -> None:
    """Check the signature. Raises Refusal as AWS answers to a wrong or missing one."""
    said = AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if said is None:
        raise Refusal(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
    if said["key"] != ACCESS_KEY:
        raise Refusal(403, "UnrecognizedClientException", "The security token included in the request is invalid.")
    stamp = headers.get("x-amz-date", "")
    try:
        signed_at = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise Refusal(403, "IncompleteSignatureException", "Date must be in ISO-8601 basic format") from None
    if abs(datetime.now(UTC) - signed_at) > SKEW:
        raise Refusal(403, "InvalidSignatureException", "Signature expired")
    if said["service"] != service or said["day"] != stamp[:8] or "host" not in said["headers"].split(";"):
        raise Refusal(403, "InvalidSignatureException", "Credential should be scoped to correct service.")
    declared = headers.get("x-amz-content-sha256")
    if declared and declared != hashlib.sha256(body).hexdigest():
        raise Refusal(400, "XAmzContentSHA256Mismatch", "The provided header does not match what was computed.")
    if not hmac.compare_digest(_signature(method, url, headers, body, said), said["signature"]):
        raise Refusal(403, "InvalidSignatureException", "The request signature we calculated does not match.")


def _signature(method: str, url: str, headers: Mapping[str, str], body: bytes, said: re.Match[str]) -> str:
    signed = {name: headers.get(name, "") for name in said["headers"].split(";")}
    request = AWSRequest(method=method, url=url, headers=signed, data=body)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY), said["service"], said["region"])
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signature: str = signer.signature(text, request)
    return signature
