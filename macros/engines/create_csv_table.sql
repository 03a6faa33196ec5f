{# A seed's text columns are called string here.
   https://spark.apache.org/docs/latest/sql-ref-datatypes.html #}
{% macro spark__create_csv_table(model, agate_table) -%}
    {%- set types = {} -%}
    {%- for column, type in model['config'].get('column_types', {}).items() -%}
        {%- do types.update({column: 'string' if type == 'text' else type}) -%}
    {%- endfor -%}
    {%- do model['config'].update({'column_types': types}) -%}
    {{ return(dbt.spark__create_csv_table(model, agate_table)) }}
{%- endmacro %}
