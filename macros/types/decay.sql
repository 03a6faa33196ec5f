{% macro decay(days, half_life_days) -%}
    power({{ as_double('0.5') }}, least({{ divide(days, half_life_days) }}, {{ as_double(200) }}))
{%- endmacro %}
