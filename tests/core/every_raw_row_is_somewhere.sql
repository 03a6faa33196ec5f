{# Guards rule of counting 2 for every raw table but the lines: its rows are in the star or in
   rejected_rows. Lines have lines_reconcile_with_raw, which compares their amounts as well. #}
{%- set homes = {
    'invoices': ('fct_invoice', 'invoice_id'),
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
left join housed_counts
    on
        raw_counts.source_system = housed_counts.source_system
        and raw_counts.source_table = housed_counts.source_table
where raw_counts.raw_row_count <> coalesce(housed_counts.housed_row_count, 0)
