-- Under which licenses the documents of every version of every mix stand, and how much each license makes up.
with mixes as (
    select * from {{ ref('stg_versions') }} where stage = 'mixed'
),

classes as (
    select * from {{ ref('stg_license_classes') }}
),

shares as (
    select * from {{ ref('stg_shares') }} where part = 'by_license'
)

select
    mixes.partition_key as mix,
    mixes.id as mix_id,
    mixes.is_newest,
    shares.name as license,
    classes.license_class,
    shares.documents,
    shares.words,
    shares.share
from mixes
inner join shares on mixes.id = shares.mix_id
left join classes on shares.name = classes.license
order by mix, mix_id, license
