// XML in DuckDB: lists and lambdas.
#include "agent_engine/dialects/xml_syntax.h"

namespace datamigrate::dialects {
namespace {

// A tag, a run of text with its CDATA sections, a comment, a processing instruction, a DOCTYPE.
// The pattern follows "REX: XML Shallow Parsing with Regular Expressions" (Robert D. Cameron).
constexpr std::string_view kNodes = R"sql((
    with documents as (
        $d
    ),
    pieces as (
        select document, unnest(list) as token, generate_subscripts(list, 1) as place
        from (
            select
                document,
                case
                    when text is null or (
                        length(coalesce(array_to_string(list, ''), '')) = length(text)
                        and len(list_filter(list, lambda piece: piece like '</%'))
                            = len(list_filter(list, lambda piece: regexp_full_match(piece, '<[^!?/](?:.*[^/])?>', 's')))
                    ) then list
                    else error('XML parsing: the document is not well formed')
                end as list
            from (
                select document, text, regexp_extract_all(text, '<[^!?<>"''](?:[^<>"'']|"[^"]*"|''[^'']*'')*>|(?:[^<]+|<!\[CDATA\[[^\]]*\](?:[^\]]+\])*\]+(?:[^\]>][^\]]*\](?:[^\]]+\])*\]+)*>)+|<!--[^-]*-(?:[^-]+-)*->|<\?[^?]*\?+(?:[^>?][^?]*\?+)*>|<!DOCTYPE[^>]*>') as list
                from documents
            ) as split
        ) as checked
    ),
    tokens as (
        select
            document,
            token,
            place,
            case
                when token like '</%' then 'end'
                when token not like '<%' or token like '<![CDATA[%' then 'text'
                when token like '%/>' then 'empty'
                else 'start'
            end as kind,
            regexp_extract(token, '[^<\s/>]+') as tag,
            case
                when token like '<%=%' and token not like '<![CDATA[%' then
                    regexp_extract_all(token, '\s[^\s=]+\s*=\s*(?:"[^"]*"|''[^'']*'')')
                else []
            end as attributes
        from pieces
        where not regexp_full_match(token, '\s*|<!--.*|<\?.*|<!DOCTYPE.*', 's')
    ),
    placed as (
        select
            *,
            sum(case kind when 'start' then 1 when 'end' then -1 else 0 end) over so_far
                + case when kind = 'start' then 0 else 1 end as depth,
            sum(case when kind = 'end' then 0 else 1 + len(attributes) end) over so_far as upto
        from tokens
        window so_far as (partition by document order by place)
    ),
    closed as (
        select
            *,
            upto - len(attributes) as node,
            case
                when kind <> 'start' then upto
                when lead(tag) over siblings = tag then lead(upto) over siblings
                else error('XML parsing: the end tag of ' || tag || ' is missing')
            end as last
        from placed
        window siblings as (partition by document, depth order by place)
    ),
    nested as (
        select
            closed.*,
            opens,
            coalesce(max(case when opens then node end) over (
                partition by document, depth + cast(opens as integer) order by place
            ), 0) as parent
        from closed
        cross join (values (false), (true)) as sides (opens)
        where kind = 'start' or (kind <> 'end' and not opens)
    ),
    nodes as (
        select
            document,
            node,
            parent,
            last,
            case when kind = 'text' then '' else tag end as name,
            case when kind = 'text' then token else '' end as raw,
            case
                when kind <> 'text' then coalesce(nullif(regexp_extract(token, '^<([^\s/>:]+):', 1), ''), ' ')
            end as prefix
        from nested
        where not opens
        union all
        select
            document,
            node + number,
            node,
            node + number,
            '@' || regexp_extract(attribute, '[^\s=]+'),
            regexp_replace(regexp_extract(attribute, '^\s[^=]*=\s*.(.*).$', 1, 's'), '\r\n|\s', ' ', 'g'),
            regexp_extract(attribute, '^\s([^\s=:]+):', 1)
        from (
            select
                document,
                node,
                unnest(attributes) as attribute,
                generate_subscripts(attributes, 1) as number
            from nested
            where not opens
        ) as listed
    ),
    namespaces as (
        select
            declared.document,
            declared.node,
            nodes.last,
            case when declared.name = '@xmlns' then ' ' else substr(declared.name, 8) end as prefix,
            declared.raw as uri
        from nodes as declared
        inner join nodes
            on nodes.document = declared.document
            and nodes.node = declared.parent
        where declared.name = '@xmlns' or declared.name like '@xmlns:%'
    ),
    named as (
        select
            nodes.document,
            nodes.node,
            nodes.parent,
            nodes.last,
            case when nodes.name like '@%' then '@' else '' end as sign,
            case
                when nodes.name not like '@xmlns:%' and nodes.name <> '@xmlns' then
                    regexp_extract(nodes.name, '[^@:]*$')
                else ''
            end as local_name,
            replace(nodes.raw, chr(13) || chr(10), chr(10)) as raw,
            case
                when nodes.prefix = 'xml' then 'http://www.w3.org/XML/1998/namespace'
                else arg_max(namespaces.uri, namespaces.node)
            end as uri
        from nodes
        left join namespaces
            on namespaces.document = nodes.document
            and namespaces.prefix = nodes.prefix
            and nodes.node between namespaces.node - 1 and namespaces.last
        group by
            nodes.document, nodes.node, nodes.parent, nodes.last, nodes.name, nodes.prefix, nodes.raw
    ),
    read as (
        select
            document,
            node,
            parent,
            last,
            sign || case when uri <> '' and local_name <> '' then '{' || uri || '}' else '' end || local_name as name,
            case
                when not regexp_matches(raw, '[&<]') then raw
                when contains(regexp_replace(raw, '<!\[CDATA\[[^\]]*\](?:[^\]]+\])*\]+(?:[^\]>][^\]]*\](?:[^\]]+\])*\]+)*>|&(?:lt|gt|amp|quot|apos|#[0-9]+|#x[0-9A-Fa-f]+);', '', 'g'), '&') then
                    error('XML parsing: & begins no reference')
                else array_to_string(list_transform(
                    regexp_extract_all(raw, '<!\[CDATA\[[^\]]*\](?:[^\]]+\])*\]+(?:[^\]>][^\]]*\](?:[^\]]+\])*\]+)*>|&[^;]*;|[^<&]+'),
                    lambda piece: case
                        when piece like '<%' then piece[10:-4]
                        when piece = '&lt;' then '<'
                        when piece = '&gt;' then '>'
                        when piece = '&amp;' then '&'
                        when piece = '&quot;' then '"'
                        when piece = '&apos;' then ''''
                        when piece like '&#x%' then chr(cast('0x' || piece[4:-2] as integer))
                        when piece like '&#%' then chr(cast(piece[3:-2] as integer))
                        else piece
                    end
                ), '')
            end as value
        from named
    ),
    collected as (
        select
            document,
            list(cast(parent as integer) order by node) as parents,
            list(name order by node) as names,
            list(cast(last as integer) order by node) as lasts,
            list(case when name = '' then value end order by node) as texts,
            list(case when name like '@_%' then value end order by node) as attribute_values
        from read
        group by document
    )
    select
        collected.parents,
        collected.names,
        collected.lasts,
        collected.texts,
        collected.attribute_values,
        documents.text as xml_document
    from collected
    inner join documents on documents.document = collected.document
))sql";

}  // namespace

constexpr XmlSyntax kDuckDbXml = {
    .nodes = kNodes,
    .one_document = "select 1 as document, $0 as text",
    // A lateral query would sort by the text of the document.
    .all_documents =
        "select row_number() over () as document, text from (select distinct $0 as text from $r) "
        "as texts",
    .one = "[$n]",
    .count = "len($s)",
    .from_to = "list_filter(range($b, $e + 1), lambda $v: $c)",
    .filter = "list_filter($s, lambda $v: $c)",
    .contains = "list_contains($s, $n)",
    .map = "list_distinct(list_transform($s, lambda $v: $c))",
    .bind = "list_transform([$s], lambda $v: $c)[1]",
    .first = "list_transform(($s)[1:1], lambda $v: $c)[1]",
    .join = "coalesce(array_to_string(list_transform($s, lambda $v: $c), ''), '')",
    .rows = "unnest($s)",
    // No slice: DuckDB would copy the whole list for each row.
    .value_of =
        "coalesce($x.xml_value[$n], array_to_string(list_transform(range($n, $x.xml_last[$n] + 1), "
        "lambda part: $x.xml_text[part]), ''), '')",
    .local_name = "regexp_extract($0, '[^@}]*$')",
    .to_number = "try_cast(trim($0) as double)",
    .contains_text = "contains($0, $1)",
    .ordered_text = "$0",
};

}  // namespace datamigrate::dialects
