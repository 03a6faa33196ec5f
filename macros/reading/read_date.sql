{% macro read_date(column) -%}
    case
        when {{ matches('trim(' ~ column ~ ')', var('date_pattern')) }}
            then cast(substring(trim({{ column }}), 1, 10) as date)
    end
{%- endmacro %}
