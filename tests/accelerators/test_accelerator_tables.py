"""The tables: every op in them exists, and every target names known ones."""

from __future__ import annotations

import onnx
import pytest
from ai_edge_litert import schema_py_generated as schema

from deploykit import accelerator_names
from deploykit.accelerators.tables import Rule, Table, all_tables
from deploykit.backends.coreml.reference.ops import OPS
from deploykit.targets import all_targets

KNOWN: dict[str, set[str]] = {
    "litert": {name for name in vars(schema.BuiltinOperator) if not name.startswith("_")},
    "onnx": {s.name for s in onnx.defs.get_all_schemas() if not s.domain},
    "coreml": set(OPS),
}


@pytest.mark.parametrize("name", list(all_tables()))
def test_every_op_of_a_table_exists(name: str) -> None:
    table = all_tables()[name]
    ops = {op for rule in table.rules for op in rule.ops if not op.startswith("com.microsoft:")}
    assert ops - KNOWN[table.format] == set()


@pytest.mark.parametrize("name", list(all_tables()))
def test_every_table_says_where_it_comes_from(name: str) -> None:
    table = all_tables()[name]
    assert table.source
    assert table.version
    assert bool(table.partitions) == bool(table.partitions_source)
    assert all(rule.why for rule in table.rules if rule.verdict != "taken")
    assert all(1 <= rule.since <= max((level.level for level in table.levels), default=1) for rule in table.rules)


def test_targets_name_tables_of_their_format() -> None:
    for target in all_targets().values():
        assert target.analysed
        assert {all_tables()[name].format for name in target.analysed} == {target.backend}


def test_what_is_asked_has_a_table() -> None:
    asked = {value for name, value in vars(accelerator_names).items() if name.isupper()}
    assert asked <= set(all_tables())


def test_an_op_in_two_rules_is_refused() -> None:
    said = {"name": "x", "title": "X", "format": "onnx", "evidence": "documentation", "source": "s", "version": "v"}
    with pytest.raises(ValueError, match="two rules for Add"):
        Table.model_validate({**said, "rule": [Rule(ops=("Add",)), Rule(ops=("Add", "Mul"))]})
