{# A quotient in double precision; null where the denominator is zero or null. #}
{% macro divide(numerator, denominator) -%}
    ({{ as_double(numerator) }} / nullif({{ as_double(denominator) }}, 0))
{%- endmacro %}
