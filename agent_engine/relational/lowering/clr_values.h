// Constants of SQL Server's CLR types in their stored form: [MS-SSCLRT], "hierarchyid" and
// "geography and geometry".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace datamigrate::relational {

// The bytes of the hierarchyid that reads "/1/2.3/", as hexadecimal digits; empty for the root.
// Empty optional for text that is no hierarchyid.
std::optional<std::string> HierarchyBytes(std::string_view text);

// The bytes of a point; `first` is the latitude of a geography, the x of a geometry.
std::string PointBytes(double first, double second, int32_t srid);

struct PointText {
  double x = 0;
  double y = 0;
};
// "POINT (-122.5 37.7)"; empty for other shapes.
std::optional<PointText> ParsePoint(std::string_view text);

}  // namespace datamigrate::relational
