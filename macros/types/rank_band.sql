{% macro rank_band(rank) -%}
    case when {{ rank }} <= 1 then 1 when {{ rank }} <= 3 then 2 when {{ rank }} <= 5 then 3 else 4 end
{%- endmacro %}
