{% macro is_lacking(month) -%}
    {#- A unit test has no table of its own. -#}
    {%- if this and is_incremental() -%}
        {{ month }} not in (select built.{{ month.split('.') | last }} from {{ this }} as built)
    {%- else -%}
        1 = 1
    {%- endif -%}
{%- endmacro %}
