-- The members of the newest version of every mix: a document stands here once for each of its copies.
with members as (
    select * from {{ source('store', 'members') }}
)

select
    mix_id,
    doc_id,
    copy as copy_number,
    component,
    source,
    license,
    license_class,
    words
from members
order by mix_id, doc_id, component, copy_number
