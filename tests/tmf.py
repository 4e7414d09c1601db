"""
What TM Forum's published files say of requests and answers.

The files are not part of the repository: they are looked for in the folder ``tmf`` of the one that
``THONGSUOT_DATA`` names, and a test that needs them skips without.
"""

import json
from functools import cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import yaml  # type: ignore[import-untyped]

from tests.outside_data import need_file, outside_folder

FOLDER = outside_folder("tmf")
TICKETS_5 = "TMF621-Trouble_Ticket-v5.0.1.oas.yaml"
TICKETS_4 = "TMF621-TroubleTicket-v4.0.0.swagger.json"
ALARMS_4 = "TMF642-Alarm-v4.0.0.swagger.json"


def need() -> None:
    """Skip the test where the files are not there."""
    for name in (TICKETS_5, TICKETS_4, ALARMS_4):
        need_file(FOLDER / name)


class PublishedApi:
    """One published API."""

    def __init__(self, file: str) -> None:
        text = (FOLDER / file).read_text("utf-8")
        self._document = yaml.safe_load(text) if file.endswith("yaml") else json.loads(text)
        self._is_3 = "openapi" in self._document
        if self._is_3:
            self.schemas = self._document["components"]["schemas"]
            _choose_by_type(self._document)
        else:
            self.schemas = self._document["definitions"]

    def check(self, value: object, schema: str) -> None:
        """Raise ``ValidationError`` unless a value is as a schema of the file says."""
        where = "components/schemas" if self._is_3 else "definitions"
        self._check(value, {"$ref": f"#/{where}/{schema}"})
        if self._is_3:
            self._check_types(value, "_FVO" if schema.endswith("_FVO") else "")

    def check_request(self, method: str, path: str, value: object) -> None:
        """Check the body of a request to a path of the file (``/troubleTicket/{id}``)."""
        operation = self._document["paths"][path][method]
        if self._is_3:
            body = operation.get("requestBody")
            assert (body is None) == (value is None), (method, path)
            if body is not None:
                content = self._resolved(body)["content"]
                self._check(value, content["application/json"]["schema"])
                suffix = {"post": "_FVO", "patch": "_MVO"}[method]
                self._check_types(value, suffix)
        else:
            bodies = [
                parameter for parameter in operation["parameters"] if parameter["in"] == "body"
            ]
            assert bool(bodies) == (value is not None), (method, path)
            for parameter in bodies:
                self._check(value, parameter["schema"])

    def check_answer(self, method: str, path: str, status: int, value: object) -> None:
        """Check an answer of a path of the file."""
        answers = self._document["paths"][path][method]["responses"]
        answer = answers.get(str(status)) or answers.get("default")
        assert answer is not None, f"{method} {path} does not answer {status}"
        answer = self._resolved(answer)
        if self._is_3:
            content = answer.get("content", {}).get("application/json")
            schema = None if content is None else content["schema"]
        else:
            schema = answer.get("schema")
        assert (schema is None) == (value is None), (method, path, status)
        if schema is not None:
            self._check(value, schema)
            if self._is_3:
                self._check_types(value, "")

    def _check(self, value: object, schema: dict[str, Any]) -> None:
        kind = jsonschema.Draft202012Validator if self._is_3 else jsonschema.Draft4Validator
        jsonschema.validate(value, {**self._document, **schema}, cls=kind)

    def _resolved(self, value: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in value:
            schema = self._document
            for name in value["$ref"].removeprefix("#/").split("/"):
                schema = schema[name]
            value = schema
        return value

    def _check_types(self, value: object, suffix: str) -> None:
        """Hold every object of a value against the schema that its ``@type`` names."""
        if isinstance(value, list):
            for member in value:
                self._check_types(member, suffix)
        if not isinstance(value, dict):
            return
        kind = value.get("@type")
        if kind is not None:
            names = [name for name in (f"{kind}{suffix}", kind) if name in self.schemas]
            assert names, f"there is no type {kind}"
            self._check(value, {"$ref": f"#/components/schemas/{names[0]}"})
        for member in value.values():
            self._check_types(member, suffix)


def _choose_by_type(node: object) -> None:
    """Let ``oneOf`` with a discriminator mean what it means: the alternative that is named."""
    if isinstance(node, list):
        for child in node:
            _choose_by_type(child)
    if not isinstance(node, dict):
        return
    discriminator = node.get("discriminator")
    if "oneOf" in node and isinstance(discriminator, dict):
        mapping = discriminator["mapping"]
        del node["oneOf"]
        node["required"] = ["@type"]
        node["properties"] = {"@type": {"enum": list(mapping)}}
        node["allOf"] = [
            {"if": {"properties": {"@type": {"const": name}}}, "then": {"$ref": reference}}
            for name, reference in mapping.items()
        ]
    for child in node.values():
        _choose_by_type(child)


@cache
def api(file: str) -> PublishedApi:
    """Return an API by its file; call ``need`` before."""
    return PublishedApi(file)


def check_exchange(exchange: dict[str, Any]) -> None:
    """Check one exchange as the carrier's desk of the lab notes it."""
    bases = {
        "/tmf-api/troubleTicket/v5": TICKETS_5,
        "/tmf-api/troubleTicket/v4": TICKETS_4,
        "/tmf-api/alarm/v4": ALARMS_4,
    }
    path = exchange["path"]
    base = next(prefix for prefix in bases if path.startswith(prefix))
    parts = path.removeprefix(base).strip("/").split("/")
    template = f"/{parts[0]}" + ("/{id}" if len(parts) > 1 else "")
    contract, method = api(bases[base]), exchange["method"].lower()
    if exchange["status"] < 300:
        contract.check_request(method, template, exchange["request"])
    contract.check_answer(method, template, exchange["status"], exchange["answer"])
