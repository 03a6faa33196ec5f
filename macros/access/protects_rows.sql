{% macro protects_rows() %}
    {% do return(has_roles() and var('page_role') is not none) %}
{% endmacro %}
