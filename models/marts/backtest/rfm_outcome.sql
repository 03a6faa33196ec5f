{# Grain: one row per customer of customer_rfm: its segment, and what it spent in the
   spend_outcome_days after as_of_date. No rows until those have passed. #}
select
    rfm.as_of_date,
    rfm.customer_id,
    rfm.rfm_segment,
    outcome.spend_after
from {{ ref('customer_rfm') }} as rfm
inner join {{ ref('customer_spend_after') }} as outcome
    on rfm.customer_id = outcome.customer_id
