"""An index: the same whatever the order of items, stored and read back, and refused where it would mislead."""

import pyarrow as pa
import pytest

from dagster_project.corpus.contamination.hits import find
from dagster_project.corpus.contamination.index import Settings, index_of
from dagster_project.corpus.contamination.items import Item
from dagster_project.corpus.contamination.tables import NOTE, SCHEMA, from_table, to_table
from dagster_project.corpus.kernels.texts import buffers
from dagster_project.corpus.model.errors import IntegrityError, Refused

SETTINGS = Settings(ngram=6)
RULE = "please answer this question with one of the letters"
ITEMS = [
    *(Item("exam", str(i), f"{RULE} a{i} b{i} c{i} d{i} e{i} f{i} g{i}", f"Ünd so {i}") for i in range(20)),
    Item("zh", "1", "中国的首都是哪一座历史悠久的城市呢", "北京"),
    Item("zh", "2", "短", None),
]
TEXTS = [ITEMS[4].question.upper(), f"x {ITEMS[20].question} 北京", "nothing of it", f"{ITEMS[9].question} und so 9"]


def written(index):
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, to_table(index).schema) as writer:
        writer.write_table(to_table(index))
    return sink.getvalue().to_pybytes()


def columns(index):
    return {name: column.tolist() for name, column in vars(find(*buffers(pa.array(TEXTS)), index)).items()}


def test_the_order_of_items_does_not_matter():
    assert written(index_of(ITEMS, SETTINGS)) == written(index_of(ITEMS[::-1], SETTINGS))


def test_read_back_it_is_the_same():
    index = index_of(ITEMS, SETTINGS)
    assert index.templates[0].ngrams == 4  # nine words that all items share
    table = pa.ipc.open_file(written(index)).read_all()
    assert table.schema.remove_metadata().equals(SCHEMA)
    back = from_table(table, SETTINGS)
    assert written(back) == written(index)
    assert columns(back) == columns(index)
    assert columns(back)["kind"] == [0, 2, 1, 2, 1, 2]
    assert (back.names, back.ids, back.templates) == (index.names, index.ids, index.templates)
    assert (
        from_table(pa.concat_tables([table.slice(0, 3), table.slice(3)]), SETTINGS).totals.tolist()
        == index.totals.tolist()
    )


@pytest.mark.parametrize("other", [Settings(), Settings(ngram=6, common=99), Settings(ngram=6, shortest=4)])
def test_other_settings_are_refused(other):
    with pytest.raises(Refused, match="built with other settings or another version"):
        from_table(to_table(index_of(ITEMS, SETTINGS)), other)


def test_what_is_no_index_is_refused():
    table = to_table(index_of(ITEMS, SETTINGS))
    with pytest.raises(IntegrityError, match="does not say how it was built"):
        from_table(table.replace_schema_metadata(None), SETTINGS)
    with pytest.raises(Refused, match="has format 2"):
        from_table(table.replace_schema_metadata({NOTE: b'{"format":2}'}), SETTINGS)
    with pytest.raises(IntegrityError, match="its columns are benchmark, item"):
        from_table(table.drop_columns(["anchor"]), SETTINGS)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("anchor", 99),
        ("anchor", -2),
        ("question_words", 500),
        ("question_words", -1),
        ("ngrams", [4000]),
        ("text", "short"),
        ("ngrams", [-1]),
    ],
)
def test_places_outside_the_texts_are_refused(name, value):
    table = to_table(index_of(ITEMS, SETTINGS))
    column = table.column(name).to_pylist()
    column[-1] = value
    at = SCHEMA.get_field_index(name)
    altered = table.set_column(at, SCHEMA.field(at), pa.array(column, SCHEMA.field(at).type))
    with pytest.raises(IntegrityError, match="was altered"):
        from_table(altered.replace_schema_metadata(table.schema.metadata), SETTINGS)


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ([], "no benchmark has an item"),
        ([Item("b", "1", "x", None), Item("b", "1", "y", None)], "benchmark b has two items '1'"),
        (
            [*ITEMS, Item("empty", "1", "too short", None)],
            "of benchmark empty nothing can be told: none of its 1 items",
        ),
    ],
)
def test_benchmarks_that_tell_nothing_are_refused(items, said):
    with pytest.raises(Refused) as refused:
        index_of(items, SETTINGS)
    assert said in str(refused.value)


@pytest.mark.parametrize("wrong", [{"ngram": 4}, {"shortest": 1}, {"common": 0}, {"template": 0}, {"template": 101}])
def test_settings_that_mean_nothing_are_refused(wrong):
    with pytest.raises(Refused, match="cannot be used"):
        Settings(**wrong)


def test_the_anchor_is_the_first_of_the_rarest_windows():
    index = index_of(ITEMS[:20], SETTINGS)
    for name, anchor in zip(index.ids, index.anchors, strict=True):
        words = ITEMS[int(name)].question.split()[anchor : anchor + SETTINGS.shortest]
        assert words == ["one", "of", "the", "letters", f"a{name}"]
