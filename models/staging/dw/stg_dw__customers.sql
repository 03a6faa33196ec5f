{# Grain: one row per raw row of dw_customer. #}
{{ config(enabled='dw' in var('connectors')) }}
{%- set contract_columns = [
    'customer_code_365', 'customer_name', 'region', 'country', 'segment', 'sign_up_date',
    'sales_rep_code', 'email', 'credit_limit',
] -%}
with

raw_rows as (

    select {{ raw_columns('dw_customer', contract_columns) }}
    from {{ raw_table('dw', 'dw_customer') }}

),

final as (

    select
        -- origin
        'dw' as source_system,
        'dw_customer' as source_table,
        customer_code_365 as source_key,
        {{ raw_text(contract_columns) }} as raw_text,
        {{ raw_values(contract_columns) }} as raw_values,
        {{ unreadable_columns(numbers=['credit_limit'], dates=['sign_up_date']) }}
            as unreadable_columns,

        -- ids
        {{ id_prefix('dw') }}{{ read_text('customer_code_365') }} as customer_id,
        {{ id_prefix('dw') }}{{ read_text('sales_rep_code') }} as sales_rep_id,

        -- text
        {{ read_text('customer_name') }} as customer_name,
        {{ read_text('email') }} as email,
        {{ read_text('region') }} as region,
        {{ read_text('country') }} as country,
        {{ read_text('segment') }} as customer_segment,

        -- numbers
        {{ read_number('credit_limit') }} as credit_limit,

        -- dates
        {{ read_date('sign_up_date') }} as sign_up_date
    from raw_rows

)

select * from final
