"""The SAM endpoint's own server as a process, asked by the project's masker through boto3, and by hand."""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import cv2
import httpx
import numpy as np
import pytest
from django.conf import settings
from PIL import Image

from aws_double import environment
from launcher.tether import tether
from photos import weights
from photos.detection.local import LocalDetector
from photos.masking.deployment import CODE, WEIGHTS
from photos.masking.sagemaker import SageMakerMasker
from photos.pictures import decode
from photos.types import Face, MaskScope, Pixels
from tests.own_clients import own_clients

PICTURE = (settings.BASE_DIR / "tests" / "pictures" / "astronaut.jpg").read_bytes()
HEAD_BOX = [150, 10, 310, 195]
HEAD = [(192, 32), (233, 15), (270, 28), (293, 50), (302, 83), (297, 110), (278, 133), (267, 137), (257, 160)]
HEAD += [(253, 183), (237, 191), (213, 187), (187, 180), (183, 150), (182, 132), (172, 117), (155, 103), (153, 72)]
HEAD += [(163, 52)]
"""Head, hair and neck down to the suit, drawn by hand."""


def there() -> bool:
    try:
        return all(weights.path(name) for name in WEIGHTS)
    except weights.WeightsMissing:
        return False


pytestmark = pytest.mark.skipif(not there(), reason="model weights are missing: run ./run once")


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    """The address of a server that a process of its own runs, as in the container but for the address."""
    variables = {**os.environ, "SM_MODEL_DIR": str(settings.WEIGHTS_DIR), "BIND": "127.0.0.1", "PORT": "0"}
    command = [sys.executable, str(CODE / "server.py"), "serve"]
    server = subprocess.Popen(command, env=variables, stdout=subprocess.PIPE, text=True, preexec_fn=tether())
    assert server.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline().rsplit(' ', 1)[1])}"
    finally:
        server.terminate()
        assert server.wait(10) == 0


@pytest.fixture
def aws(endpoint: str) -> Iterator[None]:
    """boto3's sagemaker-runtime leads to the server."""
    with own_clients(environment("http://127.0.0.1:9") | {"AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME": endpoint}):
        yield


@pytest.fixture(scope="module")
def picture() -> Pixels:
    return decode(PICTURE)


@pytest.fixture(scope="module")
def face() -> Face:
    (found,) = LocalDetector().detect(PICTURE)
    return found


def drawn(picture: Pixels) -> np.ndarray:
    return cv2.fillPoly(np.zeros(picture.shape[:2], np.uint8), [np.array(HEAD)], 1) > 0


def overlap(one: np.ndarray, other: np.ndarray) -> float:
    """Intersection over union."""
    return float((one & other).sum() / (one | other).sum())


def request(**changes: Any) -> dict[str, Any]:
    return {"encode_image": base64.b64encode(PICTURE).decode(), "input_box": HEAD_BOX, **changes}


def asked(endpoint: str, body: dict[str, Any]) -> httpx.Response:
    return httpx.post(f"{endpoint}/invocations", json=body, timeout=60)


# --- masks ---------------------------------------------------------------------------------------


def test_the_masker_gets_the_head_as_a_hand_draws_it(aws, picture: Pixels, face: Face):
    # Given the endpoint in place of AWS, When the project's own masker asks for the head
    masked = SageMakerMasker().mask(picture, face, MaskScope.HEAD)
    # Then it is the drawn head, and the person holds it and much of the suit
    assert overlap(masked.keep > 127, drawn(picture)) > 0.9
    assert (masked.person > 127)[drawn(picture)].mean() > 0.95
    assert 0.3 < (masked.person > 127).mean() < 0.5


def test_a_face_is_less_than_a_head(aws, picture: Pixels, face: Face):
    kept = SageMakerMasker().mask(picture, face, MaskScope.FACE).keep > 127
    assert kept[drawn(picture)].mean() < 0.7
    assert (kept & ~drawn(picture)).sum() < 0.1 * kept.sum()


def test_the_answer_is_a_picture_of_the_same_size_with_the_subject_black_on_white(endpoint: str, picture: Pixels):
    # When the endpoint is asked in the published form
    answer = asked(endpoint, request())
    # Then the answer is as published
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert set(answer.json()) == {"mask_image"}
    mask = Image.open(io.BytesIO(base64.b64decode(answer.json()["mask_image"])))
    assert (mask.format, mask.mode, mask.size) == ("PNG", "RGB", (512, 512))
    black = np.asarray(mask)[..., 0] == 0
    assert set(np.unique(np.asarray(mask))) == {0, 255}
    assert overlap(black, drawn(picture)) > 0.9


def test_it_says_that_it_is_there(endpoint: str):
    assert httpx.get(f"{endpoint}/ping").status_code == 200
    assert httpx.get(f"{endpoint}/elsewhere").status_code == 404


