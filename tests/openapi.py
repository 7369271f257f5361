"""Checks recorded answers against X's own OpenAPI documents; needs the reference data (MIA_REFERENCE_DATA)."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

DOCUMENTS = ("openapi.json", "openapi-2.157.json")


@dataclass(frozen=True)
class OpenApi:
    """One OpenAPI 3.0 document."""

    document: Mapping[str, Any]

    def check_answer(self, method: str, path: str, status: int, content_type: str, body: object) -> None:
        """Raises AssertionError, with every fault, when the answer is not one that the document describes."""
        answers = self._operation(method, path)["responses"]
        described = answers.get(str(status), answers["default"] if status >= 400 else None)
        assert described is not None, f"{method} {path} does not answer {status}"
        schema = described["content"].get(content_type.partition(";")[0])
        assert schema is not None, f"{method} {path} does not answer with {content_type}"
        self._check(schema["schema"], body, f"{method} {path}")

    def check_request(self, method: str, path: str, body: object) -> None:
        """Raises AssertionError when a JSON body is not one that the document describes."""
        described = self._operation(method, path)["requestBody"]["content"]["application/json"]
        self._check(described["schema"], body, f"{method} {path} request")

    def check_query(self, method: str, path: str, query: Mapping[str, str]) -> None:
        """Raises AssertionError when the document does not know a parameter, or a listed value of it."""
        described = {
            each["name"]: each for each in map(self._resolved, self._operation(method, path)["parameters"])
        }
        for name, value in query.items():
            assert name in described, f"{method} {path}: there is no parameter {name}"
            schema = self._resolved(described[name]["schema"])
            if schema.get("type") == "array":
                allowed = self._resolved(schema["items"]).get("enum")
                unknown = set(value.split(",")) - set(allowed or value.split(","))
                assert not unknown, f"{method} {path}: {name} does not take {sorted(unknown)}"

    def check_component(self, name: str, body: object) -> None:
        """Raises AssertionError when the body is not what the document's schema of that name describes."""
        self._check({"$ref": f"#/components/schemas/{name}"}, body, name)

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The node that a reference within the document stands for."""
        if "$ref" not in node:
            return node
        found: Any = self.document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return self._resolved(found)

    def _check(self, schema: Mapping[str, Any], body: object, place: str) -> None:
        faults = [
            f"{place} {fault.json_path}: {fault.message}" for fault in self._validator(schema).iter_errors(body)
        ]
        assert not faults, "\n".join(faults)

    def _validator(self, schema: Mapping[str, Any]) -> Any:
        whole = {"components": self.document["components"], **schema}
        resource = DRAFT4.create_resource(whole)
        registry: Registry[Any] = Registry().with_resource("", resource)
        return OAS30Validator(whole, registry=registry, format_checker=OAS30Validator.FORMAT_CHECKER)

    def _operation(self, method: str, path: str) -> Mapping[str, Any]:
        for template, operations in sorted(self.document["paths"].items(), key=lambda item: "{" in item[0]):
            pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(template))
            if re.fullmatch(pattern, path) and method.lower() in operations:
                operation: Mapping[str, Any] = operations[method.lower()]
                return operation
        raise AssertionError(f"{method} {path} is not in the document")


@cache
def x_document(name: str) -> OpenApi:
    """One of X's documents, by file name."""
    path = Path(os.environ["MIA_REFERENCE_DATA"]) / "x" / name
    return OpenApi(json.loads(path.read_text(encoding="utf-8")))
