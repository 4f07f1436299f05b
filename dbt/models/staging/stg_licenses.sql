-- How many documents of a snapshot were concluded to be under each license.
with versions as (
    select * from {{ ref('stg_versions') }} where stage = 'licensed'
),

conclusions as (
    select
        id,
        names[2] as license,
        value::bigint as documents
    from {{ ref('stg_counts') }}
    where stage = 'licensed' and names[1] = 'licenses'
),

classes as (
    select * from {{ ref('stg_license_classes') }}
)

select
    versions.partition_key as source,
    versions.id,
    versions.is_newest,
    conclusions.license,
    classes.license_class,
    conclusions.documents
from versions
inner join conclusions on versions.id = conclusions.id
left join classes on conclusions.license = classes.license
order by versions.partition_key, versions.id, conclusions.license
