{# Grain: one row per customer with a peer benchmark: its gaps, what it spent in the
   peer_window_days before, and in the spend_outcome_days after as_of_date. No rows until those have
   passed. #}
select
    wallet.as_of_date,
    wallet.customer_id,
    wallet.peer_gap,
    wallet.opportunity_gap,
    peers.peer_window_spend as spend_before,
    outcome.spend_after
from {{ ref('share_of_wallet') }} as wallet
inner join {{ ref('customer_peer_group') }} as peers
    on wallet.customer_id = peers.customer_id
inner join {{ ref('customer_spend_after') }} as outcome
    on wallet.customer_id = outcome.customer_id
where wallet.peer_gap is not null
