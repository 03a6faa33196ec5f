{# Grain: one row per raw row of dw_item. #}
{{ config(enabled='dw' in var('connectors')) }}
{%- set contract_columns = [
    'item_code_365', 'item_description', 'category_code', 'item_length', 'item_width',
    'item_height', 'item_weight', 'number_of_pieces', 'selling_qty', 'unit_cost', 'unit_price',
    'lead_time_days', 'ordering_cost', 'holding_cost_pct', 'is_active',
] -%}
with

raw_rows as (

    select {{ raw_columns('dw_item', contract_columns) }}
    from {{ raw_table('dw', 'dw_item') }}

),

final as (

    select
        -- origin
        'dw' as source_system,
        'dw_item' as source_table,
        item_code_365 as source_key,
        {{ raw_text(contract_columns) }} as raw_text,
        {{ raw_values(contract_columns) }} as raw_values,
        {{ unreadable_columns(
            numbers=contract_columns[3:14], booleans=['is_active']
        ) }} as unreadable_columns,

        -- ids
        {{ id_prefix('dw') }}{{ read_text('item_code_365') }} as item_id,
        {{ id_prefix('dw') }}{{ read_text('category_code') }} as category_id,

        -- text
        {{ read_text('item_description') }} as item_name,

        -- numbers
        {{ read_number('item_length') }} as item_length,
        {{ read_number('item_width') }} as item_width,
        {{ read_number('item_height') }} as item_height,
        {{ read_number('item_weight') }} as item_weight,
        {{ read_number('number_of_pieces') }} as number_of_pieces,
        {{ read_number('selling_qty') }} as selling_quantity,
        {{ read_number('unit_cost') }} as unit_cost,
        {{ read_number('unit_price') }} as unit_price,
        {{ read_number('lead_time_days') }} as lead_time_days,
        {{ read_number('ordering_cost') }} as ordering_cost,
        {{ read_number('holding_cost_pct') }} as holding_cost_ratio,

        -- booleans
        coalesce({{ read_boolean('is_active') }}, true) as is_active
    from raw_rows

)

select * from final
