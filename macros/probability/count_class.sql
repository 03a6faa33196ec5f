{% macro count_class(expression) -%}
    case
        when {{ expression }} <= 3 then {{ expression }}
        when {{ expression }} <= 5 then 4
        when {{ expression }} <= 8 then 5
        when {{ expression }} <= 12 then 6
        else 7
    end
{%- endmacro %}
