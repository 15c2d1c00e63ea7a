// Pieces of function templates that read the bits of SQL Server's CLR types: [MS-SSCLRT].
#pragma once

// One ordinal of a hierarchyid, a text of 0 and 1, as a regular expression. The bits after it say
// whether a level ends (1) or the ordinal stands before a point (0).
#define HIERARCHY_ORDINAL                                                                    \
  "(?:01..|10(?:0..|1...)|110.{8}|1110.{13}|11110.{15}|11111(?:0.{36}|1.{53})|00111...|0010" \
  ".{8}|0001(?:10.{15}|01.{36}|00.{53}))"
#define HIERARCHY_LEVEL "(?:" HIERARCHY_ORDINAL "0)*" HIERARCHY_ORDINAL "1"

#define BITS_2(t, a, m, b, n) "substr(" t ", " a ", " m ") || substr(" t ", " b ", " n ")"
#define NUMBER_OF_BITS(bits) "cast('0b' || " bits " as bigint)"
#define BITS_AT(t, a, n) "substr(" t ", " a ", " n ")"

// The number that the ordinal in the text `t` stands for. Each range begins where the one before it
// ends; some bits are fixed.
#define HIERARCHY_VALUE(t) \
  "case when " t " like '01%' then " NUMBER_OF_BITS(BITS_AT(t, "3", "2")) " when " t           \
  " like '100%' then 4 + " NUMBER_OF_BITS(BITS_AT(t, "4", "2")) " when " t                     \
  " like '101%' then 8 + " NUMBER_OF_BITS(BITS_AT(t, "4", "3")) " when " t                     \
  " like '110%' then 16 + " NUMBER_OF_BITS(                                                    \
      BITS_2(t, "4", "2", "7", "1") " || " BITS_AT(t, "9", "3")) " when " t                    \
  " like '1110%' then 80 + " NUMBER_OF_BITS(                                                   \
      BITS_2(t, "5", "3", "9", "3") " || " BITS_2(t, "13", "1", "15", "3")) " when " t         \
  " like '11110%' then 1104 + " NUMBER_OF_BITS(                                                \
      BITS_2(t, "6", "5", "12", "3") " || " BITS_2(t, "16", "1", "18", "3")) " when " t        \
  " like '111110%' then 5200 + " NUMBER_OF_BITS(                                               \
      BITS_2(t, "7", "19", "27", "6") " || " BITS_2(t, "34", "3", "38", "1") " || " BITS_AT(   \
          t, "40", "3")) " when " t                                                            \
  " like '111111%' then 4294972496 + " NUMBER_OF_BITS(                                         \
      BITS_2(t, "7", "14", "22", "21") " || " BITS_2(t, "44", "6", "51", "3") " || " BITS_2(   \
          t, "55", "1", "57", "3")) " when " t                                                 \
  " like '00111%' then -8 + " NUMBER_OF_BITS(BITS_AT(t, "6", "3")) " when " t                  \
  " like '0010%' then -72 + " NUMBER_OF_BITS(                                                  \
      BITS_2(t, "5", "2", "8", "1") " || " BITS_AT(t, "10", "3")) " when " t                   \
  " like '000110%' then -4168 + " NUMBER_OF_BITS(                                              \
      BITS_2(t, "7", "5", "13", "3") " || " BITS_2(t, "17", "1", "19", "3")) " when " t        \
  " like '000101%' then -4294971464 + " NUMBER_OF_BITS(                                        \
      BITS_2(t, "7", "19", "27", "6") " || " BITS_2(t, "34", "3", "38", "1") " || " BITS_AT(   \
          t, "40", "3")) " else -281479271682120 + " NUMBER_OF_BITS(                           \
      BITS_2(t, "7", "14", "22", "21") " || " BITS_2(t, "44", "6", "51", "3") " || " BITS_2(   \
          t, "55", "1", "57", "3")) " end"
