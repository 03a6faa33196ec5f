{% macro as_bounded_ratio(expression) -%}
    case when abs({{ expression }}) < 1000000000000000 then {{ as_ratio(expression) }} end
{%- endmacro %}
