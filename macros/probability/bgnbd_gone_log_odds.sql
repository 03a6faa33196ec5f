{% macro bgnbd_gone_log_odds(repeats, last_week, age_weeks) -%}
    (
        ln(drop_a / (drop_b + greatest({{ repeats }}, 1) - 1))
        + (rate_shape + {{ repeats }})
        * ln((rate_scale + {{ age_weeks }}) / (rate_scale + {{ last_week }}))
    )
{%- endmacro %}
