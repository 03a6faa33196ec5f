{# Grain: one row per raw row of dw_inventory_snapshot. #}
{{ config(enabled='dw' in var('connectors')) }}
{%- set contract_columns = [
    'snapshot_date', 'item_code_365', 'on_hand_quantity', 'location_code', 'on_order_quantity',
    'counted_quantity', 'stockout_hours',
] -%}
with

raw_rows as (

    select {{ raw_columns('dw_inventory_snapshot', contract_columns) }}
    from {{ raw_table('dw', 'dw_inventory_snapshot') }}

),

final as (

    select
        -- origin
        'dw' as source_system,
        'dw_inventory_snapshot' as source_table,
        coalesce(snapshot_date, '') || ' ' || coalesce(item_code_365, '') || ' '
        || coalesce(location_code, '')
            as source_key,
        {{ raw_text(contract_columns) }} as raw_text,
        {{ raw_values(contract_columns) }} as raw_values,
        {{ unreadable_columns(
            numbers=['on_order_quantity', 'counted_quantity', 'stockout_hours']
        ) }} as unreadable_columns,

        -- ids
        {{ id_prefix('dw') }}{{ read_text('item_code_365') }} as item_id,
        {{ id_prefix('dw') }}{{ read_text('location_code') }} as location_id,

        -- numbers
        {{ read_number('on_hand_quantity') }} as on_hand_quantity,
        {{ read_number('on_order_quantity') }} as on_order_quantity,
        {{ read_number('counted_quantity') }} as counted_quantity,
        {{ read_number('stockout_hours') }} as stockout_hours,

        -- booleans
        {{ read_text('snapshot_date') }} is not null as has_date_text,
        {{ unreadable_columns(numbers=['on_hand_quantity']) }} <> '' as has_unreadable_number,

        -- dates
        {{ read_date('snapshot_date') }} as snapshot_date
    from raw_rows

)

select * from final