# --- bad requests --------------------------------------------------------------------------------


def png(width: int, height: int) -> str:
    file = io.BytesIO()
    Image.new("1", (width, height)).save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"encode_image": base64.b64encode(PICTURE).decode()},
        request(encode_image="no Base64!"),
        request(encode_image=7),
        request(encode_image=""),
        request(encode_image=base64.b64encode(b"GIF89a no picture").decode()),
        request(encode_image=base64.b64encode(PICTURE[:20_000]).decode()),
        # 20 KB that would unpack to 300 MB.
        request(encode_image=png(10_000, 10_000)),
        request(input_box=None),
        request(input_box=[1, 2, 3]),
        request(input_box=[1, 2, "3", 4]),
        request(input_box=[True, 2, 3, 4]),
        request(input_box=[10, 10, 10, 20]),
        request(input_box=[-1, 0, 100, 100]),
        request(input_box=[0, 0, 513, 512]),
        request(input_box=[0, 0, 10**400, 512]),
    ],
)
def test_a_bad_request_is_refused_with_a_reason(endpoint: str, body: dict[str, Any]):
    answer = asked(endpoint, body)
    assert answer.status_code == 400
    assert answer.json()["error"]


@pytest.mark.parametrize("body", [b"", b"not JSON", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"a": NaN}'])
def test_a_body_of_another_form_is_refused(endpoint: str, body: bytes):
    answer = httpx.post(f"{endpoint}/invocations", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, list(answer.json())) == (400, ["error"])


def test_a_box_that_is_not_a_number_is_refused(endpoint: str):
    body = json.dumps(request(input_box=[0, 0, float("nan"), float("inf")])).encode()
    answer = httpx.post(f"{endpoint}/invocations", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400


def test_another_content_type_is_refused(endpoint: str):
    answer = httpx.post(f"{endpoint}/invocations", content=PICTURE, headers={"content-type": "image/jpeg"})
    assert answer.status_code == 400


def test_a_body_beyond_the_limit_is_refused_and_the_next_request_served(endpoint: str):
    with httpx.Client() as client:
        large = client.post(f"{endpoint}/invocations", json=request(encode_image="A" * 6_300_000), timeout=60)
        assert (large.status_code, list(large.json())) == (400, ["error"])
        assert client.get(f"{endpoint}/ping").status_code == 200


# --- a PyTorch-serving container -----------------------------------------------------------------


@pytest.fixture(scope="module")
def inference() -> ModuleType:
    """The module as a container loads it: by its path, with nothing of the project beside it."""
    spec = importlib.util.spec_from_file_location("sam_inference", CODE / "inference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def model(inference: ModuleType) -> Any:
    return inference.model_fn(str(settings.WEIGHTS_DIR))


@pytest.mark.parametrize("as_text", [True, False])
def test_the_four_functions_answer_as_the_server_does(inference: ModuleType, model: Any, endpoint: str, as_text: bool):
    # Given a body as text or bytes, as containers hand it over
    body: str | bytes = json.dumps(request()) if as_text else json.dumps(request()).encode()
    # When the functions are called in turn
    mask = inference.predict_fn(inference.input_fn(body, "application/json"), model)
    # Then the answer is the server's
    assert json.loads(inference.output_fn(mask, "*/*")) == asked(endpoint, request()).json()


def test_who_does_not_get_a_turn_in_time_is_told_so(inference: ModuleType, model: Any, monkeypatch):
    # Given models that are busy for longer than an answer may take
    monkeypatch.setattr(inference, "LONGEST_SECONDS", 0.01)
    question = inference.input_fn(json.dumps(request()), "application/json")
    # When another asks, Then it does not hang
    with model._free, pytest.raises(inference.Busy):
        inference.predict_fn(question, model)


def test_a_png_with_transparency_is_read_as_well(inference: ModuleType):
    file = io.BytesIO()
    Image.open(io.BytesIO(PICTURE)).convert("RGBA").save(file, "PNG")
    body = json.dumps(request(encode_image=base64.b64encode(file.getvalue()).decode()))
    question = inference.input_fn(body, "application/json; charset=utf-8")
    assert (question.picture.mode, question.picture.size) == ("RGB", (512, 512))


def test_the_code_ships_alone():
    # Given the code that goes into the container
    sources = [file.read_text() for file in CODE.glob("*.py")]
    # Then it imports nothing of the project, and each package is pinned
    rooms = ("django", "photos", "workers", "resumes", "resume_site", "launcher")
    assert not [room for room in rooms for source in sources if f"import {room}" in source or f"from {room}" in source]
    lines = (CODE / "requirements.txt").read_text().split()
    assert all(line.count("==") == 1 for line in lines)
    # The same versions as the project's own, with which these tests run.
    pins = (settings.BASE_DIR / "requirements.txt").read_text()
    assert all(f"\n{line} " in pins for line in lines)
