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

shared as (
    select
        *,
        {{ share_of('words', 'documents', 'mix_id') }} as share
    from counted
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
