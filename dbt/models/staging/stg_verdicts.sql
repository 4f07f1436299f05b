-- What each rule of a policy removed from a snapshot as the first to fail, and how often it failed at all.
with versions as (
    select * from {{ ref('stg_versions') }} where stage = 'filtered'
),

counts as (
    select * from {{ ref('stg_counts') }} where stage = 'filtered' and names[1] in ('removed', 'fired')
),

rules as (
    select
        id,
        names[2] as rule,
        coalesce(sum(value) filter (names[3] = 'documents'), 0)::bigint as removed_documents,
        coalesce(sum(value) filter (names[3] = 'words'), 0)::bigint as removed_words,
        coalesce(sum(value) filter (names[1] = 'fired'), 0)::bigint as failed_documents
    from counts
    group by id, rule
)

select
    versions.partition_key,
    versions.id,
    versions.is_newest,
    split_part(versions.partition_key, '+', 1) as source,
    split_part(versions.partition_key, '+', 2) as policy,
    rules.rule,
    rules.removed_documents,
    rules.removed_words,
    rules.failed_documents
from versions
inner join rules on versions.id = rules.id
order by versions.partition_key, versions.id, rules.rule
