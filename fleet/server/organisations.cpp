#include "fleet/server/organisations.hpp"

#include <algorithm>
#include <stdexcept>

#include "fleet/access/access.hpp"
#include "fleet/audit/audit_log.hpp"
#include "fleet/base/files.hpp"

namespace ganglion::fleet {
namespace {

constexpr size_t kLongestName = 32;

/// Also a word of SQL, of a URL, and a file's name.
bool is_organisation(const std::string& name) {
    return !name.empty() && name.size() <= kLongestName && name.front() >= 'a' &&
           name.front() <= 'z' && std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
           });
}

}  // namespace

std::filesystem::path organisation_folder(const std::filesystem::path& state_dir,
                                          const std::string& name) {
    return state_dir / "organisations" / name;
}

std::filesystem::path installation_of(const std::filesystem::path& organisation_folder) {
    return organisation_folder.parent_path().parent_path();
}

std::vector<std::string> organisations_in(const std::filesystem::path& state_dir) {
    std::vector<std::string> names;
    std::error_code none;
    for (const auto& entry :
         std::filesystem::directory_iterator(state_dir / "organisations", none)) {
        std::string name = entry.path().filename().string();
        // One whose making was cut short has no operator that could ever come in.
        if (is_organisation(name) && std::filesystem::exists(entry.path() / "access.db"))
            names.push_back(std::move(name));
    }
    std::ranges::sort(names);
    return names;
}

void add_organisation(const std::filesystem::path& state_dir, const std::string& name,
                      const std::string& owner, const std::string& password) {
    if (!is_organisation(name)) {
        throw std::runtime_error("'" + name +
                                 "' is no name of an organisation: 1 to 32 of a-z, 0-9 and _, "
                                 "beginning with a letter");
    }
    const auto folder = organisation_folder(state_dir, name);
    create_private_directory(state_dir);
    create_private_directory(folder);
    Access access(folder / "access.db", {}, name);
    if (!access.operators().empty())
        throw std::runtime_error("there is an organisation '" + name + "' already");
    AuditLog audit(folder / "audit.jsonl");
    audit.append({"whoever owns the machine", "organisation.add", name, {{"owner", owner}}});
    access.add_operator(owner, Role::owner, password);
}

}  // namespace ganglion::fleet
