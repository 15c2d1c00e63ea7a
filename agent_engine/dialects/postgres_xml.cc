// XML in PostgreSQL: arrays and sub-queries, as libxml is not in every build.
#include "agent_engine/dialects/xml_syntax.h"

namespace datamigrate::dialects {
namespace {

// A tag, a run of text with its CDATA sections, a comment, a processing instruction, a DOCTYPE.
// The pattern follows "REX: XML Shallow Parsing with Regular Expressions" (Robert D. Cameron).
constexpr std::string_view kNodes = R"sql((
    with pieces as (
        select
            case
                when well_formed then found[1]
                else cast(cast('XML parsing: the document is not well formed: ' || found[1] as integer) as text)
            end as token,
            place
        from (
            select
                found,
                place,
                sum(length(found[1])) over () = max(length(text)) over ()
                    and sum(case when found[1] like '</%' then 1 when found[1] ~ '^<[^!?/](?:.*[^/])?>$' then -1 else 0 end) over () = 0
                    as well_formed
            from (select $d as text) as documents
            cross join lateral regexp_matches(text, '<[^!?<>"''](?:[^<>"'']|"[^"]*"|''[^'']*'')*>|(?:[^<]+|<!\[CDATA\[[^\]]*\](?:[^\]]+\])*\]+(?:[^\]>][^\]]*\](?:[^\]]+\])*\]+)*>)+|<!--[^-]*-(?:[^-]+-)*->|<\?[^?]*\?+(?:[^>?][^?]*\?+)*>|<!DOCTYPE[^>]*>', 'g') with ordinality as split (found, place)
        ) as checked
    ),
    tokens as (
        select
            token,
            place,
            case
                when token like '</%' then 'end'
                when token not like '<%' or token like '<![CDATA[%' then 'text'
                when token like '%/>' then 'empty'
                else 'start'
            end as kind,
            substring(token from '[^<\s/>]+') as tag,
            case
                when token like '<%=%' and token not like '<![CDATA[%' then
                    array(
                        select found[1]
                        from regexp_matches(token, '\s[^\s=]+\s*=\s*(?:"[^"]*"|''[^'']*'')', 'g')
                            with ordinality as matches (found, number)
                        order by number
                    )
                else '{}'
            end as attributes
        from pieces
        where token !~ '^(?:\s*|<!--.*|<\?.*|<!DOCTYPE.*)$'
    ),
    placed as (
        select
            *,
            sum(case kind when 'start' then 1 when 'end' then -1 else 0 end) over so_far
                + case when kind = 'start' then 0 else 1 end as depth,
            sum(case when kind = 'end' then 0 else 1 + cardinality(attributes) end) over so_far as upto
        from tokens
        window so_far as (order by place)
    ),
    closed as (
        select
            *,
            upto - cardinality(attributes) as node,
            case
                when kind <> 'start' then upto
                when lead(tag) over siblings = tag then lead(upto) over siblings
                else cast('XML parsing: the end tag is missing of ' || tag as integer)
            end as last
        from placed
        window siblings as (partition by depth order by place)
    ),
    nested as (
        select
            closed.*,
            opens,
            coalesce(max(case when opens then node end) over (
                partition by depth + cast(opens as integer) order by place
            ), 0) as parent
        from closed
        cross join (values (false), (true)) as sides (opens)
        where kind = 'start' or (kind <> 'end' and not opens)
    ),
    nodes as (
        select
            node,
            parent,
            last,
            case when kind = 'text' then '' else tag end as name,
            case when kind = 'text' then token else '' end as raw,
            case
                when kind <> 'text' then coalesce(substring(token from '^<([^\s/>:]+):'), ' ')
            end as prefix
        from nested
        where not opens
        union all
        select
            node + number,
            node,
            node + number,
            '@' || substring(attribute from '[^\s=]+'),
            regexp_replace(substring(attribute from '^\s[^=]*=\s*.(.*).$'), '\r\n|\s', ' ', 'g'),
            coalesce(substring(attribute from '^\s([^\s=:]+):'), '')
        from nested
        cross join lateral unnest(attributes) with ordinality as listed (attribute, number)
        where not opens
    ),
    namespaces as (
        select
            declared.node,
            nodes.last,
            case when declared.name = '@xmlns' then ' ' else substr(declared.name, 8) end as prefix,
            declared.raw as uri
        from nodes as declared
        inner join nodes on nodes.node = declared.parent
        where declared.name = '@xmlns' or declared.name like '@xmlns:%'
    ),
    named as (
        select
            nodes.node,
            nodes.parent,
            nodes.last,
            case when nodes.name like '@%' then '@' else '' end as sign,
            case
                when nodes.name not like '@xmlns:%' and nodes.name <> '@xmlns' then
                    substring(nodes.name from '[^@:]*$')
                else ''
            end as local_name,
            replace(nodes.raw, chr(13) || chr(10), chr(10)) as raw,
            case
                when nodes.prefix = 'xml' then 'http://www.w3.org/XML/1998/namespace'
                else (array_agg(namespaces.uri order by namespaces.node desc))[1]
            end as uri
        from nodes
        left join namespaces
            on namespaces.prefix = nodes.prefix
            and nodes.node between namespaces.node - 1 and namespaces.last
        group by nodes.node, nodes.parent, nodes.last, nodes.name, nodes.prefix, nodes.raw
    ),
    read as (
        select
            node,
            parent,
            last,
            sign || case when uri <> '' and local_name <> '' then '{' || uri || '}' else '' end || local_name as name,
            case
                when raw !~ '[&<]' then raw
                when strpos(regexp_replace(raw, '<!\[CDATA\[[^\]]*\](?:[^\]]+\])*\]+(?:[^\]>][^\]]*\](?:[^\]]+\])*\]+)*>|&(?:lt|gt|amp|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);', '', 'g'), '&') > 0 then
                    cast(cast('XML parsing: & begins no reference: ' || raw as integer) as text)
                else array_to_string(array(
                    select case
                        when found[1] like '<%' then substr(found[1], 10, length(found[1]) - 12)
                        when found[1] = '&lt;' then '<'
                        when found[1] = '&gt;' then '>'
                        when found[1] = '&amp;' then '&'
                        when found[1] = '&quot;' then '"'
                        when found[1] = '&apos;' then ''''
                        when found[1] like '&#x%' then chr(cast(cast('x' || lpad(substr(found[1], 4, length(found[1]) - 4), 8, '0') as bit(32)) as integer))
                        when found[1] like '&#%' then chr(cast(substr(found[1], 3, length(found[1]) - 3) as integer))
                        else found[1]
                    end
                    from regexp_matches(raw, '<!\[CDATA\[[^\]]*\](?:[^\]]+\])*\]+(?:[^\]>][^\]]*\](?:[^\]]+\])*\]+)*>|&[^;]*;|[^<&]+', 'g')
                        with ordinality as matches (found, number)
                    order by number
                ), '')
            end as value
        from named
    )
    select
        array_agg(cast(parent as integer) order by node) as xml_parent,
        array_agg(name order by node) as xml_name,
        array_agg(cast(last as integer) order by node) as xml_last,
        array_agg(case when name = '' then value end order by node) as xml_text,
        array_agg(case when name like '@_%' then value end order by node) as xml_value
    from read
))sql";

}  // namespace

constexpr XmlSyntax kPostgresXml = {
    .nodes = kNodes,
    .one_document = "$0",
    .all_documents = "",
    .one = "array[$n]",
    .count = "cardinality($s)",
    .from_to = "array(select $v from generate_series($b, $e) as $v where $c)",
    .filter = "array(select $v from unnest($s) as $v where $c)",
    .contains = "$n = any($s)",
    .map = "array(select distinct $c as found from unnest($s) as $v order by found)",
    .bind = "(select $c from (select $s) as bound ($v))",
    .first = "(select $c from unnest(($s)[1:1]) as $v)",
    .join = "array_to_string(array(select $c from unnest($s) as $v order by $v), '')",
    .rows = "unnest($s)",
    .value_of =
        "coalesce($x.xml_value[$n], array_to_string($x.xml_text[$n:$x.xml_last[$n]], ''), '')",
    .local_name = "substring($0 from '[^@}]*$')",
    .to_number =
        "case when $0 ~ '^\\s*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]+)?\\s*$' then "
        "cast($0 as double precision) end",
    .contains_text = "strpos($0, $1) > 0",
    .ordered_text = "$0 collate \"C\"",
};

}  // namespace datamigrate::dialects
