{# Of each table of core and marts that is there: what differs from what it should be is changed, all in
   one transaction. Tables alone are opened, as a view would need security_invoker.
   https://www.postgresql.org/docs/current/sql-createpolicy.html #}
{% macro open_rows() %}
    {% if execute and flags.WHICH in ('build', 'run', 'retry') and protects_rows() %}
        {% set tables, schemas = [], [] %}
        {% for node in graph.nodes.values() if node.resource_type == 'model' and node.fqn[1] in ['core', 'marts'] %}
            {% do tables.append("('" ~ node.schema ~ "', '" ~ node.alias ~ "')") %}
            {% if node.schema not in schemas %}
                {% do schemas.append(node.schema) %}
            {% endif %}
            {% if node.name == 'clock' %}
                {% do tables.append("('" ~ node.schema ~ "', 'build_info')") %}
            {% endif %}
        {% endfor %}
        {% set access = (graph.nodes.values() | selectattr('name', 'equalto', 'customer_access') | list)[0] %}
        {% set page, analysts = var('page_role'), var('analyst_role') %}
        {% set viewer = "(select current_setting('opportunity.viewer', true))" %}
        {# Until they are published, readers have no way into the next build's schemas. #}
        {% set is_draft = env_var('DBT_IS_DRAFT', '') == '1' %}

        {% call give_way() %}
        for statement in
            with

            access_list as (

                select
                    cast(to_regclass(named.place) as oid) as oid,
                    named.place
                from (select format('%I.%I', '{{ access.schema }}', '{{ access.alias }}') as place) as named

            ),

            tables as (

                select
                    relations.oid,
                    format('%I.%I', schemas.nspname, relations.relname) as place,
                    relations.relrowsecurity as is_protected,
                    relations.oid = access_list.oid as is_access_list,
                    access_list.oid is not null as has_access_list,
                    coalesce(bool_or(columns.attname = 'customer_id'), false) as has_customers,
                    coalesce(bool_or(columns.attname in (
                        'raw_values', 'source_key', 'invoice_key', 'invoice_id', 'customer_number'
                    )), false) as has_rows_of_customers
                from pg_class as relations
                inner join pg_namespace as schemas on schemas.oid = relations.relnamespace
                inner join pg_attribute as columns on columns.attrelid = relations.oid
                cross join access_list
                where
                    relations.relkind in ('r', 'p')
                    and not columns.attisdropped
                    and (schemas.nspname, relations.relname) in ({{ tables | join(', ') }})
                group by relations.oid, schemas.nspname, access_list.oid

            ),

            wanted_policies as (

                select
                    tables.*,
                    'page_rows' as policy_name,
                    '{{ page }}' as role_name,
                    case when is_access_list
                        then $${{ viewer }} in ('*', viewer_id)$$
                        else $${{ viewer }} = '*' or customer_id in (
                            select customer_id from %s where viewer_id = {{ viewer }}
                        )$$
                    end as condition,
                    not is_access_list as reads_access_list
                from tables
                where has_customers and has_access_list
                {%- if analysts %}
                union all
                select
                    tables.*,
                    'analyst_rows' as policy_name,
                    '{{ analysts }}' as role_name,
                    'true' as condition,
                    false as reads_access_list
                from tables
                where has_customers
                {%- endif %}

            ),

            lacking_policies as (

                select wanted_policies.*
                from wanted_policies
                cross join access_list
                where not exists (
                    select policies.oid
                    from pg_policy as policies
                    where
                        policies.polrelid = wanted_policies.oid
                        and policies.polname = wanted_policies.policy_name
                        and obj_description(policies.oid, 'pg_policy')
                        = wanted_policies.role_name || ': ' || wanted_policies.condition
                        and (
                            not wanted_policies.reads_access_list
                            or exists (
                                select reads.objid
                                from pg_depend as reads
                                where
                                    reads.classid = cast('pg_policy' as regclass)
                                    and reads.objid = policies.oid
                                    and reads.refobjid = access_list.oid
                            )
                        )
                )

            ),

            statements as (

                select
                    is_access_list,
                    format('alter table %s enable row level security', place) as statement
                from tables
                where has_customers and not is_protected
                union all
                select
                    is_access_list,
                    format(
                        'drop policy if exists %1$I on %2$s; '
                        'create policy %1$I on %2$s for select to %3$I using (%4$s); '
                        'comment on policy %1$I on %2$s is %5$L',
                        policy_name,
                        lacking_policies.place,
                        role_name,
                        format(condition, access_list.place),
                        role_name || ': ' || condition
                    ) as statement
                from lacking_policies
                cross join access_list
                union all
                select is_access_list, format('grant select on %s to {{ page }}', place) as statement
                from tables
                where
                    (has_customers or not has_rows_of_customers)
                    and not has_table_privilege('{{ page }}', oid, 'select')
                union all
                select is_access_list, format('revoke all on %s from {{ page }}', place) as statement
                from tables
                where
                    has_rows_of_customers
                    and not has_customers
                    and has_table_privilege('{{ page }}', oid, 'select')
                {%- if analysts %}
                union all
                select is_access_list, format('grant select on %s to {{ analysts }}', place) as statement
                from tables
                where not has_table_privilege('{{ analysts }}', oid, 'select')
                {%- endif %}
                {%- if not is_draft %}
                union all
                select
                    false as is_access_list,
                    format('grant usage on schema %I to {{ [page, analysts] | select | join(", ") }}', nspname)
                        as statement
                from pg_namespace
                where nspname in ('{{ schemas | join("', '") }}')
                {%- endif %}

            )

            -- A reader of any table reads customer_access next, so that one is taken last.
            select statements.statement
            from statements
            order by statements.is_access_list nulls first, statements.statement
        loop
            execute statement;
        end loop;
        {% endcall %}
    {% endif %}
{% endmacro %}
