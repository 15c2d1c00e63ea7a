#include "common/net/http_transport.h"
#include "common/text/text.h"

namespace datamigrate::net {

std::string_view HttpHead::Find(std::string_view name) const {
  for (const HeaderField& field : fields) {
    if (text::EqualsIgnoreCase(field.name, name)) return field.value;
  }
  return "";
}

}  // namespace datamigrate::net
