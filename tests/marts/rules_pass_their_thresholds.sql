{# Guards the definition of basket_rule: no rule below a threshold, none beyond the cut, and
   each rule's pair in basket_pair with the same count. #}
select rules.*
from {{ ref('basket_rule') }} as rules
left join {{ ref('basket_pair') }} as pairs
    on
        pairs.item_id_a = least(rules.from_item_id, rules.to_item_id)
        and pairs.item_id_b = greatest(rules.from_item_id, rules.to_item_id)
where
    pairs.basket_count is null
    or pairs.basket_count <> rules.basket_count
    or rules.basket_count < {{ var('basket_min_count') | int }}
    or rules.basket_count
    < {{ exact_decimal(var('basket_min_support')) }} * rules.total_basket_count
    or rules.basket_count
    < {{ exact_decimal(var('basket_min_confidence')) }} * rules.from_basket_count
    {%- if var('basket_max_rules') | int > 0 %}
        or rules.rule_rank > {{ var('basket_max_rules') | int }}
    {%- endif %}
