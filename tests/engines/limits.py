"""Where an engine cannot stand for the warehouse whose SQL it runs: piece of the text (regular expression), what differs."""

LIMITS = {
    "spark": [
        (r"(?im)^(update|delete from|merge into)\b", "Spark's own tables take no UPDATE, DELETE and MERGE; Delta's do"),
        (r"generated (always|by default) as", "Spark's own tables have no generated columns; Delta's do"),
    ],
    "googlesql": [],
    "fakesnow": [
        (r"to_char\(round\(", "TO_CHAR has no format of numbers"),
        (r"sum\(distinct", "SUM of DISTINCT in a sub-query"),
        (r"else '' end \|\| lpad\(", "LPAD takes no length that is no 32-bit number"),
        (r"substr\(to_binary", "SUBSTR takes no bytes"),
        (r"\b[lr]?trim\(", "LTRIM and RTRIM cut both sides, and no other characters than blanks"),
        (r"hashbytes|sha2_binary|sha1_binary|md5_binary", "there are no hashes that are bytes"),
    ],
}
