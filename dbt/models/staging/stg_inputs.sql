-- The edges of the lineage: from every version to the versions it was built from.
with inputs as (
    select * from {{ source('store', 'inputs') }}
)

select
    id,
    position as input_position,
    input_stage,
    input_partition,
    input_id
from inputs
order by id, input_position
