{% macro type_text() -%} {{ dbt.type_string() }} {%- endmacro %}
