// server/status_page.cc: the figures of the status page.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (status page)
#include "server/status_page.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "server/admin_words.h"

namespace server {

using base::json::Value;

namespace {

Value histogram_value(const base::Histogram& h) {
    Value counts = Value::array(), bounds = Value::array();
    for (std::size_t i = 0; i <= base::Histogram::kBounds; ++i) counts.append(h.count(i));
    for (const auto bound : base::Histogram::bounds()) bounds.append(static_cast<double>(bound.count()) / 1000);
    return Value::object().set("count", h.total()).set("bounds_ms", std::move(bounds)).set("counts", std::move(counts));
}

Value requests_value(const RequestFigures& requests) {
    Value answers = Value::array();
    requests.for_each([&](std::string_view method, int status, std::uint64_t count) {
        answers.append(Value::object().set("method", method).set("status", status).set("count", count));
    });
    base::Histogram all;
    for (const base::Histogram& one : requests.took()) all += one;
    return Value::object().set("answers", std::move(answers)).set("took", histogram_value(all));
}

Value endpoints_value(const CourierSurvey& survey) {
    Value states = Value::object(), ailing = Value::array();
    for (std::size_t i = 0; i < CourierSurvey::kStateNames.size(); ++i) states.set(CourierSurvey::kStateNames[i], survey.endpoints[i]);
    for (const EndpointLine& line : survey.ailing) {
        Value one = Value::object();
        one.set("endpoint", line.name).set("state", CourierSurvey::kStateNames[static_cast<std::size_t>(line.state)]);
        one.set("reason", line.reason).set("queued", line.queued).set("call_backs", line.targets);
        ailing.append(std::move(one));
    }
    return Value::object().set("states", std::move(states)).set("ailing", std::move(ailing));
}

Value queues_value(const Snapshot& s) {
    Value v = Value::object();
    v.set("notifications", s.courier.queued).set("oldest_ms", s.courier.age.count());
    v.set("dropped", s.courier.figures.dropped).set("loop_lag_ms", s.loop_lag.count());
    v.set("store", s.store ? Value(s.store->queued) : Value());
    v.set("store_bytes", s.store ? Value(s.store->queued_bytes) : Value());
    return v;
}

Value commits_value(const Snapshot::Store& store) {
    Value v = Value::object();
    v.set("failed", store.commits.failed).set("acts", store.commits.jobs).set("failing", store.failing);
    return v.set("took", histogram_value(store.commits.took));
}

Value figures_value(const Snapshot& s) {
    Value v = Value::object();
    v.set("up_seconds", s.up.count()).set("nodes", s.nodes);
    v.set("requests", requests_value(s.requests));
    v.set("endpoints", endpoints_value(s.courier));
    v.set("queues", queues_value(s));
    v.set("fanout", histogram_value(s.courier.figures.told));
    v.set("commits", s.store ? commits_value(*s.store) : Value());
    Value process = Value::object();
    process.set("cpu_ms", s.cpu.count() / 1000).set("resident_bytes", s.resident_bytes).set("descriptors", s.descriptors);
    return v.set("process", std::move(process));
}

Value online_value(const presence::Node& node, base::Instant now) {
    Value v = Value::object();
    v.set("name", std::string(presence::alias_of(node.path()))).set("state", node.told.for_others().name());
    v.set("views", node.views().size());
    return v.set("seconds", std::chrono::duration_cast<std::chrono::seconds>(now - node.told_at).count());
}

struct Lists {
    Value online = Value::array();
    std::vector<presence::SubscriptionDetail> subscriptions;
};

/// A name that is nobody's has empty lists.
Lists lists_of(presence::Service& service, const std::string& name, base::Instant now) {
    Lists lists;
    if (name.empty()) {
        service.for_online(kStatusLines, [&](const presence::Node& node) { lists.online.append(online_value(node, now)); });
        service.table().for_some(kStatusLines, [&](const presence::Subscription& s) {
            lists.subscriptions.push_back(detail_of(s, now));
        });
        return lists;
    }
    const auto known = service.name_of(name);
    const presence::Node* node = known ? service.nodes().find(known->key) : nullptr;
    if (node && node->alias()) lists.online.append(online_value(*node, now));
    if (auto found = service.list_subscriptions(name)) lists.subscriptions = std::move(*found);
    if (lists.subscriptions.size() > kStatusLines) lists.subscriptions.resize(kStatusLines);
    return lists;
}

}  // namespace

void status_json(const Photographer& photographer, presence::Service& service, const std::string& version,
                 const std::string& name, base::Once<void(Value)> done) {
    Lists lists = lists_of(service, name, photographer.now());
    Value unfit = Value::array();
    for (const std::string& why : photographer.unfit()) unfit.append(why);
    Value head = Value::object();
    head.set("version", version).set("domain", service.realm().domain()).set("unfit", std::move(unfit));
    head.set("online", Value::object().set("count", service.tally().online).set("list", std::move(lists.online)));
    std::vector<presence::SubscriptionId> ids;
    for (const auto& detail : lists.subscriptions) ids.push_back(detail.id);
    const std::size_t count = service.table().size();
    auto with_endpoints = [&photographer, head = std::move(head), details = std::move(lists.subscriptions), count,
                           done = std::move(done)](const std::vector<presence::EndpointReport>& reports) mutable {
        Value list = Value::array();
        for (std::size_t i = 0; i < details.size(); ++i) list.append(subscription_value(details[i], reports[i]));
        head.set("subscriptions", Value::object().set("count", count).set("list", std::move(list)));
        photographer.take([head = std::move(head), done = std::move(done)](const Snapshot& now) mutable {
            const Value figures = figures_value(now);
            for (const auto& member : *figures.as_object()) head.set(member.name, member.value);
            done(std::move(head));
        });
    };
    service.report(ids, std::move(with_endpoints));
}

}  // namespace server
