#include "agent_engine/dbt/generic_tests.h"

#include "agent_engine/dialects/translate.h"

namespace datamigrate::dbt {
namespace {

constexpr std::string_view kUniqueCombination = R"({#
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
)";

constexpr std::string_view kForeignKey = R"({#
    Every row whose columns are all filled has its parent row. `folded_columns` compare as SQL Server's
    case-insensitive collations do: without case and without trailing blanks.
#}
{% test foreign_key(model, columns, to, to_columns, folded_columns=[]) %}

with child as (

    select * from {{ model }}

),

parent as (

    select * from {{ to }}

)

select child.*
from child
where
    {%- for column in columns %}
    child.{{ quoted(column) }} is not null and
    {%- endfor %}
    not exists (
        select 1
        from parent
        where
        {%- for column in columns %}
            {%- set own = 'child.' ~ quoted(column) %}
            {%- set other = 'parent.' ~ quoted(to_columns[loop.index0]) %}
            {%- if column in folded_columns %}
            lower(rtrim({{ other }})) = lower(rtrim({{ own }}))
            {%- else %}
            {{ other }} = {{ own }}
            {%- endif %}
            {%- if not loop.last %} and{% endif %}
        {%- endfor %}
    )

{% endtest %}
)";

constexpr std::string_view kAcceptedValuesIgnoringCase = R"({#
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
)";

constexpr std::string_view kExpressionHolds = R"({#
    The condition is true or unknown in every row, as a CHECK constraint demands.
#}
{% test expression_holds(model, expression) %}

select *
from {{ model }}
where not ({{ expression }})

{% endtest %}
)";

constexpr std::string_view kGenerateSchemaName = R"({#
    In prod, models are built into the schemas that dbt_project.yml names; everywhere else these names follow the
    schema of the developer's own profile.
#}
{% macro generate_schema_name(custom_schema_name, node) -%}

    {%- if custom_schema_name is none -%}
        {{ target.schema }}
    {%- elif target.name == 'prod' -%}
        {{ custom_schema_name | trim }}
    {%- else -%}
        {{ target.schema }}_{{ custom_schema_name | trim }}
    {%- endif -%}

{%- endmacro %}
)";

// Where the quotes are no double quotes, the adapter's own way with them.
constexpr std::string_view kQuotedByAdapter = R"({# A column's name between the target's quotes. #}
{% macro quoted(name) -%}
    {{ adapter.quote(name) }}
{%- endmacro %}
)";

constexpr std::string_view kQuoted =
    R"({# A column's name between the target's quotes, with quotes inside it doubled. #}
{% macro quoted(name) -%}
    {{ adapter.quote(name | replace('"', '""')) }}
{%- endmacro %}
)";

}  // namespace

std::string_view GenericTestText(TestKind kind) {
  switch (kind) {
    case TestKind::kUniqueCombination:
      return kUniqueCombination;
    case TestKind::kForeignKey:
      return kForeignKey;
    case TestKind::kAcceptedValuesIgnoringCase:
      return kAcceptedValuesIgnoringCase;
    case TestKind::kExpressionHolds:
      return kExpressionHolds;
    default:
      return {};
  }
}

std::string_view GenerateSchemaNameText() {
  return kGenerateSchemaName;
}
std::string_view QuotedText(dialects::Target target) {
  const bool is_double = dialects::QuoteIdentifier("x", target) == "\"x\"";
  return is_double ? kQuoted : kQuotedByAdapter;
}

}  // namespace datamigrate::dbt
