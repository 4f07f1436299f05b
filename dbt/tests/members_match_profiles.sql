{{ config(meta={'dagster': {'ref': {'name': 'mix_sources'}}}) }}
-- What the newest version of a mix says of itself is what its members add up to, by source and by license.
with counted as (
    select mix_id, 'source' as kind, source as name, count(*) as documents, sum(words) as words
    from {{ ref('stg_members') }}
    group by mix_id, source
    union all
    select mix_id, 'license', license, count(*), sum(words)
    from {{ ref('stg_members') }}
    group by mix_id, license
),

told as (
    select distinct mix_id, 'source' as kind, source as name, documents, words
    from {{ ref('mix_sources') }}
    where is_newest
    union all
    select distinct mix_id, 'license', license, documents, words
    from {{ ref('mix_licenses') }}
    where is_newest
)

select
    coalesce(counted.mix_id, told.mix_id) as mix_id,
    coalesce(counted.kind, told.kind) as kind,
    coalesce(counted.name, told.name) as name,
    counted.documents as counted_documents,
    told.documents as told_documents,
    counted.words as counted_words,
    told.words as told_words
from counted
full outer join told
    on counted.mix_id = told.mix_id and counted.kind = told.kind and counted.name = told.name
where
    counted.documents is distinct from told.documents
    or counted.words is distinct from told.words
