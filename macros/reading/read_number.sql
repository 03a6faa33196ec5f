{% macro read_number(column, type=none) -%}
    cast(
        case
            when {{ matches(trim_blanks(column), var('number_pattern')) }} then {{ trim_blanks(column) }}
        end
    as {{ type or type_money() }})
{%- endmacro %}
