{# Guards rule of counting 2 for every raw table: its rows are in the star or in rejected_rows. #}
{%- set homes = {
    'invoices': ('fct_invoice', 'invoice_id'),
    'invoice_lines': ('fct_invoice_line', 'invoice_line_id'),
    'items': ('dim_item', 'item_id'),
    'customers': ('dim_customer', 'customer_id'),
    'sales_reps': ('dim_sales_rep', 'sales_rep_id'),
    'locations': ('dim_location', 'location_id'),
    'channels': ('dim_channel', 'channel_id'),
} -%}
with

raw_rows as (
    {%- for entity in homes %}
        select
            source_system,
            source_table
        from ({{ union_connectors(entity) }}) as {{ entity }}
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
),

raw_counts as (

    select
        source_system,
        source_table,
        count(*) as raw_row_count
    from raw_rows
    group by source_system, source_table

),

housed_rows as (

    select
        source_system,
        source_table
    from {{ ref('rejected_rows') }}
    where source_table <> 'dw_inventory_snapshot'
    {%- for entity, (home, key) in homes.items() %}
        union all
        select
            accepted_rows.source_system,
            accepted_rows.source_table
        from {{ ref('int_' ~ entity ~ '_judged') }} as accepted_rows
        inner join {{ ref(home) }} as home
            on accepted_rows.{{ key }} = home.{{ key }}
        where accepted_rows.rejection_reason is null
    {%- endfor %}

),

housed_counts as (

    select
        source_system,
        source_table,
        count(*) as housed_row_count
    from housed_rows
    group by source_system, source_table

)

select
    raw_counts.*,
    housed_counts.housed_row_count
from raw_counts
full outer join housed_counts
    on
        raw_counts.source_system = housed_counts.source_system
        and raw_counts.source_table = housed_counts.source_table
where coalesce(raw_counts.raw_row_count, 0) <> coalesce(housed_counts.housed_row_count, 0)
