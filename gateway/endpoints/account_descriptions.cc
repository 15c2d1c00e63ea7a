#include "gateway/endpoints/account_descriptions.h"

#include <string_view>

namespace datamigrate::gateway {
namespace {

constexpr std::string_view kTag = "accounts";

constexpr NamedSchema kRegistration = {.name = "Registration", .text = R"({
  "type": "object",
  "required": ["email", "password"],
  "additionalProperties": false,
  "properties": {
    "email": {"type": "string", "maxLength": 254, "pattern": "^ *[!-?A-~]+@[!-?A-~]+ *$",
              "description": "an e-mail address such as ann@example.com"},
    "password": {"type": "string", "minLength": 10, "maxLength": 256, "pattern": "^[^\\x00]*$",
                 "description": "at most 256 bytes, and not the e-mail address"},
    "name": {"type": "string", "maxLength": 200, "pattern": "^[^\\x00-\\x1f\\x7f]*$",
             "description": "no control characters; the e-mail address when it is missing"},
    "organization": {"type": "string", "maxLength": 200, "pattern": "^[^\\x00-\\x1f\\x7f]*$",
                     "description": "no control characters; the user's name when it is missing"}
  }
})"};

constexpr NamedSchema kCredentials = {.name = "Credentials", .text = R"({
  "type": "object",
  "required": ["email", "password"],
  "additionalProperties": false,
  "properties": {
    "email": {"type": "string", "maxLength": 1000, "pattern": "^[^\\x00]*$",
              "description": "no NUL characters"},
    "password": {"type": "string", "maxLength": 1000, "pattern": "^[^\\x00]*$",
                 "description": "no NUL characters"},
    "code": {"type": "string", "maxLength": 100, "pattern": "^[^\\x00]*$",
             "description": "of the second factor, where there is one, or a recovery code"},
    "session": {"type": "string", "enum": ["token", "cookie"],
                "description": "where the tokens go: into the body, or into cookies"}
  }
})"};

constexpr NamedSchema kRefreshRequest = {.name = "RefreshRequest", .text = R"({
  "type": "object",
  "required": ["refresh_token"],
  "additionalProperties": false,
  "properties": {
    "refresh_token": {"type": "string", "maxLength": 1000, "pattern": "^[^\\x00]*$",
                      "description": "the one of the last answer"}
  }
})"};

constexpr NamedSchema kAccepted = {.name = "Accepted", .text = R"({
  "type": "object", "required": ["status"], "properties": {"status": {"type": "string"}}
})"};

constexpr NamedSchema kTokens = {.name = "Tokens", .text = R"({
  "type": "object",
  "required": ["token_type", "expires_in", "user"],
  "properties": {
    "access_token": {"type": "string", "description": "A signed token (RFC 7519)."},
    "token_type": {"type": "string", "enum": ["Bearer", "Cookie"]},
    "expires_in": {"type": "integer", "description": "Seconds that the access token is good for."},
    "refresh_token": {"type": "string", "description": "Good once, for the next pair of tokens."},
    "user": {
      "type": "object",
      "required": ["id", "organization_id"],
      "properties": {"id": {"type": "string"}, "organization_id": {"type": "string"}}
    }
  }
})"};

constexpr NamedSchema kUser = {.name = "User", .text = R"({
  "type": "object",
  "required": ["id", "organization_id", "email", "name", "role"],
  "properties": {
    "id": {"type": "string"},
    "organization_id": {"type": "string"},
    "email": {"type": "string"},
    "name": {"type": "string"},
    "role": {"type": "string"}
  }
})"};

constexpr NamedSchema kKeySet = {.name = "KeySet", .text = R"({
  "type": "object",
  "required": ["keys"],
  "properties": {
    "keys": {
      "type": "array",
      "items": {
        "type": "object",
        "required": ["kty", "kid"],
        "properties": {"kty": {"type": "string"}, "crv": {"type": "string"},
                       "alg": {"type": "string"}, "use": {"type": "string"},
                       "kid": {"type": "string"}, "x": {"type": "string"}}
      }
    }
  }
})"};

}  // namespace

Description DescribeRegister() {
  return {.operation_id = "register",
          .tag = kTag,
          .summary = "Makes a user and an organization, and signs in.",
          .body = &kRegistration,
          .answers = {{201, "The user is made and signed in.", &kTokens},
                      {202, "A mail to the address says how to go on.", &kAccepted}}};
}

Description DescribeLogIn() {
  return {.operation_id = "logIn",
          .tag = kTag,
          .summary = "Signs in with e-mail address and password.",
          .body = &kCredentials,
          .answers = {{200, "Signed in.", &kTokens}}};
}

Description DescribeRefresh() {
  return {.operation_id = "refresh",
          .tag = kTag,
          .summary = "Trades a refresh token for new tokens.",
          .body = &kRefreshRequest,
          .is_body_required = false,
          .answers = {{200, "Signed in again.", &kTokens}}};
}

Description DescribeLogOut() {
  return {.operation_id = "logOut",
          .tag = kTag,
          .summary = "Ends the session of the access token.",
          .answers = {{204, "The session has ended.", nullptr, ""}}};
}

Description DescribeShowUser() {
  return {.operation_id = "showUser",
          .tag = kTag,
          .summary = "The user who is signed in.",
          .answers = {{200, "The user.", &kUser}}};
}

Description DescribeShowKeys() {
  return {.operation_id = "showKeys",
          .tag = kTag,
          .summary = "The keys that sign access tokens, as JSON Web Keys (RFC 7517).",
          .answers = {{200, "The keys.", &kKeySet}}};
}

}  // namespace datamigrate::gateway
