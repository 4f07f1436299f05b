-- The numbers of the profiles, each with the list of names that leads to it.
with counts as (
    select * from {{ source('store', 'counts') }}
)

select
    id,
    stage,
    measure,
    list_transform(string_split(measure, '/'), lambda name: url_decode(name)) as names,
    value
from counts
order by id, measure
