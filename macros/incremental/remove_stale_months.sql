{% macro remove_stale_months(month, compared_columns, derived_columns) %}
    {% if execute and is_incremental() %}
        {% set column = month.split('.') | last %}
        {# The model's own select, of every month and not of the lacking ones only. #}
        {% set own_select = model.compiled_code | replace(is_lacking(month), '1 = 1') %}
        {% if own_select == model.compiled_code %}
            {% do exceptions.raise_compiler_error(
                model.name ~ ' is kept by month, but nothing in its SQL says where is_lacking(' ~ month
                ~ '), so every month would be appended again: add it.'
            ) %}
        {% endif %}
        {# The same month without its alias, in CTEs; only now, since the longer text contains it. #}
        {% set own_select = own_select | replace(is_lacking(column), '1 = 1') %}
        {% set columns = compared_columns or model.columns | reject('in', derived_columns) | list %}
        {% do recover_months() %}
        {% set stale = run_query(stale_months_query(own_select, column, columns)).columns[0].values() %}
        {% do log(model.name ~ ', months that changed: ' ~ (stale | sort | join(', ') or 'none'), info=true) %}
        {% if stale %}
            {% do remove_months(column, stale) %}
        {% endif %}
    {% endif %}
{% endmacro %}
