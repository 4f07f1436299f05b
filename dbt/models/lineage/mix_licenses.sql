-- Under which licenses the documents of every version of every mix stand, and how much each license makes up.
with mixes as (
    select * from {{ ref('stg_versions') }} where stage = 'mixed'
),

classes as (
    select * from {{ ref('stg_license_classes') }}
),

counted as (
    select
        id as mix_id,
        names[2] as license,
        coalesce(sum(value) filter (names[3] = 'documents'), 0)::bigint as documents,
        coalesce(sum(value) filter (names[3] = 'words'), 0)::bigint as words
    from {{ ref('stg_counts') }}
    where stage = 'mixed' and names[1] = 'by_license'
    group by mix_id, license
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
        counted.license,
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
    shared.license,
    classes.license_class,
    shared.documents,
    shared.words,
    shared.share
from mixes
inner join shared on mixes.id = shared.mix_id
left join classes on shared.license = classes.license
order by mix, mix_id, shared.license
