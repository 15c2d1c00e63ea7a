// Boost.JSON's own code, compiled here once: Debian ships its headers without a library.
#include <boost/json/src.hpp>
