// Names of files in archives as UTF-8.
#ifndef DATAMIGRATE_COMMON_ARCHIVES_UTF8_NAMES_H_
#define DATAMIGRATE_COMMON_ARCHIVES_UTF8_NAMES_H_

#include <locale.h>

namespace datamigrate::archives {

// libarchive reads and writes names as the thread's locale says: as long as one of these lives, its
// thread has a locale of UTF-8.
class Utf8Names {
 public:
  Utf8Names() : locale_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
    if (locale_ != nullptr) before_ = uselocale(locale_);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;
  ~Utf8Names() {
    if (locale_ == nullptr) return;
    uselocale(before_);
    freelocale(locale_);
  }

 private:
  locale_t locale_;
  locale_t before_ = nullptr;
};

}  // namespace datamigrate::archives

#endif  // DATAMIGRATE_COMMON_ARCHIVES_UTF8_NAMES_H_
