-- Every version, one row each.
with manifests as (
    select * from {{ source('store', 'manifests') }}
)

select
    id,
    stage,
    rows as row_count,
    size_bytes,
    files as file_count,
    code_version,
    logical_digest,
    access
from manifests
order by id
