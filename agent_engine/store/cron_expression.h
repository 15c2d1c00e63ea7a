// When something repeated is due, as crontab(5) writes it: minute, hour, day of month, month and
// day of week, in UTC.
//
//   30 2 * * 1-5        at 02:30 from Monday to Friday
//   */15 8-18 * * *     every 15 minutes between 8:00 and 18:59
//   0 0 1,15 * MON      on the 1st and 15th of a month, and on every Monday
//
// A field is *, a number, a range A-B, either of the first and last with a step (/N), or a list of
// those with commas. Months and days of the week have names of three letters, whatever their case;
// Sunday is 0 and 7. When neither of day of month and day of week begins with *, either is enough;
// else both have to fit.
#ifndef DATAMIGRATE_AGENT_ENGINE_STORE_CRON_EXPRESSION_H_
#define DATAMIGRATE_AGENT_ENGINE_STORE_CRON_EXPRESSION_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace datamigrate::store {

// A value; safe to share.
class CronExpression {
 public:
  // Errors: kInvalidArgument, which names the field and what it may hold, or says that it never
  // comes (30 February).
  static absl::StatusOr<CronExpression> Parse(std::string_view text);

  // The first full minute after `time` that fits; nothing where none does in the next 50 years.
  std::optional<absl::Time> Next(absl::Time time) const;

 private:
  bool FitsDay(absl::CivilDay day) const;

  // Bit N: the field may be N.
  std::array<uint64_t, 5> fields_ = {};
  bool is_any_day_enough_ = false;  // neither field of days begins with *
};

}  // namespace datamigrate::store

#endif  // DATAMIGRATE_AGENT_ENGINE_STORE_CRON_EXPRESSION_H_
