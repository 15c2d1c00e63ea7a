#include "common/guardian/guards.h"
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
     80, 40,
     R"re((?:<[a-z!?/][^>]*|['"]\s*/?\s*|^\s*)[\s/'"]?on[a-z]{3,24}\s*=\s*['"`]?\s*\S|<[a-z][^>]*\son[a-z]{3,24}\s*=)re",
     nullptr, "An event attribute", kSheet},
    {"cross_site_scripting.event_in_tag", "/on|\"on|'on", 60, 28,
     R"re(<[a-z][\w:-]*[^>]*[\s/"']on[a-z]{2,24}\s*=)re", nullptr, "An event attribute in a tag",
     kSheet, 1, IsFollowedBy<'=', 26>},
    {"cross_site_scripting.brackets_only", "(![|(!![|[(!", 4, 8,
     R"re(\(!!?\s*\[\s*\]|\[\s*\]\s*\[\s*\(!)re", nullptr, "A script of nothing but brackets",
     "https://github.com/aemkei/jsfuck"},
    {"cross_site_scripting.page_change",
     "document.body|document.head|createelement(|appendchild(|window.location", 16, 60,
     R"re(document\s*\.\s*(?:body|head)\b.{0,40}(?:appendchild|innerhtml)|createelement\s*\(|window\.location\s*=\s*\S|^\W*window\.location\W*$)re",
     nullptr, "A script that changes the page", kSheet},
    {"cross_site_scripting.indirect_call",
     "settimeout(|setinterval(|eval(eval|.call`|top[|self[|frames[", 4, 40,
     R"re(set(?:timeout|interval)\s*\(\s*(?:name|location|alert|eval)|eval\(eval|\.call\x60|\b(?:top|self|frames)\s*\[\s*['"(\x60])re",
     nullptr, "A call whose name is hidden", kSheet},
    {"cross_site_scripting.spaced_tag", "<f o r m|<s c r|<i m g|<i f r", 0, 16,
     R"re(<(?:f o r m|s c r i p t|i m g|i f r a m e)\b)re", nullptr,
     "A tag with blanks in its name", kSheet},
    {"cross_site_scripting.processing_instruction", "<?import|<?xml:namespace|<?xml-stylesheet", 0,
     4, "", nullptr, "An instruction that loads a style or a behaviour", kSheet},
    {"cross_site_scripting.linked_image", "xlink:href", 0, 24,
     R"re(xlink:href\s*=\s*['"]?\s*(?://|javascript|data:))re", nullptr,
     "A link inside of an image", kSheet},
    {"cross_site_scripting.quoted_event", "onerror|onload|onmouseover|onfocus", 1, 12,
     R"re([\s"'/]on(?:error|load|mouseover|focus)=\s*[\w"'])re", nullptr,
     "An event attribute behind a value", kSheet},
    {"cross_site_scripting.remote_script", "<script", 0, 80,
     R"re(<script\b[^>]*[\s/"']src\s*=\s*['"]?\s*(?:https?:|//|data:))re", nullptr,
     "A script from another server", kSheet},
    {"cross_site_scripting.style_import", "@import", 40, 16, R"re(<style\b[^<]*@import\s*['"(u])re",
     nullptr, "A style sheet from another server", kSheet},
    {"cross_site_scripting.hidden_words",
     "0?''|0?\"\"|/!=/|[\"cookie|['cookie|call `|.textcontent=", 40, 24,
     R"re(\b0\?(?:''|""):|/\w/!=/\w/\?|\bdocument\b[^;]{0,16}\[\s*['"]cookie|\.\s*(?:map|sort|find|filter|call)\s*(?:\.\s*call\s*)?\x60|document\.\w+\([^)]*\)\.textcontent=)re",
     nullptr, "A script whose words are hidden from filters", kSheet},
    // Filters that cut the brackets out, and pages in 7-bit ASCII, where a quarter sign is one.
    {"cross_site_scripting.lost_brackets", "/script", 120, 8,
     R"re((?:^|[^<a-z])script[^a-z<>]{0,6}(?:alert|prompt|confirm|document|eval)\b.{0,80}?[^<a-z]/script)re",
     nullptr, "A script element whose brackets come back later", kSheet},
    {"cross_site_scripting.probe", "=&{()", 0, 0, "", nullptr,
     "The signs that show which of them a page lets through", kSheet},
    {"cross_site_scripting.spaced_cookie", "cookie", 60, 0,
     R"re(\bdocument\s*(?:/\*[^*]{0,24}\*/)?\s*\.\s*(?:/\*[^*]{0,24}\*/)?\s*cookie\b)re", nullptr,
     "The page's cookie, with blanks or comments in its name", kSheet, 1, FollowsPoint},
    {"cross_site_scripting.vector_frame", "vmlframe", 12, 60,
     R"re(<[^>\s]{0,8}vmlframe\b[^>]*\bsrc\s*=)re", nullptr,
     "A frame of the Vector Markup Language, which loads a page", kSheet},
    {"cross_site_scripting.utf7", "+adw-|+adz", 0, 8, R"re(\+adw-|\+adz[\w+/]{2})re", nullptr,
     "Tags in UTF-7", kSheet},
    {"cross_site_scripting.style_escapes", "\\00|\\6|\\7", 0, 40,
     R"re((?:\\(?:00)?[0-9a-f]{2}[\s']?){5,})re", nullptr,
     "Words spelled in the escapes of style sheets",
     "https://www.w3.org/TR/css-syntax-3/#consume-escaped-code-point"},
    {"cross_site_scripting.xml_inclusion", "xi:include|2001/xinclude|<!attlist", 40, 60,
     R"re(<xi:include\b|xmlns:\w+\s*=\s*['"]?http://www\.w3\.org/2001/xinclude|<!attlist\s)re",
     nullptr, "XML that includes other files",
     "https://owasp.org/www-community/vulnerabilities/XML_External_Entity_(XXE)_Processing"},
    {"cross_site_scripting.script_url", "javascript:|vbscript:|livescript:|data:text/html|script:",
     16, 40, R"re((?:=|\(|['"]|^|\s|:)\s*(?:java|vb|live)script\s*:\s*\S|data:text/html\s*[;,])re",
     nullptr, "An address that is a script", kSheet},
    {"cross_site_scripting.spaced_script_url",
     "java s|java\t|java\n|java\r|jav a|jav\ta|jav\na|ja v|ja\tv|ja\nv|j a v|j\ta|j\na", 0, 40,
     R"re(\bj[\s]{0,3}a[\s]{0,3}v[\s]{0,3}a[\s]{0,3}s[\s]{0,3}c[\s]{0,3}r[\s]{0,3}i[\s]{0,3}p[\s]{0,3}t\s*:)re",
     nullptr, "An address that is a script, with blanks in it", kSheet},
    {"cross_site_scripting.dialog_call",
     "alert|prompt|confirm|document.cookie|document.write|document.location|string.fromcharcode|"
     "eval(",
     24, 32,
     R"re((?:['">;=({\[:/`]|^)\s*(?:window|self|top|parent|this|document)?\s*[.\[]?['"]?(?:alert|prompt|confirm)['"\]]{0,2}\s*(?:\(|`)\s*(?:[\d'"`)/]|document|window|xss|string)|document\s*\.\s*(?:cookie|write\s*\(|location\s*=)|string\s*\.\s*fromcharcode\s*\(|eval\s*\(\s*(?:name|alt|atob|location|string|unescape))re",
     nullptr, "A call that proofs of script injection make", kSheet, 1, IsCalled},
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
