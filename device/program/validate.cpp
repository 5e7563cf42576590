#include "device/program/checks.hpp"

namespace ganglion {

Status validate_operation(const OpHeader& record, const ProgramLimits& limits) {
    Status status = Status::unsupported;
    Operations::find(record.kind, [&](auto row) {
        using Record = typename decltype(row)::Record;
        const bool holds_others = record.kind == OpKind::repeat;
        status = record.bytes == sizeof(Record) || (holds_others && record.bytes > sizeof(Record))
                     ? check(reinterpret_cast<const Record&>(record), limits)
                     : Status::bad_value;
    });
    return status;
}

}  // namespace ganglion
