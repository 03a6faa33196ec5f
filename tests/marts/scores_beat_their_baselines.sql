{# Warns of a score that was worth less than a baseline: over the dates of the back-test, or on one
   of them by more than chance. #}
{{ config(severity='warn') }}
select
    score_name,
    metric,
    baseline_name,
    avg(gain) as mean_gain,
    count(*) as date_count,
    count(case when gain_upper_95 < 0 then 1 end) as lost_date_count
from {{ ref('score_backtest') }}
where
    baseline_name is not null
    -- A flag that flags nearly all misses nothing.
    and metric <> 'recall'
group by score_name, metric, baseline_name
having avg(gain) < 0 or min(gain_upper_95) < 0
