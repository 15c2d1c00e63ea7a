// Names of fields in which the scanner has found nothing. Clients send the same names again and
// again, so most are known.
#ifndef DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_HARMLESS_NAMES_H_
#define DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_HARMLESS_NAMES_H_

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace datamigrate::gateway {

// Takes a fixed amount of memory: a new name may push out an older one. Not thread safe.
class HarmlessNames {
 public:
  static constexpr size_t kPlaces = 512;
  static constexpr size_t kLongest = 64;  // bytes; longer names are not kept

  bool Has(std::string_view name) const { return !name.empty() && PlaceOf(name) == name; }
  void Add(std::string_view name) {
    if (name.size() <= kLongest) names_[IndexOf(name)] = name;
  }

 private:
  static size_t IndexOf(std::string_view name) {
    return std::hash<std::string_view>()(name) % kPlaces;
  }
  const std::string& PlaceOf(std::string_view name) const { return names_[IndexOf(name)]; }

  std::array<std::string, kPlaces> names_;
};

}  // namespace datamigrate::gateway

#endif  // DATAMIGRATE_GATEWAY_FILTERS_GUARDIAN_HARMLESS_NAMES_H_
