-- How much of every version of a mix each source and each license makes up.
with counted as (
    select
        id as mix_id,
        names[1] as part,
        names[2] as name,
        coalesce(sum(value) filter (names[3] = 'documents'), 0)::bigint as documents,
        coalesce(sum(value) filter (names[3] = 'words'), 0)::bigint as words
    from {{ ref('stg_counts') }}
    where stage = 'mixed' and names[1] in ('by_source', 'by_license')
    group by mix_id, part, name
),

totals as (
    select
        id as mix_id,
        sum(value) filter (measure = 'words') as words,
        sum(value) filter (measure = 'rows') as documents
    from {{ ref('stg_counts') }}
    where stage = 'mixed'
    group by mix_id
)

-- Of the words of the whole mix; where nothing has any words, of its documents.
select
    counted.mix_id,
    counted.part,
    counted.name,
    counted.documents,
    counted.words,
    coalesce(
        counted.words / nullif(totals.words, 0),
        counted.documents / nullif(totals.documents, 0)
    ) as share
from counted
inner join totals on counted.mix_id = totals.mix_id
order by counted.mix_id, counted.part, counted.name
