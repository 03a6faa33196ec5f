{# Grain: one row per known customer, everything that the marts say of it. #}
{{ config(**indexed(['customer_id', 'sales_rep_id'])) }}
with

category_counts as (

    select
        customer_id,
        count(case when penetration_status = 'active' then category_id end)
            as active_category_count,
        count(case when penetration_status = 'lapsed' then category_id end)
            as lapsed_category_count,
        count(case when penetration_status = 'never' then category_id end) as missing_category_count
    from {{ ref('category_penetration') }}
    group by customer_id

),

churn_counts as (

    select
        customer_id,
        sum(churn_flag) as churning_category_count,
        count(case when is_at_risk then category_id end) as at_risk_category_count,
        sum(case when is_at_risk then value_at_risk end) as value_at_risk
    from {{ ref('churn_risk') }}
    group by customer_id

)

select
    activity.customer_id,
    customers.customer_name,
    customers.email,
    customers.region,
    customers.country,
    customers.customer_segment,
    customers.sales_rep_id,
    sales_reps.sales_rep_name,
    customers.location_id,
    customers.sign_up_date,
    activity.first_sale_date as first_purchase_date,
    activity.last_sale_date as last_purchase_date,
    rfm.recency_days,
    activity.sale_invoice_count as frequency,
    activity.monetary,
    rfm.r_score,
    rfm.f_score,
    rfm.m_score,
    rfm.rfm_segment,
    activity.revenue,
    activity.profit,
    {{ as_bounded_ratio(divide('activity.profit', 'activity.costed_revenue')) }} as margin_ratio,
    abc.abc_revenue,
    abc.abc_profit,
    abc.abc_combined,
    wallet.actual_spend,
    wallet.avg_spend,
    wallet.opportunity_gap,
    wallet.peer_gap,
    cast(coalesce(category_counts.active_category_count, 0) as bigint) as active_category_count,
    cast(coalesce(category_counts.lapsed_category_count, 0) as bigint) as lapsed_category_count,
    cast(coalesce(category_counts.missing_category_count, 0) as bigint) as missing_category_count,
    cast(coalesce(churn_counts.churning_category_count, 0) as bigint) as churning_category_count,
    cast(coalesce(churn_counts.at_risk_category_count, 0) as bigint) as at_risk_category_count,
    {{ as_money('coalesce(churn_counts.value_at_risk, 0)') }} as value_at_risk,
    churn.churn_probability,
    churn.churn_band,
    lifetime_value.predicted_value,
    lifetime_value.value_tier,
    lifetime_value.is_whale,
    activity.as_of_date
from {{ ref('customer_activity') }} as activity
inner join {{ ref('dim_customer') }} as customers
    on activity.customer_id = customers.customer_id
inner join {{ ref('customer_abc') }} as abc
    on activity.customer_id = abc.customer_id
inner join {{ ref('share_of_wallet') }} as wallet
    on activity.customer_id = wallet.customer_id
inner join {{ ref('customer_churn') }} as churn
    on activity.customer_id = churn.customer_id
inner join {{ ref('customer_lifetime_value') }} as lifetime_value
    on activity.customer_id = lifetime_value.customer_id
left join {{ ref('customer_rfm') }} as rfm
    on activity.customer_id = rfm.customer_id
left join {{ ref('dim_sales_rep') }} as sales_reps
    on customers.sales_rep_id = sales_reps.sales_rep_id
left join category_counts
    on activity.customer_id = category_counts.customer_id
left join churn_counts
    on activity.customer_id = churn_counts.customer_id
