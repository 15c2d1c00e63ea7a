// How much text a URL could carry to its server, beyond naming a page.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_URL_CARGO_H_
#define DATAMIGRATE_COMMON_GUARDIAN_URL_CARGO_H_

#include <string_view>

namespace datamigrate::guardian {

// Both take an absolute URL ("https://..." or "//..."), are pure and safe from any thread.

// For a URL that is fetched without a click: true if a value in its query or fragment reads like
// data (a sentence, an e-mail address, a blob, a value under a name like "data" or "q" that is no
// plain word or number), or its path or its host holds a blob. Sizes, versions, formats and
// colours, which images and badges take, are no data.
bool CarriesDataWhenFetched(std::string_view url);

// For a URL behind a link: true if its query holds a long blob or a sentence under any name but
// those by which search engines and mail programs take text.
bool CarriesMuchData(std::string_view url);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_URL_CARGO_H_
