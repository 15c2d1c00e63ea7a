// How random a text looks: tells a credential from a word, a placeholder or a reference to one.
// Pure functions without allocation, safe from any thread.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_ENTROPY_H_
#define DATAMIGRATE_COMMON_GUARDIAN_ENTROPY_H_

#include <string_view>

namespace datamigrate::guardian {

// Shannon entropy of the bytes, in bits a byte: 0 for "" and for one byte repeated, at most 8.
// Random hexadecimal comes near 4, random base64 of 40 characters near 5, an English word below 3.
double ShannonEntropy(std::string_view text);

// The classes lower-case letter, upper-case letter, digit and anything else that occur: 0 to 4.
int CharacterClasses(std::string_view text);

bool HasDigit(std::string_view text);
bool HasLetter(std::string_view text);

// True for what stands where a credential would: a mask ("xxxx", "****", "..."), a reference
// ("${TOKEN}", "{{ token }}", "<password>", "%s", "$TOKEN", "os.environ"), or a word that says so
// ("changeme", "example", "your-key", "REDACTED").
bool IsPlaceholder(std::string_view text);

// True for words alone, whatever joins them: "notapassword", "AcceptanceTimeoutSeconds",
// "id-Gost-None-KeyMeshing". Text with few vowels among its letters is none.
bool IsWords(std::string_view text);

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_ENTROPY_H_
