// Hashes of words and their sequences: the coordinates of the model.
#ifndef DATAMIGRATE_COMMON_GUARDIAN_MODEL_WORD_HASH_H_
#define DATAMIGRATE_COMMON_GUARDIAN_MODEL_WORD_HASH_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace datamigrate::guardian {

// Part of the model's file format: another mixture makes the weights meaningless.
inline uint64_t Mix(uint64_t hash, uint64_t next) {
  hash = (hash ^ next) * 0x9e3779b97f4a7c15;
  return hash ^ (hash >> 29);
}

// Of `length` bytes at `word`, of which the first and last eight count, and the length. 8 bytes
// after `word` must be readable.
inline uint64_t WordHash(const char* word, size_t length) {
  uint64_t head;
  std::memcpy(&head, word, sizeof(head));
  if (length <= sizeof(head)) {
    if (length < sizeof(head)) head &= (uint64_t{1} << (8 * length)) - 1;
    return Mix(head, length);
  }
  uint64_t tail;
  std::memcpy(&tail, word + length - sizeof(tail), sizeof(tail));
  return Mix(Mix(head, length), tail);
}

}  // namespace datamigrate::guardian

#endif  // DATAMIGRATE_COMMON_GUARDIAN_MODEL_WORD_HASH_H_
