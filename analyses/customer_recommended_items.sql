{# What else could this customer buy? Items that others buy together with what the customer buys,
   without those that the customer has already bought, each with its best evidence. #}
with

bought_items as (

    select item_id
    from {{ ref('fct_invoice_line') }}
    where
        customer_id = '{{ var("customer", "C00001") }}'
        and line_type = 'sale'
        and invoice_date <= {{ as_of_date() }}
    group by item_id

),

candidate_rules as (

    select
        rules.*,
        row_number() over (
            partition by rules.to_item_id
            order by rules.confidence desc, rules.adjusted_lift desc, rules.from_item_id
        ) as evidence_rank
    from {{ ref('basket_rule') }} as rules
    inner join bought_items
        on rules.from_item_id = bought_items.item_id
    left join bought_items as owned_items
        on rules.to_item_id = owned_items.item_id
    where owned_items.item_id is null and rules.is_significant

)

select
    to_items.item_name as recommended_item,
    from_items.item_name as bought_with,
    candidate_rules.confidence,
    candidate_rules.adjusted_lift,
    candidate_rules.basket_count
from candidate_rules
inner join {{ ref('dim_item') }} as to_items
    on candidate_rules.to_item_id = to_items.item_id
inner join {{ ref('dim_item') }} as from_items
    on candidate_rules.from_item_id = from_items.item_id
where candidate_rules.evidence_rank = 1 and to_items.is_active
order by candidate_rules.confidence desc, candidate_rules.to_item_id
