// Names that dbt, file systems and every warehouse accept, made from names that only SQL Server
// does.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "agent_engine/dialects/target.h"

namespace datamigrate::dbt {

// PostgreSQL cuts identifiers at 63 bytes ("Identifiers and Key Words"); the other targets allow
// more.
inline constexpr size_t kMaxNameBytes = 63;

// "CustomerID" → "customer_id", "Order Details" → "order_details", "Größe" → "grosse", "订单" →
// "u8ba2u5355". The result holds a-z, 0-9 and _ alone, begins with a letter or _, and is never
// empty; any bytes are accepted.
std::string SnakeCase(std::string_view name);

// `name` itself where it fits into `max_bytes` (at least 16); otherwise its beginning and a hash of
// the whole. Never cuts inside a UTF-8 sequence.
std::string ShortenName(std::string_view name, size_t max_bytes);

// The name of a dbt project for a database of that name: no word that dbt keeps for itself.
std::string ProjectName(std::string_view database);

// Eight hexadecimal digits of FNV-1a over `text`: the same on every machine.
std::string NameHash(std::string_view text);

// One unique name per wish, in order. Wishes that meet, ignoring case, all get the hash of their
// `identity`, so that the outcome does not depend on the order. Both lists have the same length;
// identities differ from each other.
std::vector<std::string> MakeUnique(const std::vector<std::string>& wishes,
                                    const std::vector<std::string>& identities);

// The name for a relation that keeps the source's name where dbt can write it for the target: dbt
// puts quotes around a relation's name but does not double the quotes inside, and some targets
// limit the characters.
std::string RelationName(std::string_view name, dialects::Target target);

}  // namespace datamigrate::dbt
