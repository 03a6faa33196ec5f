{# Grain: one row per score, method, metric and resample. #}
with

ratios as (

    select
        measures.as_of_date,
        measures.score_name,
        measures.method_name,
        measures.metric,
        resamples.resample,
        {{ divide(
            'sum(resamples.weight * measures.numerator)',
            'sum(resamples.weight * measures.denominator)'
        ) }} as value,
        count(*) as customer_count
    from {{ ref('backtest_measure') }} as measures
    inner join {{ ref('backtest_resample') }} as resamples
        on measures.customer_id = resamples.customer_id
    group by
        measures.as_of_date,
        measures.score_name,
        measures.method_name,
        measures.metric,
        resamples.resample

),

-- Area under the ROC curve: how often a customer who left was ranked above one who stayed, a tie
-- counting half.
weighted_churn as (

    select
        outcomes.as_of_date,
        outcomes.method_name,
        outcomes.predicted,
        resamples.resample,
        case when outcomes.is_churned = 1 then resamples.weight else 0 end as left_weight,
        case when outcomes.is_churned = 0 then resamples.weight else 0 end as stayed_weight
    from {{ ref('churn_outcome') }} as outcomes
    inner join {{ ref('backtest_resample') }} as resamples
        on outcomes.customer_id = resamples.customer_id

),

churn_by_prediction as (

    select
        as_of_date,
        method_name,
        resample,
        predicted,
        sum(left_weight) as left_weight,
        sum(stayed_weight) as stayed_weight,
        count(*) as customer_count
    from weighted_churn
    group by as_of_date, method_name, resample, predicted

),

churn_below as (

    select
        *,
        sum(stayed_weight) over (partition by method_name, resample order by predicted)
        - {{ as_double('stayed_weight') }} / 2 as stayed_weight_below
    from churn_by_prediction

),

areas as (

    select
        as_of_date,
        'customer_churn' as score_name,
        method_name,
        'auc' as metric,
        resample,
        sum(left_weight * stayed_weight_below)
        / nullif({{ as_double('sum(left_weight)') }} * sum(stayed_weight), 0) as value,
        sum(customer_count) as customer_count
    from churn_below
    group by as_of_date, method_name, resample

),

-- Of customers who spent the same, who spends more afterwards has grown more. Bands of spend hold
-- some twenty customers, since a gap is at most a share of what the customer spends.
peers_by_spend as (

    select
        *,
        floor({{ divide('spend_rank - 1', '20') }}) as spend_band
    from (
        select
            *,
            rank() over (order by spend_before) as spend_rank
        from {{ ref('peer_gap_outcome') }}
    ) as gaps

),

gap_methods as (

    select 'share_of_wallet' as method_name
    union all
    select 'opportunity_gap' as method_name

),

rankings as (

    select
        as_of_date,
        'customer_lifetime_value' as score_name,
        method_name,
        'rank_correlation' as metric,
        1 as band,
        customer_id,
        predicted_value as predicted,
        actual_value as actual
    from {{ ref('value_outcome') }}
    union all
    select
        peers_by_spend.as_of_date,
        'share_of_wallet' as score_name,
        gap_methods.method_name,
        'rank_correlation_at_equal_spend' as metric,
        peers_by_spend.spend_band as band,
        peers_by_spend.customer_id,
        case gap_methods.method_name
            when 'share_of_wallet' then peers_by_spend.peer_gap
            else peers_by_spend.opportunity_gap
        end as predicted,
        peers_by_spend.spend_after as actual
    from peers_by_spend
    cross join gap_methods

),

-- Spearman's rank correlation: Pearson's of the ranks, here from the mean of the band. Ties share
-- their mean rank.
ranks as (

    select
        as_of_date,
        score_name,
        method_name,
        metric,
        customer_id,
        rank() over (partition by score_name, method_name, band order by predicted)
        + (count(*) over (partition by score_name, method_name, band, predicted) - 1) / 2.0
        - (count(*) over (partition by score_name, method_name, band) + 1) / 2.0 as predicted_rank,
        rank() over (partition by score_name, method_name, band order by actual)
        + (count(*) over (partition by score_name, method_name, band, actual) - 1) / 2.0
        - (count(*) over (partition by score_name, method_name, band) + 1) / 2.0 as actual_rank
    from rankings

),

rank_sums as (

    select
        ranks.as_of_date,
        ranks.score_name,
        ranks.method_name,
        ranks.metric,
        resamples.resample,
        count(*) as customer_count,
        {{ as_double('sum(resamples.weight)') }} as weight,
        sum(resamples.weight * {{ as_double('ranks.predicted_rank') }}) as sum_predicted,
        sum(resamples.weight * {{ as_double('ranks.actual_rank') }}) as sum_actual,
        sum(resamples.weight * {{ as_double('ranks.predicted_rank') }} * ranks.predicted_rank)
            as sum_predicted_squares,
        sum(resamples.weight * {{ as_double('ranks.actual_rank') }} * ranks.actual_rank)
            as sum_actual_squares,
        sum(resamples.weight * {{ as_double('ranks.predicted_rank') }} * ranks.actual_rank)
            as sum_products
    from ranks
    inner join {{ ref('backtest_resample') }} as resamples
        on ranks.customer_id = resamples.customer_id
    group by
        ranks.as_of_date, ranks.score_name, ranks.method_name, ranks.metric, resamples.resample

),

rank_correlations as (

    select
        as_of_date,
        score_name,
        method_name,
        metric,
        resample,
        (weight * sum_products - sum_predicted * sum_actual)
        / nullif(sqrt(greatest(
            (weight * sum_predicted_squares - sum_predicted * sum_predicted)
            * (weight * sum_actual_squares - sum_actual * sum_actual),
            0
        )), 0) as value,
        customer_count
    from rank_sums

),

metrics as (

    select * from ratios
    union all
    select * from areas
    union all
    select * from rank_correlations

)

select
    as_of_date,
    score_name,
    method_name,
    metric,
    resample,
    {{ as_bounded_ratio('value') }} as value,
    cast(customer_count as bigint) as customer_count
from metrics
