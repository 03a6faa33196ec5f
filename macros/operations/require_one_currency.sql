{% macro require_one_currency() %}
    {% if execute %}
        {% set found = run_query(
            'select currency_code from ' ~ this
            ~ ' where currency_code is not null group by currency_code order by currency_code'
        ) %}
        {% if found.rows | length > 1 %}
            {% do exceptions.raise_compiler_error(
                'Accepted invoices are in ' ~ found.rows | length ~ ' currencies ('
                ~ found.columns[0].values() | join(', ')
                ~ '), and amounts in different currencies cannot be added: load one currency only,'
                ~ ' or convert the amounts before loading.'
            ) %}
        {% endif %}
    {% endif %}
{% endmacro %}
