{# A code trimmed, and without the '.0' that a spreadsheet or a data frame hangs on codes it took for
   numbers; null where empty. #}
{% macro read_code(column) -%}
    case
        when {{ matches('trim(' ~ column ~ ')', '^[0-9]+[.]0+$') }}
            then {{ dbt.split_part('trim(' ~ column ~ ')', "'.'", 1) }}
        else {{ read_text(column) }}
    end
{%- endmacro %}
