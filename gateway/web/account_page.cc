#include "gateway/web/account_page.h"

#include <sodium.h>

#include "common/crypto/digest.h"

namespace datamigrate::gateway {

const std::string_view kAccountPage = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>DataMigrate account</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 1rem/1.6 system-ui, sans-serif; max-width: 26rem; margin: 4rem auto; padding: 0 1rem; }
  input, button { font: inherit; width: 100%; box-sizing: border-box; margin: 0.4rem 0; padding: 0.5rem; }
</style>
</head>
<body>
<h1>DataMigrate</h1>
<form id="form">
  <p id="what">This page needs a link from a mail.</p>
  <input id="password" type="password" autocomplete="new-password" minlength="10" maxlength="256"
         placeholder="New password, at least 10 characters" hidden>
  <button id="go" hidden>Go on</button>
</form>
<script>
const [action, token] = location.hash.slice(1).split("=");
const actions = {
  verify: {text: "Confirm that this e-mail address is yours.", path: "verify"},
  reset: {text: "Set a new password.", path: "password/reset", takesPassword: true},
};
const invitation = action === "invitation" && token;
const chosen = Object.hasOwn(actions, action) ? actions[action] : null;
const byId = (id) => document.getElementById(id);
if (chosen && token) {
  history.replaceState(null, "", location.pathname);
  byId("what").textContent = chosen.text;
  byId("go").hidden = false;
  byId("password").hidden = !chosen.takesPassword;
  byId("password").required = !!chosen.takesPassword;
}
if (invitation) {
  history.replaceState(null, "", location.pathname);
  byId("what").textContent = "To join, sign in with the address that this mail came to and send " +
    "POST /api/v1/invitations/accept with {\"token\": \"" + token + "\"}.";
}
byId("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const body = chosen.takesPassword ? {token, password: byId("password").value} : {token};
  const answer = await fetch("/api/v1/auth/" + chosen.path, {
    method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(body)});
  const problem = answer.ok ? null : await answer.json();
  byId("what").textContent = answer.ok ? "Done. You can sign in now." : problem.detail;
  byId("go").hidden = byId("password").hidden = answer.ok;
});
</script>
</body>
</html>
)html";

std::string AccountPagePolicy() {
  const std::string_view open = "<script>";
  const size_t begin = kAccountPage.find(open) + open.size();
  const std::string hash =
      crypto::Sha256(kAccountPage.substr(begin, kAccountPage.find("</script>") - begin));
  char encoded[64];
  sodium_bin2base64(encoded, sizeof(encoded), reinterpret_cast<const unsigned char*>(hash.data()),
                    hash.size(), sodium_base64_VARIANT_ORIGINAL);
  return std::string(
             "default-src 'none'; style-src 'unsafe-inline'; connect-src 'self'; "
             "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
             "script-src 'sha256-") +
         encoded + "'";
}

}  // namespace datamigrate::gateway
