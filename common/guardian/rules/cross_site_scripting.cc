#include "common/guardian/rule.h"

namespace datamigrate::guardian {
namespace {

constexpr std::string_view kSheet =
    "https://cheatsheetseries.owasp.org/cheatsheets/XSS_Filter_Evasion_Cheat_Sheet.html";

constexpr Rule kRules[] = {
    {"cross_site_scripting.script_element", "<script|</script|< script|<svg|<math", 0, 60,
     R"re(<\s*/?\s*script\b[^a-z]|<\s*(?:svg|math)[\s/][^>]*(?:on\w+\s*=|href\s*=))re", nullptr,
     "A script element", kSheet, 0.9F},
    {"cross_site_scripting.event_attribute",
     "onerror|onload|onclick|onmouse|onfocus|onblur|onkey|ontoggle|onstart|onbegin|onend|onrepeat|"
     "onpage|onscroll|onanimation|ontransition|onpointer|onwheel|ondrag|ondrop|oncopy|oncut|"
     "onpaste|onchange|oninput|onsubmit|onreset|onselect|onresize|onbefore|onafter|onhash|"
     "onmessage|onpop|onshow|onplay|onseek|onwaiting|oncan|ontime|onvolume|onended|"
     "onloadedmetadata|onloadeddata|onunhandled|onfinish|onbounce|onactivate|ondeactivate|"
     "oncontextmenu|onauxclick|ondblclick|onformdata|oninvalid|onsearch|onstorage|onpropertychange|"
     "onreadystatechange",
     80, 40, R"re((?:<[a-z!?/][^>]*|['"]\s*/?\s*|^\s*)[\s/'"]?on[a-z]{3,24}\s*=\s*['"`]?\s*\S)re",
     nullptr, "An event attribute", kSheet},
    {"cross_site_scripting.script_url", "javascript:|vbscript:|livescript:|data:text/html|script:",
     16, 40, R"re((?:=|\(|['"]|^|\s|:)\s*(?:java|vb|live)script\s*:\s*\S|data:text/html\s*[;,])re",
     nullptr, "An address that is a script", kSheet},
    {"cross_site_scripting.spaced_script_url",
     "java s|java\t|java\n|java\r|jav a|jav\ta|jav\na|ja v|ja\tv|ja\nv|j a v|j\ta|j\na", 0, 40,
     R"re(\bj[\s]{0,3}a[\s]{0,3}v[\s]{0,3}a[\s]{1,3}s[\s]{0,3}c[\s]{0,3}r[\s]{0,3}i[\s]{0,3}p[\s]{0,3}t\s*:)re",
     nullptr, "An address that is a script, with blanks in it", kSheet},
    {"cross_site_scripting.dialog_call",
     "alert|prompt|confirm|document.cookie|document.write|document.location|string.fromcharcode|"
     "eval(",
     24, 32,
     R"re((?:['">;=({\[:/`]|^)\s*(?:window|self|top|parent|this|document)?\s*[.\[]?['"]?(?:alert|prompt|confirm)['"\]]{0,2}\s*(?:\(|`)\s*(?:[\d'"`)/]|document|window|xss|string)|document\s*\.\s*(?:cookie|write\s*\(|location\s*=)|string\s*\.\s*fromcharcode\s*\(|eval\s*\(\s*(?:name|alt|atob|location|string|unescape))re",
     nullptr, "A call that proofs of script injection make", kSheet},
    {"cross_site_scripting.active_element",
     "<iframe|<object|<embed|<applet|<frameset|<meta|<base|<link|<isindex|<bgsound|<layer|<xml|<?"
     "xml|<!entity|<!doctype|<xss",
     0, 90,
     R"re(<\s*(?:iframe|object|embed|applet|bgsound|layer|frameset|isindex|xss)\b[^>]*(?:src|data|code|href|action|style|on\w+)\s*=|<\s*meta[^>]*http-equiv\s*=\s*['"]?(?:refresh|set-cookie|link|content-type)[^>]*(?:url=|script|charset=utf-7)|<\s*(?:base|link)[^>]*href\s*=\s*['"]?(?:javascript|data|//|http)|<!entity\s+%?\s*\w+\s+(?:system|public)\b)re",
     nullptr, "An element that loads or runs what it names", kSheet},
    {"cross_site_scripting.style_expression", "expression|behavior|-moz-binding|url(", 40, 40,
     R"re((?:style|width|xss|color|background)[^a-z]*.*expression\s*\(|-moz-binding\s*:\s*url|behavior\s*:\s*url|url\s*\(\s*['"]?\s*(?:javascript|vbscript|data:text))re",
     nullptr, "A style that runs a script", kSheet},
    {"cross_site_scripting.template", "constructor|{{", 40, 60,
     R"re(\{\{.*(?:constructor|\$eval|\$on|__proto__|alert\s*\(|\d+\s*\*\s*\d+).*|\[\s*['"]?constructor['"]?\s*\]\s*\(|\.constructor\s*\(\s*['"`])re",
     nullptr, "A template expression that reaches the constructor",
     "https://portswigger.net/research/"
     "xss-without-html-client-side-template-injection-with-angularjs"},
};

}  // namespace

std::span<const Rule> CrossSiteScriptingRules() {
  return kRules;
}

}  // namespace datamigrate::guardian
