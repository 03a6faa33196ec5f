{# dbt-spark writes a missing value as the text None and breaks at a quote, and a list of ten thousand
   rows takes Spark a minute to parse. One JSON text does neither.
   https://spark.apache.org/docs/latest/api/sql/index.html#from_json #}
{% macro spark__load_csv_rows(model, agate_table) -%}
    {%- set types = model['config'].get('column_types', {}) -%}
    {%- set statements = [] -%}
    {%- for chunk in agate_table.rows | batch(get_batch_size()) -%}
        {%- set rows = [] -%}
        {%- for row in chunk -%}
            {%- set texts = {} -%}
            {%- for column in agate_table.column_names if row[column] is not none -%}
                {%- do texts.update({column: row[column] | string}) -%}
            {%- endfor -%}
            {%- do rows.append(texts) -%}
        {%- endfor -%}
        {%- set statement -%}
            insert into {{ this }}
            select
            {%- for column in agate_table.column_names %}
                cast({{ adapter.quote(column) }} as {{ types.get(column, 'string') }}){{ ',' if not loop.last }}
            {%- endfor %}
            from (
                select inline(from_json(
                    '{{ tojson(rows) | replace("\\", "\\\\") | replace("'", "\\'") }}',
                    'array<struct<
                    {%- for column in agate_table.column_names -%}
                        {{ adapter.quote(column) }}: string{{ ', ' if not loop.last }}
                    {%- endfor -%}
                    >>'
                ))
            ) as seed_rows
        {%- endset -%}
        {%- do adapter.add_query(statement, abridge_sql_log=True) -%}
        {%- do statements.append(statement) -%}
    {%- endfor -%}
    {{ return(statements[0]) }}
{%- endmacro %}
