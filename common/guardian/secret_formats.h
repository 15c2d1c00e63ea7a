// Validators of the rules for secrets: what a pattern cannot say. Each takes the text that a
// rule's pattern matched, is pure, safe from any thread and linear in that text.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_SECRET_FORMATS_H_
#define DATAMIGRATE_COMMON_GUARDIAN_SECRET_FORMATS_H_

#include <string_view>

namespace datamigrate::guardian {

// A token with a prefix of its own: no mask or placeholder and at least 3 bits of entropy a byte.
bool IsToken(std::string_view token);

// A token of random letters and digits without much of a prefix: no words, a digit, 3.5 bits.
bool IsRandomToken(std::string_view token);

// An AWS access key id: base32 after its first four characters; the sample key of the manual and
// all that end in EXAMPLE are none.
bool IsAwsAccessKeyId(std::string_view id);

// A GitHub token of the forms with a checksum (CRC-32 in base 62, the last six characters); one
// whose checksum fails, as a token that somebody altered to hide it, counts by its entropy.
bool IsGithubToken(std::string_view token);

// A Slack token: its last part has letters, and is no mask.
bool IsSlackToken(std::string_view token);

// header.payload[.signature] of RFC 7519: the header is base64url of a JSON object that names an
// algorithm, a type or a key.
bool IsJsonWebToken(std::string_view token);

// HashiCorp Vault's short form "s.": lower case, upper case and a digit.
bool IsVaultToken(std::string_view token);

// An Artifactory key or encrypted password, which has a prefix of three characters only: what
// follows is no word.
bool IsArtifactoryToken(std::string_view token);

// The value of an assignment to a name like "api_key" or "secret".
bool IsAssignedSecret(std::string_view value);

// The value of an assignment to a name like "password": shorter and less random than a key, so
// it counts with three classes of characters. No sample password of manuals.
bool IsAssignedPassword(std::string_view value);

// A password that stands where nothing but a password can (a connection string, CREATE LOGIN):
// no placeholder and no reference.
bool IsPassword(std::string_view password);

// "user:password" of curl, with quotes around either part or both.
bool IsUserAndPassword(std::string_view credentials);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_SECRET_FORMATS_H_
