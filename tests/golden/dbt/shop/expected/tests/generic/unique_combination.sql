{#
    No two rows have the same values in all of these columns. As in SQL Server, NULL equals NULL here.
#}
{% test unique_combination(model, columns) %}

{%- set keys = [] -%}
{%- for column in columns -%}
    {%- do keys.append(quoted(column)) -%}
{%- endfor %}

select
    {{ keys | join(',\n    ') }},
    count(*) as n_records
from {{ model }}
group by {{ keys | join(', ') }}
having count(*) > 1

{% endtest %}
