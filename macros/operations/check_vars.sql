{% macro check_vars() %}
    {% set known_vars = known_vars() %}
    {% for name in invocation_args_dict.get('vars') or {} if name not in known_vars %}
        {% do exceptions.raise_compiler_error(
            "There is no var '" ~ name ~ "'; the vars are " ~ known_vars | sort | join(', ')
            ~ ' (README, "Vars").'
        ) %}
    {% endfor %}

    {% if var('rfm_monetary') not in ['net', 'sales'] %}
        {% do exceptions.raise_compiler_error(
            "Var rfm_monetary must be net or sales, not '" ~ var('rfm_monetary') ~ "'."
        ) %}
    {% endif %}

    {% set contract = {} %}
    {% for raw in graph.sources.values() if raw.source_name == 'dw' %}
        {% do contract.update({raw.name: raw.columns | list + ['table']}) %}
    {% endfor %}
    {% if var('dw_columns') and var('use_demo_data') %}
        {% do exceptions.raise_compiler_error(
            'Var dw_columns maps the tables of a company, but use_demo_data is true: set use_demo_data: false.'
        ) %}
    {% endif %}
    {% for table, mapping in var('dw_columns').items() %}
        {% if table not in contract %}
            {% do exceptions.raise_compiler_error(
                "Var dw_columns maps a table '" ~ table ~ "', which the contract lacks; its tables are "
                ~ contract | sort | join(', ') ~ '.'
            ) %}
        {% endif %}
        {% for column in mapping if column not in contract[table] %}
            {% do exceptions.raise_compiler_error(
                "Var dw_columns maps a column '" ~ table ~ '.' ~ column ~ "', which the contract lacks; its columns are "
                ~ contract[table] | join(', ') ~ '.'
            ) %}
        {% endfor %}
    {% endfor %}
{% endmacro %}
