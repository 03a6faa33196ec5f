{# Guards that one id means one thing: two connectors that use the same id need an id_prefix. That
   no two invoices and no two lines share an id is the grain test of the facts. #}
{%- set id_columns = {
    'int_invoices_assembled': ['customer_id', 'location_id', 'channel_id', 'sales_rep_id'],
    'int_invoice_lines_judged': ['item_id', 'category_id'],
    'int_items_judged': ['item_id', 'category_id'],
    'int_customers_judged': ['customer_id', 'sales_rep_id'],
    'int_sales_reps_judged': ['sales_rep_id'],
    'int_locations_judged': ['location_id'],
    'int_channels_judged': ['channel_id'],
    'int_inventory_snapshots_judged': ['item_id', 'location_id'],
} -%}
with

-- Grouped at once, a table's many rows are few ids.
ids as (
    {%- for model, columns in id_columns.items() %}
        {%- set is_last_model = loop.last %}
        {%- for column in columns %}
            select
                '{{ column }}' as id_column,
                {{ column }} as id,
                source_system
            from {{ ref(model) }}
            group by {{ column }}, source_system
            {%- if not (is_last_model and loop.last) %}
                union all
            {%- endif %}
        {%- endfor %}
    {%- endfor %}
)

select
    id_column,
    id,
    min(source_system) as first_connector,
    max(source_system) as second_connector
from ids
where id is not null
group by id_column, id
having min(source_system) <> max(source_system)
