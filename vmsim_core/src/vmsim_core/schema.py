"""The JSON schema of system descriptions, for editors: the core's part and the parameters of every installed plugin.

A description may lay a few keys over an included one, so nothing is required in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from vmsim_core.component import Component
from vmsim_core.config import DEFAULT_HIERARCHY
from vmsim_core.description import SystemDescription

if TYPE_CHECKING:
    from vmsim_core.plugin_manager import PluginManager

Schema = dict[str, Any]
_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def description_schema(plugins: PluginManager) -> Schema:
    """Return the schema of what a system description may say with the plugins that are installed."""
    offered: list[Mapping[str, type[Component]]] = [
        plugins.devices, plugins.cpu_models, plugins.platforms, plugins.memory_hierarchies,
    ]  # fmt: skip
    models: set[type[BaseModel]] = {each.Params for registry in offered for each in registry.values()}
    ordered = sorted(models, key=lambda model: (model.__module__, model.__qualname__))
    wanted: list[type[BaseModel]] = [SystemDescription, *ordered]
    references, definitions = models_json_schema([(model, "validation") for model in wanted])
    shared: Schema = definitions["$defs"]

    def params(component: type[Component]) -> Schema:
        name = references[component.Params, "validation"]["$ref"].rpartition("/")[2]
        return {key: value for key, value in shared[name].items() if key != "required"}

    for definition in shared.values():
        if definition.get("title") in ("SystemDescription", "CoreDescription", "Workload"):
            definition.pop("required", None)
    schema: Schema = {"$schema": _DIALECT, **shared.pop("SystemDescription"), "$defs": shared}
    properties: Schema = schema["properties"]
    properties["include"] = {
        "description": "Descriptions that this one is laid over: beside this file, or ready ones of plugins.",
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    properties["platform"]["enum"] = sorted(plugins.platforms)
    schema["allOf"] = [
        _when("platform", name, {"properties": {"board": params(platform)}})
        for name, platform in sorted(plugins.platforms.items())
    ]
    properties["devices"]["additionalProperties"] = _devices(
        {name: params(device) for name, device in sorted(plugins.devices.items())}
    )
    properties["memory_hierarchy"] = _memory_hierarchy(
        {name: params(hierarchy) for name, hierarchy in sorted(plugins.memory_hierarchies.items())}
    )
    core_models = {name: params(model) for name, model in sorted(plugins.cpu_models.items())}
    shared["CoreDescription"]["properties"]["models"] |= _models(core_models)
    return schema


def _devices(params_by_type: Mapping[str, Schema]) -> Schema:
    device = _by_type(params_by_type, "The device type.")
    return {"anyOf": [device, {"type": "null", "description": "takes an included device away"}]}


def _models(params_by_type: Mapping[str, Schema]) -> Schema:
    variant = _by_type(params_by_type, "The CPU model that this is a variant of.")
    named = {name: _with_type({"const": name}, params) for name, params in params_by_type.items()}
    return {"properties": named, "additionalProperties": variant}


def _by_type(params_by_type: Mapping[str, Schema], description: str) -> Schema:
    kind: Schema = {"type": "string", "enum": list(params_by_type), "description": description}
    rules = [_when("type", name, _with_type(kind, params)) for name, params in params_by_type.items()]
    return {"type": "object", "properties": {"type": kind}, "allOf": rules}


def _with_type(kind: Schema, params: Schema) -> Schema:
    return {**params, "properties": {"type": kind, **params.get("properties", {})}}


def _memory_hierarchy(params_by_type: Mapping[str, Schema]) -> Schema:
    description = "Caches and DRAM, for the CPU models that use them."
    kind: Schema = {"enum": list(params_by_type), "default": DEFAULT_HIERARCHY, "description": "The kind of hierarchy."}
    rules = []
    for name, params in params_by_type.items():
        rule = _when("type", name, _with_type(kind, params))
        if name == DEFAULT_HIERARCHY:
            del rule["if"]["required"]
        rules.append(rule)
    schema: Schema = {"type": "object", "description": description, "properties": {"type": kind}}
    return {**schema, "allOf": rules} if rules else schema


def _when(key: str, value: str, then: Schema) -> Schema:
    return {"if": {"properties": {key: {"const": value}}, "required": [key]}, "then": then}
