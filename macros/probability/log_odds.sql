{% macro log_odds(expression) -%}
    ln(
        greatest(least({{ as_double(expression) }}, 0.99999), 0.00001)
        / (1 - greatest(least({{ as_double(expression) }}, 0.99999), 0.00001))
    )
{%- endmacro %}
