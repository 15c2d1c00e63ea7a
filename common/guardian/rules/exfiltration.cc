// Exfiltration: what in an output makes a reader's program send text to somebody's server.
//
// An image, a frame, a style or a script is fetched when the output is shown, without a click; if
// its URL carries data in the query, in a long path or in a host's name, showing it is sending it.
// A link needs a click, so more has to speak against it: a query that carries text, not a page of a
// manual. Every pattern asks for an absolute URL: a relative one goes to our own server.
#include <array>

#include "common/guardian/ascii.h"
#include "common/guardian/entropy.h"
#include "common/guardian/guards.h"
#include "common/guardian/rule.h"
#include "common/guardian/url_cargo.h"

namespace datamigrate::guardian {
namespace {

constexpr std::string_view kMarkdownExfiltration =
    "https://embracethered.com/blog/posts/2023/chatgpt-webpilot-data-exfil-via-markdown-injection";
constexpr std::string_view kLlmOutput =
    "https://genai.owasp.org/llmrisk/llm052025-improper-output-handling";

constexpr auto kRules = std::to_array<Rule>({
    {"exfiltration.markdown_image", "![", 0, 700,
     R"(!\[[^\]\n]*\]\(\s{0,3}<?((?i:https?:)?//[^\s)>]+))", CarriesDataWhenFetched,
     "A Markdown image whose URL carries data", kMarkdownExfiltration},
    {"exfiltration.markdown_image_placeholder", "![", 0, 700,
     R"(!\[[^\]\n]*\]\(\s{0,3}<?((?i:https?:)?//[^)\n]*(?:\{[^}\n]+\}|\[[A-Za-z_ ]+\]|<[A-Za-z_ ]+>|%s)[^)\n]*)\))",
     nullptr, "A Markdown image whose URL has a place to fill in", kMarkdownExfiltration},
    {"exfiltration.markdown_reference", "]:", 120, 700,
     R"((?m)^\s{0,3}\[[^\]\n]+\]:\s{0,4}<?((?i:https?:)?//[^\s>]+))", CarriesMuchData,
     "A Markdown reference whose URL carries data", kMarkdownExfiltration, 1, IsFollowedByUrl},
    {"exfiltration.markdown_link", "](http|](//", 0, 700, R"(\]\(((?i:https?:)?//[^\s)>]+))",
     CarriesMuchData, "A Markdown link whose URL carries data", kMarkdownExfiltration, 1,
     IsFollowedBy<'=', 700>},
    {"exfiltration.html_fetch",
     "<img|<iframe|<embed|<object|<script|<link|<audio|<video|<source|<track|<input|<image|<body",
     0, 700,
     R"re((?i)<(?:img|iframe|embed|object|script|link|audio|video|source|track|input|image|body)\b[^>]*?\s(?:src|href|data|poster|background|srcset|xlink:href)\s{0,3}=\s{0,3}["']?((?:https?:)?//[^\s"'>]+))re",
     CarriesDataWhenFetched, "An HTML element that fetches a URL which carries data", kLlmOutput},
    {"exfiltration.html_link", "<a |<form|<area|<button", 0, 700,
     R"re((?i)<(?:a|area|form|button)\b[^>]*?\s(?:href|action|formaction|ping)\s{0,3}=\s{0,3}["']?((?:https?:)?//[^\s"'>]+))re",
     CarriesMuchData, "An HTML link or form whose URL carries data", kLlmOutput},
    {"exfiltration.html_ping", "ping=", 300, 600,
     R"re((?i)<(?:a|area)\b[^>]*?\sping\s{0,3}=\s{0,3}["']?((?:https?:)?//[^\s"'>]+))re", nullptr,
     "A link that reports each click to another server",
     "https://html.spec.whatwg.org/multipage/links.html#hyperlink-auditing"},
    {"exfiltration.css_fetch", "url(|@import", 0, 700,
     R"re((?i)(?:url\(|@import)\s{0,3}["']?((?:https?:)?//[^\s"')]+))re", CarriesDataWhenFetched,
     "A style that fetches a URL which carries data",
     "https://developer.mozilla.org/docs/Web/CSS/url_function"},
    {"exfiltration.meta_refresh", "http-equiv", 20, 700,
     R"re((?i)<meta\b[^>]*http-equiv\s{0,3}=\s{0,3}["']?refresh[^>]*url\s{0,3}=\s{0,3}["']?((?:https?:)?//[^\s"'>]+))re",
     nullptr, "A page that goes to another one by itself",
     "https://html.spec.whatwg.org/multipage/semantics.html#attr-meta-http-equiv-refresh"},
    {"exfiltration.script_url",
     "data:text/html|data:text/javascript|data:application/|data:image/svg|javascript:|vbscript:",
     40, 400,
     R"re((?i)(?:\]\(|\]:|(?:src|href|action|data)\s{0,3}=)\s{0,3}["'<]?((?:javascript|vbscript):[^\s"')>]+|data:(?:text/html|text/javascript|application/(?:x-)?(?:javascript|ecmascript)|image/svg\+xml)[^\s"')>]+))re",
     nullptr, "A link or source that runs a script",
     "RFC 2397; https://owasp.org/www-community/attacks/xss"},
    {"exfiltration.script_request", "fetch(|sendbeacon(|xmlhttprequest|new image|websocket(", 0,
     600,
     R"re((?i)(?:\bfetch\(|\bsendBeacon\(|\.open\(|new\s+Image\(\)[^\n]*\.src\s{0,2}=|\bWebSocket\()\s{0,3}[^)\n]*?["'`]((?:https?:|wss?:)?//[^\n]*?(?:document\.|localStorage|sessionStorage|cookie|\$\{|["'`]\s{0,2}\+)))re",
     nullptr, "A script that sends what it reads in the page", kLlmOutput},
    {"exfiltration.collector_host",
     "webhook.site|requestbin|pipedream.net|burpcollaborator.net|oastify.com|interact.sh|oast.|"
     "ngrok.io|ngrok-free.app|ngrok.app|requestcatcher.com|beeceptor.com|dnslog.cn|hookbin.com|"
     "canarytokens|postb.in|smee.io|ptsv2.com|trycloudflare.com|loca.lt|serveo.net",
     260, 300,
     R"re((?i)((?:https?:)?//(?:[\w-]+\.)*(?:webhook\.site|requestbin\.(?:com|net)|pipedream\.net|burpcollaborator\.net|oastify\.com|interact\.sh|oast\.(?:pro|live|site|online|fun|me)|ngrok\.io|ngrok-free\.app|ngrok\.app|requestcatcher\.com|beeceptor\.com|dnslog\.cn|hookbin\.com|canarytokens\.(?:com|org)|postb\.in|smee\.io|ptsv2\.com|trycloudflare\.com|loca\.lt|serveo\.net)(?:[/?:][^\s"')>]*|$|[\s"')>])))re",
     nullptr, "A URL at a service that records requests",
     "https://github.com/projectdiscovery/interactsh"},
});

}  // namespace

std::span<const Rule> ExfiltrationRules() {
  return kRules;
}

}  // namespace datamigrate::guardian
