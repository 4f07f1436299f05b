"""Every document is taken by the validator, the model or the client of its own standard, hostile words and all."""

from __future__ import annotations

import hashlib
import io
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
import mlcroissant
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from huggingface_hub import DatasetCard, DatasetCardData
from openlineage.client import event_v2, facet_v2
from openlineage.client.generated.base_subset_dataset import InputSubsetInputDatasetFacet, PartitionSubsetCondition
from prov.model import ProvDocument
from spdx_python_model import v3_0_1

from dagster_project.corpus.publishing.dataset_card import dataset_card
from dagster_project.corpus.standards import openlineage as events_of
from dagster_project.corpus.standards.croissant import croissant
from dagster_project.corpus.standards.cyclonedx import cyclonedx
from dagster_project.corpus.standards.openlineage import openlineage
from dagster_project.corpus.standards.prov import prov
from dagster_project.corpus.standards.spdx import spdx
from tests.corpus.standards.conftest import HOSTILE, poisoned, read

CASES = pytest.mark.parametrize("word", ["", *HOSTILE], ids=["plain", *(repr(word)[:20] for word in HOSTILE)])
FACET = json.loads((files("dagster_project.corpus.standards") / "LicenseDatasetFacet.json").read_text())
CLASSES = {
    "version": facet_v2.dataset_version_dataset.DatasetVersionDatasetFacet,
    "schema": facet_v2.schema_dataset.SchemaDatasetFacet,
    "columnLineage": facet_v2.column_lineage_dataset.ColumnLineageDatasetFacet,
    "dataSource": facet_v2.datasource_dataset.DatasourceDatasetFacet,
    "outputStatistics": facet_v2.output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet,
    "subset": InputSubsetInputDatasetFacet,
}


def with_word(facts: dict[str, Any], word: str) -> dict[str, Any]:
    return poisoned(facts, word) if word else facts


@CASES
def test_croissant(facts: dict[str, Any], word: str, tmp_path: Path) -> None:
    path = tmp_path / "croissant.json"
    path.write_bytes(croissant(with_word(facts, word)))
    issues = mlcroissant.Dataset(path).metadata.issues
    assert list(issues.errors) == list(issues.warnings) == []


def test_croissant_reads_the_files_that_it_names(facts: dict[str, Any], folder: Path) -> None:
    path = folder / "croissant.json"
    path.write_bytes(croissant(facts))
    dataset = mlcroissant.Dataset(path)
    sets = [item.uuid for item in dataset.metadata.record_sets]
    assert len(sets) == 3
    rows = [row for name in sets for row in dataset.records(name)]
    assert [row[name] for row in rows for name in row if name.endswith("/index")] == list(range(30))
    kept = dataset.metadata.to_json()
    assert kept["license"] == ["https://spdx.org/licenses/CC-BY-4.0", "https://spdx.org/licenses/MIT"]
    assert kept["rai:dataBiases"] == "not stated"
    assert len(kept["prov:wasDerivedFrom"]) == 2


def test_croissant_reads_tokens(facts: dict[str, Any], folder: Path) -> None:
    shard = folder / "parquet" / "shard-00000.parquet"
    table = pq.read_table(shard)
    tokens = pa.array([[number, 7] for number in range(table.num_rows)], pa.list_(pa.uint16()))
    pq.write_table(table.append_column("tokens", tokens), shard)
    sha256 = hashlib.sha256(shard.read_bytes()).hexdigest()
    facts["mix"]["tokens"] = 2 * table.num_rows
    facts["exports"] = [
        {**file, "sha256": sha256} for file in facts["exports"] if file["name"] == "shard-00000.parquet"
    ]
    path = folder / "croissant.json"
    path.write_bytes(croissant(facts))
    rows = [row["documents-00000/tokens"] for row in mlcroissant.Dataset(path).records("documents-00000")]
    assert rows == tokens.to_pylist()


