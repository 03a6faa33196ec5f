{% macro bgnbd_log_likelihood(repeats, last_week, age_weeks) -%}
    (
        gamma_term
        - (rate_shape + {{ repeats }}) * ln(rate_scale + {{ age_weeks }})
        + case
            when {{ repeats }} > 0
                then {{ log_one_plus_exp(bgnbd_gone_log_odds(repeats, last_week, age_weeks)) }}
            else 0
        end
    )
{%- endmacro %}
