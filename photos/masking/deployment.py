"""Creates or updates the SAM endpoint: artifact to S3, then model, endpoint configuration, endpoint.

A name ends with a hash of its content. So a second run finds everything there, and a run that broke off can be
repeated. What an endpoint no longer uses is kept for going back. It costs only its bytes in S3.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from django.conf import settings

from photos import weights

CODE = Path(settings.BASE_DIR) / "deploy" / "sagemaker_sam"
CODE_FILES = ("inference.py", "server.py", "requirements.txt")
WEIGHTS = ("mobile_sam_encoder.onnx", "mobile_sam_decoder.onnx")

ENVIRONMENT = {
    "SAGEMAKER_PROGRAM": "inference.py",
    "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
    # One process uses every core. Several would hold the models several times.
    "SAGEMAKER_MODEL_SERVER_WORKERS": "1",
    "SAGEMAKER_MODEL_SERVER_TIMEOUT": "60",
}
"""Read by PyTorch-serving containers; our own server needs none of it."""
LONGEST_NAME = 63
"""Longest name of a model, configuration or endpoint, in characters."""
DIGITS = 12
"""Digits of the hash in a name."""

Say = Callable[[str], None]


class DeploymentFailed(Exception):
    """Its message is for the operator: AWS's answer, or what must be done first."""


@dataclass(frozen=True)
class Serverless:
    """Paid by use, with cold starts. Requests of at most 4 MB. The memory decides the number of processors."""

    memory_megabytes: int = 4096
    """1,024 to 6,144 in steps of 1,024. The server needs about half a gigabyte."""
    at_once: int = 4
    """Requests at once. More are refused as throttled, not queued."""

    def variant(self) -> dict[str, Any]:
        return {"ServerlessConfig": {"MemorySizeInMB": self.memory_megabytes, "MaxConcurrency": self.at_once}}


@dataclass(frozen=True)
class Instances:
    """Paid by the hour, always warm; a request of at most 6,291,456 bytes."""

    type: str
    count: int = 1

    def variant(self) -> dict[str, Any]:
        return {"InstanceType": self.type, "InitialInstanceCount": self.count, "InitialVariantWeight": 1.0}


@dataclass(frozen=True)
class Wanted:
    endpoint: str
    bucket: str
    role: str
    """ARN of the role with which SageMaker fetches artifact and image."""
    image: str
    """Address of the container's image in ECR: deploy/sagemaker_sam/Dockerfile's, or one that serves PyTorch."""
    hardware: Serverless | Instances = field(default_factory=Serverless)


@dataclass(frozen=True)
class Call:
    service: str
    operation: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Plan:
    """Every call that changes something, in order. `create` is for a missing endpoint, `update` for an existing one."""

    upload: Call
    model: Call
    configuration: Call
    create: Call
    update: Call


# --- the artifact --------------------------------------------------------------------------------


def _members() -> dict[str, Path]:
    """Files by their path in model.tar.gz. Raises weights.WeightsMissing."""
    code = {f"code/{name}": CODE / name for name in CODE_FILES}
    return code | {name: weights.path(name) for name in WEIGHTS}


def _digest(members: dict[str, Path]) -> str:
    """The hash of names and contents. Not of the archive, since compressors give different bytes."""
    sums = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in members.items()}
    return _hash(sums)


def pack(members: dict[str, Path], file: IO[bytes]) -> None:
    """Write model.tar.gz, without times and owners."""
    # The weights hardly compress, so the fastest level is enough.
    with (
        gzip.GzipFile(fileobj=file, mode="wb", mtime=0, compresslevel=1, filename="") as packed,
        tarfile.open(fileobj=packed, mode="w") as archive,
    ):
        for name, source in sorted(members.items()):
            entry = tarfile.TarInfo(name)
            entry.size = source.stat().st_size
            entry.mode = 0o644
            with source.open("rb") as opened:
                archive.addfile(entry, opened)


# --- the plan ------------------------------------------------------------------------------------


