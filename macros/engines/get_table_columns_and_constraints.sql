{# Text orders by code point on DuckDB; on PostgreSQL it does so only in columns of the C collation,
   whatever the locale of the database. https://www.postgresql.org/docs/current/collation.html #}
{% macro postgres__get_table_columns_and_constraints() -%}
    {{ return(table_columns_and_constraints() | replace(' TEXT', ' TEXT collate "C"')) }}
{%- endmacro %}
