"""The request against the reference data's description of POST /responses."""

import os
import re
from pathlib import Path
from typing import Any

import yaml
from openapi_schema_validator import OAS31Validator

from mia_core.settings import XaiSettings
from mia_core.xai.wire import request_body
from tests.core.xai.conftest import PROMPT

DATA = Path(os.environ["MIA_REFERENCE_DATA"]) / "xai"


def body() -> dict[str, Any]:
    return request_body(XaiSettings(reasoning_effort="low"), PROMPT)


def test_the_request_fits_the_schema_of_create_response() -> None:
    document = yaml.safe_load((DATA / "tryAGI-xai-openapi.yaml").read_text())
    schema = {"$ref": "#/components/schemas/CreateResponseRequest", "components": document["components"]}
    assert [error.message for error in OAS31Validator(schema).iter_errors(body())] == []


def test_every_field_of_the_request_is_one_that_xai_names() -> None:
    text = (DATA / "xai-official-keyschemas.yaml").read_text()  # a note in YAML's manner, not YAML
    section = text.split("\nModelRequest:")[1].split("\nModelInputPart:")[0]
    assert set(body()) <= set(re.findall(r"[{ ](\w+):", section))
