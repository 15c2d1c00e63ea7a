// A small source with rows, whose migration takes dbt longer than anything else.
#pragma once

#include <filesystem>
#include <string>

namespace datamigrate::testing {

inline constexpr int kShopOrders = 500;

// Writes a script of two tables with a key between them, dbo.Customer and dbo.SalesOrder with
// kShopOrders rows, and two views over each other, dbo.OrderTotals and dbo.BigCustomers. Returns
// the folder.
std::string WriteShop(const std::filesystem::path& folder);

}  // namespace datamigrate::testing
