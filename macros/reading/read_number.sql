{% macro read_number(column, type=none) -%}
    case
        when {{ matches('trim(' ~ column ~ ')', var('number_pattern')) }}
            then cast(trim({{ column }}) as {{ type or type_money() }})
    end
{%- endmacro %}
