-- Each version once under every partition it was ever published to, however often it became the newest.
with refs as (
    select * from {{ ref('stg_refs') }}
),

versions as (
    select
        stage,
        partition_key,
        part,
        id,
        max(ref_number) as ref_number,
        min(published_at) as first_published_at,
        bool_or(is_newest) as is_newest
    from refs
    group by stage, partition_key, part, id
)

select
    stage,
    partition_key,
    part,
    id,
    ref_number,
    first_published_at,
    is_newest
from versions
order by stage, partition_key, part, ref_number
