{% macro judging_key() -%}
    {#- The vars that change how a row is read or what is said of it. -#}
    {%- set judging_vars = {} -%}
    {%- for name in [
        'connectors', 'online_retail_reject_duplicates', 'id_prefix', 'earliest_plausible_date',
        'number_pattern', 'date_pattern', 'time_pattern',
    ] -%}
        {%- do judging_vars.update({name: var(name)}) -%}
    {%- endfor -%}
    cast('{{ local_md5(tojson(judging_vars, sort_keys=true)) }}' as {{ type_text() }})
{%- endmacro %}
