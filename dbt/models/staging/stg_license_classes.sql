-- The class of every license expression in use, from today's license table.
with license_classes as (
    select * from {{ source('store', 'license_classes') }}
)

select
    license,
    license_class
from license_classes
order by license
