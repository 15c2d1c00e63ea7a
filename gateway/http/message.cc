#include "gateway/http/message.h"

#include <algorithm>
#include <cstring>

namespace datamigrate::gateway {
namespace {

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

constexpr uint64_t kOfEachByte = 0x0101010101010101;

// Whether one of eight bytes is a control character. A byte less than another borrows from its
// highest bit, which one of 0x80 and above has set before.
bool HoldsControl(uint64_t bytes) {
  const uint64_t differs_from_delete = bytes ^ (kOfEachByte * 0x7f);
  const uint64_t below_space = (bytes - kOfEachByte * 0x20) & ~bytes;
  const uint64_t is_delete = (differs_from_delete - kOfEachByte) & ~differs_from_delete;
  return ((below_space | is_delete) & (kOfEachByte * 0x80)) != 0;
}

// Values are long and hardly ever hold one: eight bytes are looked at together.
bool HoldsControl(std::string_view text) {
  for (; text.size() >= sizeof(uint64_t); text.remove_prefix(sizeof(uint64_t))) {
    uint64_t bytes = 0;
    std::memcpy(&bytes, text.data(), sizeof bytes);
    if (HoldsControl(bytes)) return true;
  }
  return std::ranges::any_of(text, IsControl);
}

constexpr size_t kUsualFields = 20;
constexpr size_t kUsualText = 1024;

}  // namespace

// Most names differ in their lengths, and equal ones are mostly written alike.
bool IsSameName(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a == b || std::ranges::equal(a, b, {}, Lower, Lower));
}

std::string_view Headers::Get(std::string_view name) const {
  for (const Place& place : places_) {
    if (IsSameName(NameAt(place), name)) return ValueAt(place);
  }
  return {};
}

bool Headers::Has(std::string_view name) const {
  return std::ranges::any_of(places_,
                             [&](const Place& place) { return IsSameName(NameAt(place), name); });
}

int Headers::Count(std::string_view name) const {
  return static_cast<int>(std::ranges::count_if(
      places_, [&](const Place& place) { return IsSameName(NameAt(place), name); }));
}

void Headers::Set(std::string_view name, std::string_view value) {
  Remove(name);
  Add(name, value);
}

void Headers::Add(std::string_view name, std::string_view value) {
  if (places_.empty()) {
    places_.reserve(kUsualFields);
    text_.reserve(kUsualText);
  }
  const Place place{text_.size(), value.size(), name.size()};
  // The value goes first: it may point into the buffer, which only moves when it grows.
  text_.append(value);
  if (HoldsControl(ValueAt(place))) {
    std::replace_if(text_.begin() + static_cast<std::ptrdiff_t>(place.begin), text_.end(),
                    IsControl, ' ');
  }
  text_.append(name);
  places_.push_back(place);
}

void Headers::Remove(std::string_view name) {
  std::erase_if(places_, [&](const Place& place) { return IsSameName(NameAt(place), name); });
}

Response TextResponse(int status, std::string_view content_type, std::string body) {
  Response response;
  response.status = status;
  response.headers.Set("Content-Type", content_type);
  response.body = std::move(body);
  return response;
}

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 402:
      return "Payment Required";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 406:
      return "Not Acceptable";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 411:
      return "Length Required";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 507:
      return "Insufficient Storage";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace datamigrate::gateway
