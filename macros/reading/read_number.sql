{# A plain decimal as a number, rounded to the type's decimals, half away from zero; null where the text
   is empty or anything else. #}
{% macro read_number(column, type=none) -%}
    case
        when {{ matches('trim(' ~ column ~ ')', var('number_pattern')) }}
            then cast(trim({{ column }}) as {{ type or type_money() }})
    end
{%- endmacro %}
