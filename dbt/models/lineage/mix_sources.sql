-- What every version of every mix was made of: its sources, how much of each, and the snapshot it came from.
with recursive mixes as (
    select * from {{ ref('stg_versions') }} where stage = 'mixed'
),

inputs as (
    select * from {{ ref('stg_inputs') }}
),

below as (
    select
        mixes.id as mix_id,
        inputs.input_stage,
        inputs.input_partition,
        inputs.input_id
    from mixes
    inner join inputs on mixes.id = inputs.id

    union

    select
        below.mix_id,
        inputs.input_stage,
        inputs.input_partition,
        inputs.input_id
    from below
    inner join inputs on below.input_id = inputs.id
),

snapshots as (
    select
        mix_id,
        split_part(input_partition, '/', 2) as source,
        min(input_id) as snapshot_id,
        count(distinct input_id) as snapshot_versions
    from below
    where input_stage = 'snapshots'
    group by mix_id, source
),

counted as (
    select
        id as mix_id,
        names[2] as source,
        coalesce(sum(value) filter (names[3] = 'documents'), 0)::bigint as documents,
        coalesce(sum(value) filter (names[3] = 'words'), 0)::bigint as words
    from {{ ref('stg_counts') }}
    where stage = 'mixed' and names[1] = 'by_source'
    group by mix_id, source
),

totals as (
    select
        id as mix_id,
        sum(value) filter (measure = 'words') as words,
        sum(value) filter (measure = 'rows') as documents
    from {{ ref('stg_counts') }}
    where stage = 'mixed'
    group by mix_id
),

-- Of the words of the whole mix; where nothing has any words, of its documents.
shared as (
    select
        counted.mix_id,
        counted.source,
        counted.documents,
        counted.words,
        coalesce(
            counted.words / nullif(totals.words, 0),
            counted.documents / nullif(totals.documents, 0)
        ) as share
    from counted
    inner join totals on counted.mix_id = totals.mix_id
)

select
    mixes.partition_key as mix,
    mixes.id as mix_id,
    mixes.is_newest,
    shared.source,
    shared.documents,
    shared.words,
    shared.share,
    snapshots.snapshot_id,
    coalesce(snapshots.snapshot_versions, 0) as snapshot_versions
from mixes
inner join shared on mixes.id = shared.mix_id
left join snapshots on shared.mix_id = snapshots.mix_id and shared.source = snapshots.source
order by mix, mix_id, shared.source
