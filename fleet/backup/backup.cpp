#include "fleet/backup/backup.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "fleet/access/secret.hpp"
#include "fleet/base/clock.hpp"
#include "fleet/base/files.hpp"
#include "fleet/store/sqlite.hpp"
#include "fleet/store/store.hpp"

namespace ganglion::fleet {
namespace {

constexpr const char* kManifest = "manifest.json";
constexpr const char* kState = "state";

bool is_database(const std::filesystem::path& path) {
    return path.extension() == ".db";
}

/// What is made anew with each start, belongs to a database, or to a running server.
bool is_left_out(const std::filesystem::path& relative) {
    const std::string name = relative.filename().string();
    auto top = relative.begin();
    // An organisation's folder is a state folder again.
    if (*top == "organisations" && std::distance(relative.begin(), relative.end()) > 2)
        std::advance(top, 2);
    return *top == "broker" || name == "lock" || name.ends_with(".db-wal") ||
           name.ends_with(".db-shm") || name.ends_with(".tmp");
}

std::vector<std::filesystem::path> files_of(const std::filesystem::path& folder) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) files.push_back(entry.path().lexically_relative(folder));
    std::ranges::sort(files);
    return files;
}

void copy_database(const std::filesystem::path& from, const std::filesystem::path& to) {
    write_private_file(to, "");
    Database source(from);
    Database copy(to);
    copy.take_over(source);
}

BackupFile described(const std::filesystem::path& folder, const std::filesystem::path& relative) {
    const std::string content = read_file(folder / relative);
    return {relative.generic_string(), digest_of(content), content.size()};
}

std::map<std::string, BackupFile> manifest_of(const std::filesystem::path& backup) {
    const auto json = nlohmann::json::parse(read_file(backup / kManifest), nullptr, false);
    if (!json.is_object() || !json.contains("files"))
        throw std::runtime_error((backup / kManifest).string() + " is no manifest of a backup");
    std::map<std::string, BackupFile> files;
    for (const auto& one : json.at("files")) {
        const auto path = one.at("path").get<std::string>();
        files[path] = {path, one.at("sha256"), one.at("bytes")};
    }
    return files;
}

}  // namespace

std::vector<BackupFile> back_up(const std::filesystem::path& state,
                                const std::filesystem::path& target) {
    if (!std::filesystem::exists(state / "pki" / "ca.pem"))
        throw std::runtime_error(state.string() + " is no state folder of a fleet");
    if (std::filesystem::exists(target))
        throw std::runtime_error(target.string() + " exists: a backup needs a new folder");
    create_private_directory(target);
    const auto folder = target / kState;
    create_private_directory(folder);
    std::vector<BackupFile> files;
    for (const std::filesystem::path& relative : files_of(state)) {
        if (is_left_out(relative)) continue;
        create_private_directory((folder / relative).parent_path());
        if (is_database(relative)) {
            copy_database(state / relative, folder / relative);
        } else {
            write_private_file(folder / relative, read_file(state / relative));
        }
        files.push_back(described(folder, relative));
    }
    nlohmann::json list = nlohmann::json::array();
    for (const BackupFile& file : files)
        list.push_back({{"path", file.path}, {"sha256", file.sha256}, {"bytes", file.bytes}});
    write_private_file(target / kManifest,
                       nlohmann::json{{"made_ms", now_ms()}, {"files", list}}.dump(1) + "\n");
    return files;
}

std::vector<std::string> faults_of_backup(const std::filesystem::path& backup) {
    std::vector<std::string> faults;
    std::map<std::string, BackupFile> expected = manifest_of(backup);
    const auto folder = backup / kState;
    for (const std::filesystem::path& relative : files_of(folder)) {
        const auto known = expected.find(relative.generic_string());
        if (known == expected.end()) {
            faults.push_back(relative.string() + " is not in the manifest");
            continue;
        }
        if (described(folder, relative).sha256 != known->second.sha256)
            faults.push_back(relative.string() + " was changed");
        expected.erase(known);
    }
    for (const auto& [path, file] : expected) faults.push_back(path + " is missing");
    if (!faults.empty()) return faults;
    for (const std::filesystem::path& relative : files_of(folder)) {
        if (!is_database(relative)) continue;
        try {
            const Database database(folder / relative, Database::Mode::immutable);
            const std::string said = database.integrity();
            if (said != "ok") faults.push_back(relative.string() + ": " + said);
        } catch (const StoreError& error) {
            faults.push_back(relative.string() + ": " + error.what());
        }
    }
    return faults;
}

void restore(const std::filesystem::path& backup, const std::filesystem::path& state) {
    if (std::filesystem::exists(state)) {
        throw std::runtime_error(state.string() +
                                 " exists: stop its server and move it away, or restore elsewhere");
    }
    const std::vector<std::string> faults = faults_of_backup(backup);
    if (!faults.empty())
        throw std::runtime_error(backup.string() + " is not whole: " + faults.front());
    // Under another name until all of it is there.
    const std::filesystem::path part = state.string() + ".part";
    std::filesystem::remove_all(part);
    create_private_directory(part);
    for (const std::filesystem::path& relative : files_of(backup / kState)) {
        create_private_directory((part / relative).parent_path());
        write_private_file(part / relative, read_file(backup / kState / relative));
    }
    std::filesystem::rename(part, state);
}

}  // namespace ganglion::fleet
