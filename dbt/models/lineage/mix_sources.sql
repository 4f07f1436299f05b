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

shares as (
    select * from {{ ref('stg_shares') }} where part = 'by_source'
)

select
    mixes.partition_key as mix,
    mixes.id as mix_id,
    mixes.is_newest,
    shares.name as source,
    shares.documents,
    shares.words,
    shares.share,
    snapshots.snapshot_id,
    coalesce(snapshots.snapshot_versions, 0) as snapshot_versions
from mixes
inner join shares on mixes.id = shares.mix_id
left join snapshots on shares.mix_id = snapshots.mix_id and shares.name = snapshots.source
order by mix, mix_id, source
