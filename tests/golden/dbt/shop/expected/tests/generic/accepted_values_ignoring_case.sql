{#
    Each value is NULL or one of `values`, compared as SQL Server's case-insensitive collations do: without case and
    without trailing blanks.
#}
{% test accepted_values_ignoring_case(model, column_name, values) %}

select
    {{ column_name }} as value_field,
    count(*) as n_records
from {{ model }}
where lower(rtrim({{ column_name }})) not in (
    {%- for value in values %}
    lower('{{ dbt.escape_single_quotes(value | string) }}')
    {%- if not loop.last %},{% endif %}
    {%- endfor %}
)
group by {{ column_name }}

{% endtest %}
