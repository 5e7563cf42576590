#include "fleet/store/postgres_versions.hpp"

#include "fleet/store/postgres_columns.hpp"

namespace ganglion::fleet {

void write_versions(PgConnection& connection, const VersionChanges& changes) {
    Columns<8> columns;
    bool left = false;
    for (const auto& [name, by] : changes) {
        columns[0].add(std::string_view(name.first));
        columns[1].add(std::string_view(name.second));
        size_t next = 2;
        for (const int64_t number : {by.devices, by.online, by.faults, int64_t{by.ram_bytes},
                                     int64_t{by.flash_bytes}, int64_t{by.instructions}})
            columns[next++].add(number);
        left = left || by.devices <= 0;
    }
    if (columns.empty()) return;
    connection.run(
        "INSERT INTO versions AS v SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[], "
        "$4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[], $8::bigint[]) ON CONFLICT "
        "(application, version) DO UPDATE SET devices = v.devices + excluded.devices, online = "
        "v.online + excluded.online, faults = v.faults + excluded.faults, ram_bytes = "
        "greatest(v.ram_bytes, excluded.ram_bytes), flash_bytes = greatest(v.flash_bytes, "
        "excluded.flash_bytes), instructions = greatest(v.instructions, excluded.instructions)",
        columns.values());
    if (left) connection.run("DELETE FROM versions WHERE devices <= 0");
}

}  // namespace ganglion::fleet
