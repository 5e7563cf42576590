#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace ganglion::fleet {

/// Organisations of one installation. Each has a state folder of its own below the installation's,
/// with everything that a fleet has: authority, broker, operators, store, releases, audit log. A
/// server runs them all behind one API; nothing of one is an object of another.

/// The names of those in this state folder, in order.
std::vector<std::string> organisations_in(const std::filesystem::path& state_dir);

std::filesystem::path organisation_folder(const std::filesystem::path& state_dir,
                                          const std::string& name);
/// The installation's state folder, of an organisation's.
std::filesystem::path installation_of(const std::filesystem::path& organisation_folder);

/// Makes one with its first owner; the server runs it from its next start on. Throws
/// std::runtime_error where the name is not 1 to 32 of a-z, 0-9 and _ beginning with a letter, or
/// is taken, and AccessError where the owner cannot be.
void add_organisation(const std::filesystem::path& state_dir, const std::string& name,
                      const std::string& owner, const std::string& password);

}  // namespace ganglion::fleet
