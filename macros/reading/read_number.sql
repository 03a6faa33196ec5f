{% macro read_number(column, type=none) -%}
    case
        when {{ matches(trim_blanks(column), var('number_pattern')) }}
            then cast({{ trim_blanks(column) }} as {{ type or type_money() }})
    end
{%- endmacro %}
