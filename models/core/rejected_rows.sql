{# Grain: one row per raw row that is not in the star, with the reason. #}
{%- set entities = [
    'invoices', 'invoice_lines', 'items', 'customers', 'sales_reps', 'locations', 'channels',
    'inventory_snapshots',
] -%}
with

rejected_of_all_tables as (
    {%- for entity in entities %}
        select
            source_system,
            source_table,
            source_key,
            rejection_reason as reason,
            raw_values,
            {{ 'net_amount' if entity == 'invoice_lines' else as_money('null') }} as net_amount
        from {{ ref('int_' ~ entity ~ '_judged') }}
        where rejection_reason is not null
        {%- if not loop.last %}
            union all
        {%- endif %}
    {%- endfor %}
)

select * from rejected_of_all_tables
