{# Grain: one row per item: those of the item lists, those that only invoice lines or stock counts
   name, and the unknown item. #}
{{ config(**indexed(['item_id', 'category_id'])) }}
with

listed_items as (

    select *
    from {{ ref('int_items_judged') }}
    where rejection_reason is null

),

lines as (

    select source_system, invoice_id, item_id, item_name, category_id, carries_header
    from {{ ref('int_invoice_lines_judged') }}
    where rejection_reason is null and item_id is not null

),

named_items as (

    select source_system, item_id, category_id, carries_header
    from lines
    union all
    select
        source_system,
        item_id,
        cast(null as {{ type_text() }}) as category_id,
        false as carries_header
    from {{ ref('int_inventory_snapshots_judged') }}
    where rejection_reason is null

),

unlisted_items as (

    select
        item_id,
        min(source_system) as source_system,
        max(case when carries_header then 1 else 0 end) as has_flat_line,
        max(category_id) as category_id
    from named_items
    group by item_id

),

name_counts as (

    select
        lines.item_id,
        lines.item_name,
        count(*) as line_count
    from lines
    inner join {{ ref('int_invoices_assembled') }} as invoices
        on lines.invoice_id = invoices.invoice_id
    where lines.item_name is not null and invoices.invoice_date <= {{ as_of_date() }}
    group by lines.item_id, lines.item_name

),

-- A flat connector has no item list: an item's name is the description that most of its lines bear.
item_names as (

    select
        item_id,
        item_name,
        row_number() over (partition by item_id order by line_count desc, item_name) as name_rank
    from name_counts

),

all_items as (

    select
        item_id,
        source_system,
        item_name,
        category_id,
        unit_cost,
        unit_price,
        lead_time_days,
        ordering_cost,
        holding_cost_ratio,
        number_of_pieces,
        selling_quantity,
        item_length,
        item_width,
        item_height,
        item_weight,
        is_active,
        true as is_listed
    from listed_items

    union all

    select
        unlisted_items.item_id,
        unlisted_items.source_system,
        item_names.item_name,
        unlisted_items.category_id,
        cast(null as {{ type_money() }}) as unit_cost,
        cast(null as {{ type_money() }}) as unit_price,
        cast(null as {{ type_money() }}) as lead_time_days,
        cast(null as {{ type_money() }}) as ordering_cost,
        cast(null as {{ type_money() }}) as holding_cost_ratio,
        cast(null as {{ type_money() }}) as number_of_pieces,
        cast(null as {{ type_money() }}) as selling_quantity,
        cast(null as {{ type_money() }}) as item_length,
        cast(null as {{ type_money() }}) as item_width,
        cast(null as {{ type_money() }}) as item_height,
        cast(null as {{ type_money() }}) as item_weight,
        true as is_active,
        unlisted_items.has_flat_line = 1 as is_listed
    from unlisted_items
    left join listed_items
        on unlisted_items.item_id = listed_items.item_id
    left join item_names
        on unlisted_items.item_id = item_names.item_id and item_names.name_rank = 1
    where listed_items.item_id is null

    union all

    select
        '__unknown__' as item_id,
        '__unknown__' as source_system,
        'Unknown item' as item_name,
        cast(null as {{ type_text() }}) as category_id,
        cast(null as {{ type_money() }}) as unit_cost,
        cast(null as {{ type_money() }}) as unit_price,
        cast(null as {{ type_money() }}) as lead_time_days,
        cast(null as {{ type_money() }}) as ordering_cost,
        cast(null as {{ type_money() }}) as holding_cost_ratio,
        cast(null as {{ type_money() }}) as number_of_pieces,
        cast(null as {{ type_money() }}) as selling_quantity,
        cast(null as {{ type_money() }}) as item_length,
        cast(null as {{ type_money() }}) as item_width,
        cast(null as {{ type_money() }}) as item_height,
        cast(null as {{ type_money() }}) as item_weight,
        true as is_active,
        false as is_listed

),

prefixed_patterns as (

    select
        connector,
        case connector
            {%- for connector in enabled_connectors() %}
                when '{{ connector }}' then {{ id_prefix_literal(connector) }}
            {%- endfor %}
            else ''
        end || trim(code_pattern) as id_pattern
    from {{ ref('non_products') }}

),

non_product_items as (

    select all_items.item_id
    from all_items
    inner join prefixed_patterns
        on
            all_items.source_system = prefixed_patterns.connector
            and {{ upper_case('all_items.item_id') }}
            like {{ upper_case('prefixed_patterns.id_pattern') }}
    group by all_items.item_id

)

select
    all_items.item_id,
    all_items.source_system,
    coalesce(all_items.item_name, all_items.item_id) as item_name,
    case
        when non_product_items.item_id is null and all_items.is_listed
            then coalesce(all_items.category_id, '__uncategorised__')
        else '__uncategorised__'
    end as category_id,
    all_items.unit_cost,
    all_items.unit_price,
    all_items.lead_time_days,
    all_items.ordering_cost,
    all_items.holding_cost_ratio,
    all_items.number_of_pieces,
    all_items.selling_quantity,
    all_items.item_length,
    all_items.item_width,
    all_items.item_height,
    all_items.item_weight,
    all_items.is_listed,
    non_product_items.item_id is null and all_items.is_listed as is_product,
    all_items.is_active
from all_items
left join non_product_items
    on all_items.item_id = non_product_items.item_id
