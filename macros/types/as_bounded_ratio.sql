{# A ratio as it is published, or null where it is too large for one: a quotient of amounts can be. #}
{% macro as_bounded_ratio(expression) -%}
    case when abs({{ expression }}) < 1000000000000000 then {{ as_ratio(expression) }} end
{%- endmacro %}
