"""Cascades from recipe files to verdicts and exports: composition, edits and their views, selections, controls."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from dagster_project.corpus.building.library import Library
from dagster_project.corpus.filtering.explaining import pieces
from dagster_project.corpus.filtering.replaying import replay
from dagster_project.corpus.lineage.rows import Placed
from dagster_project.corpus.model.errors import AuditFailed, PartitionError, RecipeError, Refused
from dagster_project.corpus.model.manifests import Manifest
from dagster_project.corpus.model.measurements import Measurement
from dagster_project.corpus.model.partitions import Partition
from dagster_project.corpus.publishing.funnel import funnel_of
from dagster_project.corpus.publishing.subject import find_subject
from dagster_project.corpus.snapshots import freeze
from dagster_project.corpus.storage.memory import MemoryStore
from dagster_project.corpus.storage.shards import read_shard
from dagster_project.quality.auditor import GreatExpectationsAuditor
from tests.corpora import library, prose, write_jsonl, write_recipes

SOURCE = "notes@dev"
DOCUMENTS = 40
POLICIES = {
    "short": "rules:\n  - {rule: words, min: 30}",
    "nested": "rules:\n  - {policy: short}\n  - {rule: hash_share, max: 0.5}",
    "edited": (
        "rules:\n  - {rule: lines, min: 1}\n  - {edit: c4, settings: {min_line_words: 3}}\n"
        "  - {rule: too_few_sentences, min: 1}\n  - {rule: lines, max: 3}"
    ),
    "lines": "rules:\n  - {edit: c4}\n  - {rule: too_few_sentences, min: 1}",
    "best": "rules:\n  - {rule: words, min: 30}\n  - {rule: characters, quantile: 0.25}",
    "budget": "rules:\n  - {rule: characters, words: 500}",
    "bounded": "rules:\n  - {rule: words, min: 30, max_removed: 0.01}",
}


def texts() -> list[str]:
    found = [prose(number, words=40 + number) for number in range(DOCUMENTS - 2)]
    last = "One whole sentence stands here. Another one follows it.\nmenu\n\nA third sentence ends it all."
    return [*found, "Too short.", last]


@pytest.fixture
def recipes(tmp_path: Path) -> Path:
    rows = [{"id": f"d{number}", "text": text, "license": "MIT"} for number, text in enumerate(texts())]
    folder = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", rows)))
    (folder / "policies").mkdir(exist_ok=True)
    for name, text in POLICIES.items():
        (folder / "policies" / f"{name}.yaml").write_text(f"name: {name}\nmax_removed: 1\n{text}\n")
    return folder


def opened(folder: Path) -> Library:
    return library(MemoryStore(), folder, auditor=GreatExpectationsAuditor())


def rows(found: Library, manifest: Manifest) -> pa.Table:
    return pa.concat_tables([read_shard(found.store, file) for file in manifest.files])


def filtered(found: Library, policy: str) -> Manifest:
    return found.build(Partition("filtered", f"{SOURCE}+{policy}")).manifest


def kept(found: Library, policy: str) -> set[bytes]:
    table = rows(found, filtered(found, policy))
    return {doc for doc, keep in zip(table["doc_id"].to_pylist(), table["keep"].to_pylist(), strict=True) if keep}


def test_a_policy_within_a_policy_removes_what_it_removes_alone(recipes: Path) -> None:
    found = opened(recipes)
    alone, nested = filtered(found, "short"), filtered(found, "nested")
    assert alone.profile["removed"]["words"] == nested.profile["removed"]["short.words"]
    assert nested.profile["removed"]["short.words"]["documents"] == 2
    assert kept(found, "short") == kept(found, "nested")


def test_edits_are_spans_and_the_rules_after_them_judge_the_edited_text(recipes: Path) -> None:
    found = opened(recipes)
    manifest = filtered(found, "edited")
    table = rows(found, manifest)
    assert sum(item.partition.startswith("signals/notes@dev/edits.edited-") for item in manifest.inputs) == 1
    by_text = dict(zip(_texts(found), table.select(["keep", "rule", "edits"]).to_pylist(), strict=True))
    whole = by_text[texts()[-1]]
    assert whole["keep"]  # three lines of text, and the fourth, which is empty, goes with the menu
    assert whole["edits"] == [{"start": 55, "end": 62, "text": "\n"}]
    assert by_text["Too short."]["rule"] == "too_few_sentences"
    assert by_text["Too short."]["edits"] == []


def _texts(found: Library) -> list[str]:
    snapshot = found.build(Partition("snapshots", SOURCE)).manifest
    return list(rows(found, snapshot)["text"].to_pylist())


def test_a_share_is_of_what_the_rules_before_it_leave(recipes: Path) -> None:
    found = opened(recipes)
    manifest = filtered(found, "best")
    pool = DOCUMENTS - 2
    assert manifest.profile["kept"]["documents"] == round(pool * 0.25)
    lengths = {doc: len(text) for doc, text in zip(_ids(found), _texts(found), strict=True)}
    best = sorted(lengths.values(), reverse=True)[: round(pool * 0.25)]
    assert sorted((lengths[doc] for doc in kept(found, "best")), reverse=True) == best
    assert manifest.facts["thresholds"]["characters"]["value"] == min(best)


def _ids(found: Library) -> list[bytes]:
    return list(rows(found, found.build(Partition("snapshots", SOURCE)).manifest)["doc_id"].to_pylist())


def test_a_budget_of_words_is_kept_to(recipes: Path) -> None:
    found = opened(recipes)
    profile = filtered(found, "budget").profile
    assert 400 < profile["kept"]["words"] <= 500


def test_a_random_control_is_as_large_as_what_it_stands_beside(recipes: Path) -> None:
    found = opened(recipes)
    selected = kept(found, "best")
    controls = [kept(found, f"best.control-{seed}") for seed in (0, 0, 1, 2)]
    assert {len(control) for control in controls} == {len(selected)}
    assert controls[0] == controls[1]
    assert len({frozenset(control) for control in [selected, *controls]}) == 4
    short = {doc for doc, text in zip(_ids(found), _texts(found), strict=True) if len(text.split()) < 30}
    assert not any(control & short for control in controls)  # what the rules remove is in no control


def test_a_control_of_a_policy_of_plain_rules_is_drawn_from_all_documents(recipes: Path) -> None:
    found = opened(recipes)
    controls = [kept(found, f"nested.control-{seed}") for seed in range(4)]
    assert {len(control) for control in controls} == {len(kept(found, "nested"))}
    assert any(control - kept(found, "nested") for control in controls)


def test_there_is_no_control_of_a_policy_that_is_not_there(recipes: Path) -> None:
    with pytest.raises(PartitionError, match=r"'nowhere\.control-1' is not a policy"):
        filtered(opened(recipes), "nowhere.control-1")


def test_a_rule_that_removes_more_than_its_bound_publishes_nothing(recipes: Path) -> None:
    with pytest.raises(AuditFailed, match="every_rule_keeps_its_bound"):
        filtered(opened(recipes), "bounded")


def test_the_same_ids_whether_text_is_measured_together_or_alone(recipes: Path) -> None:
    together, alone = opened(recipes), opened(recipes)
    parts = ["counts", "language", "privacy", "repetition"]
    partitions = [Partition("signals", SOURCE, part) for part in parts]
    together.build_all([Partition("snapshots", SOURCE), *partitions])
    ids = [[found.build(partition).manifest.id for partition in partitions] for found in (together, alone)]
    assert ids[0] == ids[1]


def test_an_unknown_measurement_is_refused_with_those_there_are(recipes: Path) -> None:
    with pytest.raises(PartitionError, match=r"'counts\.edited-0123' is not a signal group, and no policy asks for it"):
        opened(recipes).build(Partition("signals", SOURCE, "counts.edited-0123"))


def test_where_edits_tell_the_words_they_leave_no_text_is_counted_again(recipes: Path) -> None:
    found = opened(recipes)
    lines, edited = filtered(found, "lines"), filtered(found, "edited")
    assert not [item.partition for item in lines.inputs if "counts.edited" in item.partition]
    assert [item.partition for item in edited.inputs if "counts.edited" in item.partition]
    assert lines.profile["edited"] == {"documents": 1, "words": 1, "bytes": len("menu\n\n")}
    judging = replay(found.store, f"filtered/{SOURCE}+lines", lines).judgings[-1]
    assert judging.name == "empty_after_edits"
    assert judging.columns["words"].partition("/")[2] == "words_left"


def test_what_explains_a_document_shows_what_is_exported_of_it(tmp_path: Path, recipes: Path) -> None:
    """Whichever edits come first by their names: those of the whole program are shown."""
    texts_of = [text + "\nWrite to someone@firm.de, or call us all.\nmenu\n" for text in texts()[:3]]
    write_jsonl(tmp_path / "all.jsonl", [{"id": f"d{n}", "text": text} for n, text in enumerate(texts_of)])
    redact = "  - {edit: redact, settings: {kinds: [email]}}\n  - {rule: words, min: 3}"
    edits = {f"red{few}": f"  - {{edit: c4, settings: {{min_line_words: {few}}}}}" for few in range(2, 8)}
    with_policies(recipes, **{name: f"{edit}\n  - {{rule: words, min: 2}}\n{redact}" for name, edit in edits.items()})
    found = opened(recipes)
    snapshot = found.build(Partition("snapshots", SOURCE)).manifest
    documents = rows(found, snapshot).to_pylist()
    orders = set()
    for name in edits:
        manifest = filtered(found, name)
        parts = [item.partition for item in manifest.inputs if "/edits." in item.partition]
        whole = Measurement("edits", found.planner.measuring.cascade_named(name)[0].edits).part
        orders.add(parts.index(f"signals/{SOURCE}/{whole}"))
        for row, values in enumerate(documents):
            told = pieces(found.store, f"filtered/{SOURCE}+{name}", manifest, Placed(0, row, values))
            shown = "".join(piece.text if piece.is_kept else piece.instead for piece in told)
            assert ("someone@" in shown, "menu" in shown, "Write to" in shown) == (False, False, True)
    assert orders == {0, 1}


def test_a_mix_exports_the_edited_text_and_counts_its_words(recipes: Path) -> None:
    found = opened(recipes)
    write_mix(recipes)
    found = opened(recipes)
    published = found.build(Partition("published", "small@dev")).manifest
    table = rows(found, published)
    by_id = dict(zip(table["doc_id"].to_pylist(), table.select(["text", "words"]).to_pylist(), strict=True))
    raw = dict(zip(_ids(found), _texts(found), strict=True))
    changed = {doc: row for doc, row in by_id.items() if row["text"] != raw[doc]}
    (edited,) = (row["text"] for doc, row in changed.items() if raw[doc] == texts()[-1])
    assert edited == texts()[-1].replace("menu\n\n", "")
    for doc, row in by_id.items():
        assert row["words"] == _words(row["text"]), raw[doc]


def test_what_the_edits_leave_empty_is_removed_and_never_exported(tmp_path: Path, recipes: Path) -> None:
    rows_of = [
        {"id": f"d{number}", "text": text, "license": "MIT"} for number, text in enumerate(["menu\nmenu", *texts()])
    ]
    write_jsonl(tmp_path / "all.jsonl", rows_of)
    with_policies(recipes, edited="  - {edit: c4, settings: {min_line_words: 3}}\n  - {rule: lines, max: 3}")
    write_mix(recipes)
    found = opened(recipes)
    manifest = filtered(found, "edited")
    removed = dict(zip(_texts(found), rows(found, manifest).select(["rule", "value"]).to_pylist(), strict=True))
    assert removed["menu\nmenu"] == removed["Too short."] == {"rule": "empty_after_edits", "value": 0.0}
    assert manifest.profile["removed"]["empty_after_edits"]["documents"] == 2
    assert manifest.facts["titles"]["empty_after_edits"] == "words that the edits leave; one at least"
    exported = rows(found, found.build(Partition("published", "small@dev")).manifest)
    assert all(exported["text"].to_pylist())


def test_the_words_of_the_funnel_are_those_that_the_policy_leaves(recipes: Path) -> None:
    write_mix(recipes)
    found = opened(recipes)
    found.build(Partition("published", "small@dev"))
    funnel = funnel_of(find_subject(found.store, Partition("mixed", "small@dev")))
    (member,) = funnel["members"]
    profile = filtered(found, "edited").profile
    taken = _words(texts()[-1]) - _words(texts()[-1].replace("menu\n\n", ""))
    assert (member["edited"]["documents"], member["edited"]["words"], member["edited"]["bytes"]) == (1, taken, 6)
    assert member["kept"]["words"] == profile["kept"]["words"] - taken
    onward = [*member["duplicates"].values(), member["survivors"]]
    for unit in ("documents", "words"):
        assert member["kept"][unit] == sum(counted[unit] for counted in onward)
    stages = {stage["stage"]: stage["words"] for stage in funnel["stages"]}
    assert stages["kept"] == stages["survivors"] == stages["eligible"]
    assert funnel["unaccounted"] == 0


def test_bounds_of_a_policy_bind_where_another_names_it(recipes: Path) -> None:
    (recipes / "policies" / "strict.yaml").write_text(f"name: strict\nmax_removed: 0.01\n{POLICIES['short']}\n")
    with_policies(recipes, within="  - {policy: strict}", allowing="  - {policy: strict, max_removed: 0.5}")
    found = opened(recipes)
    with pytest.raises(AuditFailed, match="every_rule_keeps_its_bound"):
        filtered(found, "within")
    assert filtered(found, "allowing").profile["removed"]["strict.words"]["documents"] == 2


def _words(text: str) -> int:
    from dagster_project.corpus.kernels.texts import buffers
    from dagster_project.corpus.kernels.words import words_of

    return len(words_of(*buffers(pa.array([text]))).starts)


def write_mix(folder: Path) -> None:
    for name, text in {
        "corpora/small.yaml": "name: small\nmembers:\n  - {source: notes, policy: edited}\n",
        "mixes/small.yaml": (
            "name: small\ncomponents:\n  - {name: all, corpus: small}\nbudget: {documents: 9}\nseed: 1\n"
            "exports: [parquet, jsonl]\n"
        ),
    }.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)


def write_mix_of_two(folder: Path, policy: str) -> None:
    """The mix `both`: what the policy `edited` leaves of the notes, and what another does."""
    write_mix(folder)
    (folder / "corpora" / "other.yaml").write_text(f"name: other\nmembers:\n  - {{source: notes, policy: {policy}}}\n")
    (folder / "mixes" / "both.yaml").write_text(
        "name: both\ncomponents:\n  - {name: all, corpus: small}\n  - {name: more, corpus: other}\n"
        "budget: {documents: 18}\nseed: 1\n"
    )


def with_policies(folder: Path, **policies: str) -> Path:
    for name, text in policies.items():
        (folder / "policies" / f"{name}.yaml").write_text(f"name: {name}\nmax_removed: 1\nrules:\n{text}\n")
    return folder


def test_two_names_of_one_policy_are_one_version_and_either_mixes(recipes: Path) -> None:
    (recipes / "policies" / "edited.yaml").rename(recipes / "policies" / "first.yaml")
    for name in ("edited", "renamed"):
        (recipes / "policies" / f"{name}.yaml").write_text(f"name: {name}\nmax_removed: 1\n{POLICIES['edited']}\n")
    (recipes / "policies" / "first.yaml").unlink()
    write_mix_of_two(recipes, "renamed")
    found = opened(recipes)
    assert filtered(found, "edited").id == filtered(found, "renamed").id
    members = rows(found, found.build(Partition("mixed", "both@dev")).manifest)
    assert all(members["edits"].to_pylist())
    exported = rows(found, found.build(Partition("published", "both@dev")).manifest)
    assert exported["text"].to_pylist().count(texts()[-1].replace("menu\n\n", "")) == 2


def test_two_policies_of_one_source_export_each_its_own_text(recipes: Path) -> None:
    with_policies(recipes, marked="  - {edit: c4, settings: {min_line_words: 1, end_punctuation: false}}")
    write_mix_of_two(recipes, "marked")
    found = opened(recipes)
    table = rows(found, found.build(Partition("published", "both@dev")).manifest)
    assert set(table["component"].to_pylist()) == {"all", "more"}
    for text, words in zip(table["text"].to_pylist(), table["words"].to_pylist(), strict=True):
        assert words == _words(text)


def test_lists_that_change_places_are_another_version(recipes: Path) -> None:
    for name, word in (("a", "garden"), ("b", "river")):
        (recipes / f"{name}.txt").write_text(f"{word}\n")
    lines = "  - {{rule: lexicon_matches, list: {}.txt, max: 3}}\n  - {{rule: lexicon_distinct, list: {}.txt, max: 0}}"
    with_policies(recipes, ab=lines.format("a", "b"), ba=lines.format("b", "a"))
    found = opened(recipes)
    assert kept(found, "ab") != kept(found, "ba")
    assert filtered(found, "ab").id != filtered(found, "ba").id


def test_a_list_is_known_by_its_content_and_never_by_its_place(recipes: Path) -> None:
    for name in ("a", "b"):
        (recipes / f"{name}.txt").write_text("garden\n")
    line = "  - {{rule: lexicon_matches, list: {}.txt, max: 3}}"
    with_policies(recipes, first=line.format("a"), second=line.format("b"))
    found = opened(recipes)
    assert filtered(found, "first").id == filtered(found, "second").id


def test_settings_that_mean_the_same_are_one_view(recipes: Path) -> None:
    line = "  - {{edit: refinedweb, settings: {{max_numeric: {}}}}}\n  - {{rule: words, min: 30}}"
    with_policies(recipes, whole=line.format("1"), point=line.format("1.0"))
    found = opened(recipes)
    assert filtered(found, "whole").id == filtered(found, "point").id


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("  - {rule: lorem_ipsum, max: 0}", "no edit before it counts"),
        ("  - {edit: c4}\n  - {edit: pipes}\n  - {rule: too_few_sentences, min: 1}", "edit pipes before it counts"),
        ("  - {edit: refinedweb}\n  - {rule: curly_bracket, max: 0}", "edit refinedweb before it counts"),
        ("  - {edit: redact, settings: {replacements: [email=a, email=b]}}", "replacements say email twice"),
    ],
)
def test_what_would_judge_nothing_and_what_is_said_in_two_ways_is_refused(recipes: Path, rules: str, said: str) -> None:
    with_policies(recipes, wrong=rules)
    with pytest.raises(Refused, match=said):
        filtered(opened(recipes), "wrong")


def test_a_document_in_no_profiled_language_is_removed_wherever_the_profiles_stand(recipes: Path) -> None:
    with_policies(
        recipes,
        profiled="  - {policy: short, languages: [fr]}",
        within="  - {policy: profiled}",
        edited_first="  - {edit: pipes}\n  - {policy: profiled}",
    )
    found = opened(recipes)
    assert kept(found, "profiled") == kept(found, "within") == kept(found, "edited_first") == set()
    removed = filtered(found, "within").profile["removed"]
    assert removed["profiled.language_profile"]["documents"] == DOCUMENTS


def test_a_share_and_a_budget_are_of_the_documents_in_their_languages(tmp_path: Path) -> None:
    french = [
        f"La maison numéro {number} est grande et le jardin est très beau quand il fait jour." for number in range(8)
    ]
    rows = [{"id": f"d{number}", "text": text} for number, text in enumerate([*texts(), *french])]
    folder = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", rows)))
    with_policies(
        folder,
        share="  - {rule: characters, quantile: 0.5, languages: [fr]}",
        budget="  - {rule: characters, words: 50, languages: [fr]}",
    )
    found = opened(folder)
    by_id = dict(zip(_ids(found), _texts(found), strict=True))

    def left(policy: str) -> list[str]:
        return [by_id[doc] for doc in kept(found, policy) if by_id[doc] in french]

    assert len(left("share")) == 4
    assert 0 < sum(_words(text) for text in left("budget")) <= 50
    assert len(kept(found, "share")) == DOCUMENTS + 4


def test_a_budget_of_words_counts_the_text_that_is_judged(tmp_path: Path) -> None:
    line = "A sentence that stays here for good."
    rows = [{"id": f"d{number}", "text": f"{line}\n" + "menu\n" * 50} for number in range(20)]
    folder = write_recipes(tmp_path / "r", str(write_jsonl(tmp_path / "all.jsonl", rows)))
    with_policies(folder, some=f"  - {{edit: c4}}\n  - {{rule: characters, words: {3 * _words(line)}}}")
    assert filtered(opened(folder), "some").profile["kept"]["documents"] == 3


@pytest.mark.parametrize("policy", ["short", "edited", "best", "budget", "best.control-1"])
def test_no_documents_have_no_verdicts_and_all_their_counts(tmp_path: Path, recipes: Path, policy: str) -> None:
    write_jsonl(tmp_path / "all.jsonl", [{"id": "none"}])
    source = recipes / "sources" / "notes.yaml"
    source.write_text(source.read_text() + "max_bad_records: 1\n")
    profile = filtered(opened(recipes), policy).profile
    assert profile["kept"] == {"documents": 0, "words": 0, "bytes": 0}
    assert {counted["documents"] for counted in profile["removed"].values()} == {0}
    assert set(profile["removed"]) == set(profile["fired"]) == set(profile["overlap"])


def test_a_policy_cannot_have_the_name_of_a_control(recipes: Path) -> None:
    with_policies(recipes, **{"best.control-1": "  - {rule: words, min: 1}"})
    with pytest.raises(RecipeError, match=r"'best\.control-1' is the name of a random control of best"):
        opened(recipes)


def test_a_control_is_no_step_of_a_policy(recipes: Path) -> None:
    with_policies(recipes, wrong="  - {policy: best.control-1}")
    with pytest.raises(RecipeError, match=r"'best\.control-1' is a random control, which stands beside a policy"):
        opened(recipes)


def test_a_rule_may_judge_every_view_of_the_text(recipes: Path) -> None:
    rule = "  - {rule: lines, min: 0}"
    with_policies(recipes, views="\n".join([rule, "  - {edit: c4}", rule, "  - {edit: pipes}", rule]))
    assert list(filtered(opened(recipes), "views").profile["removed"]) == [
        *("lines", "lines[edited]", "lines[edited 2]", "empty_after_edits"),
    ]


def test_a_mix_is_reported_when_its_source_has_got_another_version_name(recipes: Path) -> None:
    write_mix(recipes)
    store = MemoryStore()
    library(store, recipes).build(Partition("published", "small@dev"))
    source, mix = recipes / "sources" / "notes.yaml", recipes / "mixes" / "small.yaml"
    source.write_text(source.read_text().replace("'dev'", "'1'"))
    mix.write_text(mix.read_text().replace("seed: 1", "seed: 2"))
    for left in ("corpora", "mixes"):
        (recipes / left / "notes.yaml").unlink()
    library(store, recipes).build(Partition("published", "small@dev"))
    (member,) = find_subject(store, Partition("published", "small@dev")).members
    assert member.tables["language"].stage == "signals"


def test_kinds_in_another_order_are_one_view(recipes: Path) -> None:
    line = "  - {{edit: redact, settings: {{kinds: [{}]}}}}"
    with_policies(recipes, one=line.format("email, ipv4"), other=line.format("ipv4, email, ipv4"))
    found = opened(recipes)
    assert filtered(found, "one").id == filtered(found, "other").id


def test_the_same_ids_in_one_shard_or_seven(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [{"id": f"d{number}", "text": text + "é日本\nmenu\n" * (number % 4)} for number, text in enumerate(texts())]
    rows += [{"id": f"s{number}", "text": f"A line of {number}.\n" * (number % 5 + 1)} for number in range(30)]
    ties = (
        "  - {rule: lines, quantile: 0.6}\n  - {edit: c4}\n  - {rule: lines, words: 600}\n"
        "  - {rule: words, quantile: 0.5, languages: [en]}"
    )
    versions = []
    for files in (1, 7):
        place = tmp_path / str(files)
        for number in range(files):
            write_jsonl(place / "in" / f"{number}.jsonl", rows[number::files])
        monkeypatch.setattr(freeze, "GROUP_BYTES", 1)
        found = opened(with_policies(write_recipes(place / "r", str(place / "in")), ties=ties))
        made = [filtered(found, policy) for policy in ("ties", "ties.control-3")]
        assert len(made[0].files) == files
        versions.append([(item.id, item.profile, item.facts["thresholds"]) for item in made])
        for item in made:
            removed = sum(counted["documents"] for counted in item.profile["removed"].values())
            assert 0 < item.profile["kept"]["documents"] == item.rows - removed
    assert versions[0] == versions[1]


def test_the_control_of_a_policy_that_draws_adds_up(recipes: Path) -> None:
    with_policies(recipes, draws="  - {rule: drawn, min: 1}")
    profile = filtered(opened(recipes), "draws.control-1").profile
    assert profile["kept"]["documents"] + profile["removed"]["drawn"]["documents"] == DOCUMENTS
