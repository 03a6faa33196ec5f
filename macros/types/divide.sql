{% macro divide(numerator, denominator) -%}
    ({{ as_double(numerator) }} / nullif({{ as_double(denominator) }}, 0))
{%- endmacro %}
