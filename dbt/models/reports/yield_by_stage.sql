-- What became of each source, step by step, in the newest version of everything that was built from it.
with versions as (
    select * from {{ ref('stg_versions') }} where is_newest
),

counts as (
    select * from {{ ref('stg_counts') }}
),

members as (
    select
        mix_id,
        source,
        count(distinct doc_id) as documents
    from {{ ref('stg_members') }}
    group by mix_id, source
),

-- Records that the source gave, readable or not, and the documents that came of them.
frozen as (
    select
        versions.partition_key as source,
        if(counts.measure = 'records', 'read', 'snapshots') as step,
        versions.partition_key,
        versions.id,
        counts.value::bigint as documents
    from versions
    inner join counts on versions.id = counts.id
    where versions.stage = 'snapshots' and counts.measure in ('records', 'documents')
),

-- Documents that a policy kept.
kept as (
    select
        split_part(versions.partition_key, '+', 1) as source,
        'filtered' as step,
        versions.partition_key,
        versions.id,
        counts.value::bigint as documents
    from versions
    inner join counts on versions.id = counts.id
    where versions.stage = 'filtered' and counts.measure = 'kept/documents'
),

-- Documents that survived deduplication in a corpus; a source all of whose documents are copies has none.
survivors as (
    select
        counts.names[2] as source,
        'deduplicated' as step,
        versions.partition_key,
        versions.id,
        coalesce(sum(counts.value) filter (counts.names[3] = 'survivor'), 0)::bigint as documents
    from versions
    inner join counts on versions.id = counts.id
    where versions.stage = 'deduplicated' and counts.names[1] = 'by_source'
    group by all
),

-- Different documents in a mix, however many copies of each.
chosen as (
    select
        members.source,
        'mixed' as step,
        versions.partition_key,
        versions.id,
        members.documents
    from versions
    inner join members on versions.id = members.mix_id
    where versions.stage = 'mixed'
),

steps as (
    select * from frozen
    union all
    select * from kept
    union all
    select * from survivors
    union all
    select * from chosen
),

snapshots as (
    select source, documents from frozen where step = 'snapshots'
)

select
    steps.source,
    steps.step,
    steps.partition_key,
    steps.id,
    steps.documents,
    steps.documents / nullif(snapshots.documents, 0)::double as share_of_snapshot
from steps
left join snapshots on steps.source = snapshots.source
order by
    steps.source,
    list_position(['read', 'snapshots', 'filtered', 'deduplicated', 'mixed'], steps.step),
    steps.partition_key
