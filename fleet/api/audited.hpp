#pragma once

#include <exception>

#include "fleet/audit/audit_log.hpp"

namespace ganglion::fleet {

/// Nothing happens that is not in the log: the entry is written first, and a refusal after it.
template <typename Change>
void audited(AuditLog& audit, const AuditEntry& entry, Change change) {
    audit.append(entry);
    try {
        change();
    } catch (const std::exception& error) {
        audit.append(
            {entry.actor, entry.action + ".refused", entry.object, {{"why", error.what()}}});
        throw;
    }
}

}  // namespace ganglion::fleet
