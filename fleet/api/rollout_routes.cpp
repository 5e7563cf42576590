#include "fleet/api/release_routes.hpp"
#include "fleet/api/schema.hpp"
#include "fleet/base/clock.hpp"

namespace ganglion::fleet {
namespace {

using namespace schema;

constexpr size_t kMostTargets = 1000;
constexpr size_t kDecisions = 100;

json any_object() {
    return {{"type", "object"}};
}

json counts_schema() {
    json properties = json::object();
    for (size_t state = 0; state < kTargetStates; ++state)
        properties[std::string(to_string(static_cast<TargetState>(state)))] = number();
    return {{"type", "object"},
            {"properties", properties},
            {"required", json::array()},
            {"additionalProperties", false}};
}

json decision_schema() {
    return object(
        {{"time_ms", number()}, {"kind", text()}, {"text", text()}, {"numbers", any_object()}});
}

json rollout_schema() {
    return object({{"id", number(1)},
                   {"name", text()},
                   {"release", text()},
                   {"release_name", text()},
                   {"component", one_of({"bundle", "firmware"})},
                   {"version", text()},
                   {"has_way_back", flag()},
                   {"state", one_of({"running", "paused", "rolling back", "done", "rolled back"})},
                   {"created_ms", number()},
                   {"stage", number()},
                   {"stage_ms", number()},
                   {"settled_ms", number()},
                   {"why", text()},
                   {"spec", any_object()},
                   {"stages", array(object({{"share", real()},
                                            {"wait_s", number()},
                                            {"devices", number()},
                                            {"counts", counts_schema()}}))},
                   {"decisions", array(decision_schema())}});
}

json stages_of(const RolloutView& view) {
    json stages = json::array();
    for (size_t i = 0; i < view.counts.size(); ++i) {
        json counts = json::object();
        int64_t devices = 0;
        for (size_t state = 0; state < kTargetStates; ++state) {
            const int64_t count = view.counts[i][state];
            devices += count;
            if (count != 0) counts[std::string(to_string(static_cast<TargetState>(state)))] = count;
        }
        stages.push_back({{"share", view.row.spec.stages[i].share},
                          {"wait_s", view.row.spec.stages[i].wait_s},
                          {"devices", devices},
                          {"counts", counts}});
    }
    return stages;
}

json to_json(const RolloutView& view) {
    json decisions = json::array();
    for (const DecisionRow& decision : view.decisions)
        decisions.push_back({{"time_ms", decision.time_ms},
                             {"kind", decision.kind},
                             {"text", decision.text},
                             {"numbers", decision.numbers}});
    return {
        {"id", view.row.id},
        {"name", view.row.spec.name},
        {"release", view.release.id},
        {"release_name", view.release.name},
        {"component", view.release.component == update::Component::bundle ? "bundle" : "firmware"},
        {"version", version_text(view.release.version)},
        {"has_way_back", !view.release.back.empty()},
        {"state", to_string(view.row.state)},
        {"created_ms", view.row.created_ms},
        {"stage", view.row.stage},
        {"stage_ms", view.row.stage_ms},
        {"settled_ms", view.row.settled_ms},
        {"why", view.row.why},
        {"spec", fleet::to_json(view.row.spec)},
        {"stages", stages_of(view)},
        {"decisions", decisions}};
}

template <typename Work>
auto asked(Work work) {
    try {
        return work();
    } catch (const BadSpec& error) {
        throw BadRequest(error.what());
    }
}

int64_t rollout_in(const Call& call) {
    return whole_number(call.request.matches[1], "the rollout's id", 1, int64_t{1} << 53);
}

void answer_targets(RolloutEngine& engine, Call& call) {
    const auto& request = call.request;
    std::optional<TargetState> state;
    std::optional<uint32_t> stage;
    size_t limit = 100;
    if (request.has_param("state")) {
        state = target_state_of(request.get_param_value("state"));
        if (!state) throw BadRequest("state must be one that the rollout's counts name");
    }
    if (request.has_param("stage"))
        stage =
            static_cast<uint32_t>(whole_number(request.get_param_value("stage"), "stage", 0, 1000));
    if (request.has_param("limit"))
        limit = static_cast<size_t>(
            whole_number(request.get_param_value("limit"), "limit", 1, kMostTargets));
    json list = json::array();
    const auto targets = asked([&] {
        return engine.targets(rollout_in(call), state, stage, request.get_param_value("after"),
                              limit);
    });
    for (const NamedTarget& one : targets)
        list.push_back({{"device", one.device},
                        {"stage", one.target.stage},
                        {"state", to_string(one.target.state)},
                        {"reason", one.target.reason},
                        {"since_ms", one.target.since_ms},
                        {"attempts", one.target.attempts},
                        {"online", one.online},
                        {"seen_ms", one.seen_ms}});
    send_json(call.response, list);
}

/// What a device has and does about its bundle, by its own word.
void answer_update(RolloutEngine& engine, Call& call) {
    const auto device = engine.device(call.request.matches[1]);
    update::UpdateStatus status;
    if (!device || !update::decode({reinterpret_cast<const uint8_t*>(device->status.data()),
                                    device->status.size()},
                                   status))
        return send_error(call.response, 404, "this device has said nothing about updates");
    const update::UpdateStatus::Part& bundle = status.parts[0];
    send_json(call.response, {{"version", version_text(bundle.version)},
                              {"firmware", version_text(status.parts[1].version)},
                              {"confirmed", bundle.confirmed},
                              {"floor", bundle.floor},
                              {"on_trial", bundle.phase == update::Phase::trial},
                              {"fetches", status.transfer ? status.transfer->sequence : 0},
                              {"refusal", status.refusal ? std::string(status.refusal->why) : ""},
                              {"deferred", std::string(status.deferred)},
                              {"key_list", status.key_list},
                              {"inferences", status.scores ? status.scores->counts.inferences : 0},
                              {"alerts", status.scores ? status.scores->counts.alerts : 0}});
}

Route act(const char* name, const char* summary, json body,
          std::function<void(Call&, int64_t rollout)> work) {
    return {"post",
            std::string("/api/rollouts/{id}/") + name,
            Role::fleet_operator,
            summary,
            {},
            std::move(body),
            nullptr,
            [work = std::move(work)](Call& call) {
                asked([&] { work(call, rollout_in(call)); });
                call.response.status = 204;
            }};
}

}  // namespace

Routes rollout_routes(RolloutEngine& engine) {
    Routes routes;
    routes.push_back({"get",
                      "/api/rollouts",
                      Role::viewer,
                      "All rollouts, newest first, each with its newest decision",
                      {},
                      nullptr,
                      array(rollout_schema()),
                      [&](Call& call) {
                          json list = json::array();
                          for (const RolloutView& view : engine.rollouts())
                              list.push_back(to_json(view));
                          send_json(call.response, list);
                      }});
    routes.push_back({"post",
                      "/api/rollouts",
                      Role::fleet_operator,
                      "Begin a rollout; what is not said keeps its default (docs/update.md)",
                      {},
                      any_object(),
                      object({{"id", number(1)}}),
                      [&](Call& call) {
                          const int64_t id = asked([&] {
                              return engine.create(read_spec(call.body), call.caller.name,
                                                   now_ms());
                          });
                          send_json(call.response, {{"id", id}});
                      }});
    routes.push_back({"post",
                      "/api/rollouts/plan",
                      Role::viewer,
                      "How many devices each stage of such a rollout would reach",
                      {},
                      any_object(),
                      object({{"stages", array(number())}}),
                      [&](Call& call) {
                          const auto stages =
                              asked([&] { return engine.plan(read_spec(call.body)); });
                          send_json(call.response, {{"stages", stages}});
                      }});
    routes.push_back({"get",
                      "/api/rollouts/{id}",
                      Role::viewer,
                      "One rollout with its decisions, newest first",
                      {},
                      nullptr,
                      rollout_schema(),
                      [&](Call& call) {
                          send_json(call.response, to_json(asked([&] {
                                        return engine.rollout(rollout_in(call), kDecisions);
                                    })));
                      }});
    routes.push_back({"get",
                      "/api/rollouts/{id}/devices",
                      Role::viewer,
                      "Where each device is, and why it stays there",
                      {{"state", "only in this state", text()},
                       {"stage", "only of this stage, from 0", number()},
                       {"after", "behind this device of the page before", text()},
                       {"limit", "at most so many, 1 to 1000; 100 if not said", number(1)}},
                      nullptr,
                      array(object({{"device", text()},
                                    {"stage", number()},
                                    {"state", text()},
                                    {"reason", text()},
                                    {"since_ms", number()},
                                    {"attempts", number()},
                                    {"online", flag()},
                                    {"seen_ms", number()}})),
                      [&](Call& call) { answer_targets(engine, call); }});
    routes.push_back({"get",
                      "/api/devices/{id}/update",
                      Role::viewer,
                      "What a device has and does about updates of its bundle, by its own word",
                      {},
                      nullptr,
                      object({{"version", text()},
                              {"firmware", text()},
                              {"confirmed", number()},
                              {"floor", number()},
                              {"on_trial", flag()},
                              {"fetches", number()},
                              {"refusal", text()},
                              {"deferred", text()},
                              {"key_list", number()},
                              {"inferences", number()},
                              {"alerts", number()}}),
                      [&](Call& call) { answer_update(engine, call); }});
    routes.push_back(act("pause", "No more offers for now", nullptr, [&](Call& call, int64_t id) {
        engine.pause(id, call.caller.name, now_ms());
    }));
    routes.push_back(act("resume", "Go on", nullptr, [&](Call& call, int64_t id) {
        engine.resume(id, call.caller.name, now_ms());
    }));
    routes.push_back(
        act("abort", "End it; what took the release goes back, unless `keep`",
            object({{"keep", flag()}}), [&](Call& call, int64_t id) {
                const auto keep = call.body.find("keep");
                engine.abort(id, keep != call.body.end() && keep->is_boolean() && keep->get<bool>(),
                             call.caller.name, now_ms());
            }));
    return routes;
}

}  // namespace ganglion::fleet
