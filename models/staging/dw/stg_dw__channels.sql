{# Grain: one row per raw row of dw_channel. #}
{{ config(enabled='dw' in var('connectors')) }}
{%- set contract_columns = [
    'channel_code', 'channel_name',
] -%}
with

raw_rows as (

    select {{ raw_columns('dw_channel', contract_columns) }}
    from {{ raw_table('dw', 'dw_channel') }}

),

final as (

    select
        -- origin
        'dw' as source_system,
        'dw_channel' as source_table,
        channel_code as source_key,
        {{ raw_text(contract_columns) }} as raw_text,
        {{ raw_values(contract_columns) }} as raw_values,
        {{ unreadable_columns() }} as unreadable_columns,

        -- ids
        {{ id_prefix('dw') }}{{ read_text('channel_code') }} as channel_id,

        -- text
        {{ read_text('channel_name') }} as channel_name
    from raw_rows

)

select * from final
