{# Warns of a score that over the dates of the back-test was worth less than a baseline. #}
{{ config(severity='warn') }}
select
    score_name,
    metric,
    baseline_name,
    avg(gain) as mean_gain,
    count(*) as date_count
from {{ ref('score_backtest') }}
where baseline_name is not null
group by score_name, metric, baseline_name
having avg(gain) < 0
