-- How far the newest mixes depend on each license, and how many documents stand under it at all.
with concluded as (
    select
        license,
        sum(documents)::bigint as concluded_documents
    from {{ ref('stg_licenses') }}
    where is_newest
    group by license
),

mixed as (
    select
        license,
        count(distinct mix) as mixes,
        sum(documents)::bigint as documents,
        sum(words)::bigint as words,
        max(share) as largest_share,
        arg_max(mix, (share, mix)) as most_exposed_mix
    from {{ ref('mix_licenses') }}
    where is_newest
    group by license
),

classes as (
    select * from {{ ref('stg_license_classes') }}
),

licenses as (
    select license from concluded
    union
    select license from mixed
)

select
    licenses.license,
    classes.license_class,
    coalesce(concluded.concluded_documents, 0) as concluded_documents,
    coalesce(mixed.mixes, 0) as mixes,
    coalesce(mixed.documents, 0) as documents,
    coalesce(mixed.words, 0) as words,
    coalesce(mixed.largest_share, 0) as largest_share,
    mixed.most_exposed_mix
from licenses
left join concluded on licenses.license = concluded.license
left join mixed on licenses.license = mixed.license
left join classes on licenses.license = classes.license
order by licenses.license
