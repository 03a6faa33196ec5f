{# Grain: one row per raw row of dw_location. #}
{{ config(enabled='dw' in var('connectors')) }}
{%- set contract_columns = [
    'location_code', 'location_name', 'region', 'country',
] -%}
with

raw_rows as (

    select {{ raw_columns('dw_location', contract_columns) }}
    from {{ raw_table('dw', 'dw_location') }}

),

final as (

    select
        -- origin
        'dw' as source_system,
        'dw_location' as source_table,
        location_code as source_key,
        {{ raw_text(contract_columns) }} as raw_text,
        {{ raw_values(contract_columns) }} as raw_values,
        {{ unreadable_columns() }} as unreadable_columns,

        -- ids
        {{ id_prefix('dw') }}{{ read_text('location_code') }} as location_id,

        -- text
        {{ read_text('location_name') }} as location_name,
        {{ read_text('region') }} as region,
        {{ read_text('country') }} as country
    from raw_rows

)

select * from final
