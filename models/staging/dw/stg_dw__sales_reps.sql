{# Grain: one row per raw row of dw_sales_rep. #}
{{ config(enabled='dw' in var('connectors')) }}
{%- set contract_columns = [
    'sales_rep_code', 'sales_rep_name', 'email', 'region', 'manager_code',
] -%}
with

raw_rows as (

    select {{ raw_columns('dw_sales_rep', contract_columns) }}
    from {{ raw_table('dw', 'dw_sales_rep') }}

),

final as (

    select
        -- origin
        'dw' as source_system,
        'dw_sales_rep' as source_table,
        sales_rep_code as source_key,
        {{ raw_text(contract_columns) }} as raw_text,
        {{ raw_values(contract_columns) }} as raw_values,
        {{ unreadable_columns() }} as unreadable_columns,

        -- ids
        {{ id_prefix('dw') }}{{ read_text('sales_rep_code') }} as sales_rep_id,
        {{ id_prefix('dw') }}{{ read_text('manager_code') }} as manager_id,

        -- text
        {{ read_text('sales_rep_name') }} as sales_rep_name,
        {{ read_text('email') }} as email,
        {{ read_text('region') }} as region
    from raw_rows

)

select * from final
