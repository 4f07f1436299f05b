{{ config(meta={'dagster': {'ref': {'name': 'mix_sources'}}}) }}
-- Every share is a part of something: by source and by license, those of one version of a mix add up to the whole.
with shares as (
    select 'mix_sources' as model, mix, mix_id, share from {{ ref('mix_sources') }}
    union all
    select 'mix_licenses', mix, mix_id, share from {{ ref('mix_licenses') }}
)

select
    model,
    mix,
    mix_id,
    sum(share) as total
from shares
group by model, mix, mix_id
having abs(coalesce(sum(share), 0) - 1) > 1e-9
