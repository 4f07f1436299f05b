{{ config(severity='warn', meta={'dagster': {'ref': {'name': 'stg_members'}}}) }}
-- The class under which a member entered its mix is the class of its license today; if not, the license table changed.
with members as (
    select distinct mix_id, license, license_class from {{ ref('stg_members') }}
),

today as (
    select * from {{ ref('stg_license_classes') }}
)

select
    members.mix_id,
    members.license,
    members.license_class as class_then,
    today.license_class as class_today
from members
left join today on members.license = today.license
where members.license_class is distinct from today.license_class
