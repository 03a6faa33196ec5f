{% macro type_ratio() -%} decimal(28,12) {%- endmacro %}
