{# Guards rule of counting 2 for stock counts, whose key has three columns. #}
with

raw_counts as (

    select count(*) as row_count
    from ({{ union_connectors('inventory_snapshots') }}) as snapshots

),

housed_counts as (

    select
        (select count(*) from {{ ref('fct_inventory_snapshot') }})
        + (
            select count(*)
            from {{ ref('rejected_rows') }}
            where source_table = 'dw_inventory_snapshot'
        ) as row_count

)

select
    raw_counts.row_count as raw_row_count,
    housed_counts.row_count as housed_row_count
from raw_counts
inner join housed_counts
    on raw_counts.row_count <> housed_counts.row_count