def test_croissant_refuses_an_altered_file(facts: dict[str, Any], folder: Path) -> None:
    facts["exports"] = [{**file, "sha256": "0" * 64} for file in facts["exports"]]
    path = folder / "croissant.json"
    path.write_bytes(croissant(facts))
    dataset = mlcroissant.Dataset(path)
    with pytest.raises(Exception, match="shard-00000"):
        list(dataset.records("documents-00000"))


@CASES
def test_cyclonedx(facts: dict[str, Any], word: str) -> None:
    body = cyclonedx(with_word(facts, word))
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(body.decode()) is None
    assert read(body)["specVersion"] == "1.6"
    altered = {**read(body), "licence": "MIT"}
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(altered)) is not None


@CASES
def test_spdx(facts: dict[str, Any], word: str) -> None:
    """The model reads it, finds nothing missing when it writes it again, and every reference leads somewhere."""
    body = spdx(with_word(facts, word))
    found = v3_0_1.SHACLObjectSet()
    v3_0_1.JSONLDDeserializer().read(io.BytesIO(body), found)
    assert found.missing_ids == set()
    again = io.BytesIO()
    v3_0_1.JSONLDSerializer().write(found, again)
    names = {node["spdxId"] for node in json.loads(again.getvalue())["@graph"] if "spdxId" in node}
    assert names == {node["spdxId"] for node in read(body)["@graph"] if "spdxId" in node}
    assert len(list(found.foreach_type(v3_0_1.dataset_DatasetPackage))) == 3


@CASES
def test_prov(facts: dict[str, Any], word: str) -> None:
    body = prov(with_word(facts, word))
    document = ProvDocument.deserialize(content=body.decode(), format="json")
    again = ProvDocument.deserialize(content=document.serialize(format="json"), format="json")
    assert document == again
    assert len(document.get_records()) == sum(len(named) for kind, named in read(body).items() if kind != "prefix")
    assert document.get_provn()


@CASES
def test_openlineage(facts: dict[str, Any], word: str) -> None:
    """The client's own classes take every event and every facet, under the same schemas."""
    lines = openlineage(with_word(facts, word)).splitlines()
    assert len(lines) == len(facts["versions"])
    for line in lines:
        event = json.loads(line)
        made = event_v2.RunEvent(
            eventType=event_v2.RunState[event["eventType"]],
            eventTime=event["eventTime"],
            producer=event["producer"],
            run=event_v2.Run(**event["run"]),
            job=event_v2.Job(**event["job"]),
            inputs=[event_v2.InputDataset(**item) for item in event["inputs"]],
            outputs=[event_v2.OutputDataset(**item) for item in event["outputs"]],
        )
        assert made.schemaURL == event["schemaURL"]
        for dataset in (*event["inputs"], *event["outputs"]):
            for part in ("facets", "inputFacets", "outputFacets"):
                for name, facet in dataset.get(part, {}).items():
                    takes(name, dict(facet))


def takes(name: str, facet: dict[str, Any]) -> None:
    schema = facet["_schemaURL"]
    if name == "florilegium_license":
        assert schema == FACET["$id"] == events_of.LICENSE
        jsonschema.Draft202012Validator(FACET).validate(facet)
        return
    own = {key: value for key, value in facet.items() if not key.startswith("_")}
    assert CLASSES[name](**own)._schemaURL == schema
    if name == "subset":
        condition = own["inputCondition"]
        assert PartitionSubsetCondition(condition["partitions"]).type == condition["type"]


@CASES
def test_the_front_matter_of_a_card(facts: dict[str, Any], word: str) -> None:
    body = dataset_card(with_word(facts, word)).decode()
    found = DatasetCard(body)
    assert isinstance(found.data, DatasetCardData)
    matter = yaml.safe_load(body.split("---\n")[1])
    assert matter["task_categories"] == ["text-generation"]
    assert found.data.to_dict() == matter
    assert word or found.data.license_name == "CC-BY-4.0 AND MIT"
