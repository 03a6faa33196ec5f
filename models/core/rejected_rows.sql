{# Grain: one row per raw row that is not in the star, with the reason. #}
with

rejected_of_all_tables as (

    select source_system, source_table, source_key, rejection_reason, raw_values, cast(null as {{ type_money() }}) as net_amount
    from {{ ref('int_invoices_judged') }}
    where rejection_reason is not null

    union all

    select source_system, source_table, source_key, rejection_reason, raw_values, net_amount
    from {{ ref('int_invoice_lines_judged') }}
    where rejection_reason is not null

    union all

    select source_system, source_table, source_key, rejection_reason, raw_values, cast(null as {{ type_money() }}) as net_amount
    from {{ ref('int_items_judged') }}
    where rejection_reason is not null

    union all

    select source_system, source_table, source_key, rejection_reason, raw_values, cast(null as {{ type_money() }}) as net_amount
    from {{ ref('int_customers_judged') }}
    where rejection_reason is not null

    union all

    select source_system, source_table, source_key, rejection_reason, raw_values, cast(null as {{ type_money() }}) as net_amount
    from {{ ref('int_sales_reps_judged') }}
    where rejection_reason is not null

    union all

    select source_system, source_table, source_key, rejection_reason, raw_values, cast(null as {{ type_money() }}) as net_amount
    from {{ ref('int_locations_judged') }}
    where rejection_reason is not null

    union all

    select source_system, source_table, source_key, rejection_reason, raw_values, cast(null as {{ type_money() }}) as net_amount
    from {{ ref('int_channels_judged') }}
    where rejection_reason is not null

    union all

    select source_system, source_table, source_key, rejection_reason, raw_values, cast(null as {{ type_money() }}) as net_amount
    from {{ ref('int_inventory_snapshots_judged') }}
    where rejection_reason is not null

)

select
    source_system,
    source_table,
    source_key,
    rejection_reason as reason,
    raw_values,
    net_amount
from rejected_of_all_tables
