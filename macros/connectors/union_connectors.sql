{% macro union_connectors(entity) -%}
    {%- set columns = stream_columns()[entity] -%}
    {%- set suppliers = [] -%}
    {%- for connector in enabled_connectors() if entity in connector_entities()[connector] -%}
        {%- do suppliers.append(connector) -%}
    {%- endfor -%}
    {%- for connector in suppliers %}
        select
        {%- for column, type in columns.items() %}
            cast({{ column }} as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
        from {{ ref('stg_' ~ connector ~ '__' ~ entity) }}
        {%- if not loop.last %}
        union all
        {%- endif %}
    {%- else %}
        select
        {%- for column, type in columns.items() %}
            cast(null as {{ type }}) as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
        from (select 1 as nothing) as no_connector
        where 1 = 0
    {%- endfor %}
{%- endmacro %}