def plan(wanted: Wanted) -> Plan:
    """The plan, made without any call. Raises weights.WeightsMissing when the weights cannot be hashed."""
    key = f"sam/{_digest(_members())[:DIGITS]}/model.tar.gz"
    model = {
        "ExecutionRoleArn": wanted.role,
        "PrimaryContainer": {
            "Image": wanted.image,
            "ModelDataUrl": f"s3://{wanted.bucket}/{key}",
            "Environment": ENVIRONMENT,
        },
    }
    model_name = _named(wanted.endpoint, model)
    configuration = {
        "ProductionVariants": [{"VariantName": "all", "ModelName": model_name, **wanted.hardware.variant()}]
    }
    configuration_name = _named(wanted.endpoint, configuration)
    endpoint = {"EndpointName": wanted.endpoint, "EndpointConfigName": configuration_name}
    return Plan(
        upload=Call("s3", "put_object", {"Bucket": wanted.bucket, "Key": key, "ContentType": "application/gzip"}),
        model=Call("sagemaker", "create_model", {"ModelName": model_name, **model}),
        configuration=Call(
            "sagemaker", "create_endpoint_config", {"EndpointConfigName": configuration_name, **configuration}
        ),
        create=Call("sagemaker", "create_endpoint", endpoint),
        update=Call("sagemaker", "update_endpoint", endpoint),
    )


def _named(endpoint: str, parameters: dict[str, Any]) -> str:
    return f"{endpoint[: LONGEST_NAME - DIGITS - 1].rstrip('-')}-{_hash(parameters)[:DIGITS]}"


def _hash(value: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


# --- carrying it out -----------------------------------------------------------------------------


def deploy(wanted: Wanted, say: Say) -> None:
    """Carry out the missing part of the plan. Returns when AWS has accepted it; the endpoint then needs some minutes.

    Raises DeploymentFailed and weights.WeightsMissing. Credentials and region come from boto3's own environment.
    """
    planned = plan(wanted)
    try:
        _carry_out(planned, boto3.client("s3"), boto3.client("sagemaker"), say)
    except (BotoCoreError, ClientError) as error:
        raise DeploymentFailed(str(error)) from error


def _carry_out(planned: Plan, s3: Any, sagemaker: Any, say: Say) -> None:
    name = planned.create.parameters["EndpointName"]
    endpoint = _found(lambda: sagemaker.describe_endpoint(EndpointName=name))
    if endpoint is not None and endpoint["EndpointStatus"] != "InService":
        raise DeploymentFailed(_advice(name, endpoint))
    if endpoint is not None and endpoint["EndpointConfigName"] == planned.update.parameters["EndpointConfigName"]:
        say(f"{name} is up to date")
        return
    _upload(planned.upload, s3, say)
    model_name = planned.model.parameters["ModelName"]
    if _found(lambda: sagemaker.describe_model(ModelName=model_name)) is None:
        _make(planned.model, sagemaker, say)
    configuration_name = planned.configuration.parameters["EndpointConfigName"]
    if _found(lambda: sagemaker.describe_endpoint_config(EndpointConfigName=configuration_name)) is None:
        _make(planned.configuration, sagemaker, say)
    _make(planned.create if endpoint is None else planned.update, sagemaker, say)


def _upload(call: Call, s3: Any, say: Say) -> None:
    where = {name: call.parameters[name] for name in ("Bucket", "Key")}
    if _found(lambda: s3.head_object(**where)) is not None:
        return
    with tempfile.TemporaryFile() as file:
        pack(_members(), file)
        say(f"s3 put_object {call.parameters['Key']}, {file.tell() / 1e6:.0f} MB")
        file.seek(0)
        s3.put_object(**call.parameters, Body=file)


def _make(call: Call, client: Any, say: Say) -> None:
    names = ", ".join(value for key, value in call.parameters.items() if key.endswith("Name"))
    say(f"{call.service} {call.operation} {names}")
    getattr(client, call.operation)(**call.parameters)


def _found(ask: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """The description, or None when there is nothing to describe."""
    try:
        return ask()
    except ClientError as error:
        said = error.response.get("Error", {})
        # SageMaker has no error code for "not found".
        if said.get("Code") == "404" or "could not find" in said.get("Message", "").lower():
            return None
        raise


def _advice(name: str, endpoint: dict[str, Any]) -> str:
    status = endpoint["EndpointStatus"]
    if status == "Failed":
        return f"{name} failed ({endpoint.get('FailureReason', 'no reason given')}): delete it, then deploy again"
    return f"{name} is {status}: deploy again when it is InService"
