-- Every publication: which version became the newest of which partition, when and why.
with refs as (
    select * from {{ source('store', 'refs') }}
)

select
    stage,
    partition as partition_key,
    name,
    version,
    policy,
    part,
    number as ref_number,
    id,
    published as published_at,
    reason,
    newest as is_newest
from refs
order by stage, partition_key, part, ref_number
