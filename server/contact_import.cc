// server/contact_import.cc: a file of contacts, as it comes in pieces and becomes patches of lists.
// SPDX-License-Identifier: Apache-2.0
#include "server/contact_import.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/digest.h"

namespace server {

using base::Errc;
using base::fail;
using base::json::Value;

namespace {

constexpr std::size_t kFields = 6;
constexpr std::size_t kTokenBytes = 8;

std::unexpected<base::Error> at_line(std::int64_t line, const base::Error& error) {
    return fail(error.code, std::to_string(line) + ": " + error.text);
}

std::optional<ImportRow> row_of(const Value& value) {
    const auto* fields = value.as_array();
    if (!fields || fields->size() != kFields) return std::nullopt;
    const auto optional_text = [&](std::size_t i, std::optional<std::string>& out) {
        if ((*fields)[i].is_null()) return true;
        if (!(*fields)[i].as_text()) return false;
        out = *(*fields)[i].as_text();
        return true;
    };
    ImportRow row;
    const auto line = (*fields)[0].as_int();
    if (!line || !(*fields)[1].as_text() || !(*fields)[2].as_text()) return std::nullopt;
    row.line = *line;
    row.owner = *(*fields)[1].as_text();
    row.account = *(*fields)[2].as_text();
    row.blocked = (*fields)[5].as_bool();
    const bool sound = optional_text(3, row.nickname) && optional_text(4, row.group) &&
                       (row.blocked || (*fields)[5].is_null());
    return sound ? std::optional(std::move(row)) : std::nullopt;
}

/// Whose list it is; the path as it was written, should the node come to be by it.
base::Result<presence::NodeName> owner_of(const presence::Service& service, const std::string& name) {
    auto key = service.contact_account(name);
    if (!key) return std::unexpected(key.error());
    if (!key->starts_with('/')) return fail(Errc::not_found, "the owner " + name + " is of another domain");
    const auto written = service.name_of(name);
    return presence::NodeName{*key, written ? written->path : *key, 0};
}

base::Result<void> merge(presence::ContactPatch& contact, const ImportRow& row) {
    if (row.nickname && (!contact.nickname || contact.nickname->empty())) contact.nickname = row.nickname;
    if (row.nickname && !row.nickname->empty() && *row.nickname != *contact.nickname) {
        return fail(Errc::malformed, "a second nickname for " + row.account);
    }
    if (row.blocked && contact.blocked.value_or(*row.blocked) != *row.blocked) {
        return fail(Errc::malformed, row.account + " is blocked in one line and not in another");
    }
    if (row.blocked) contact.blocked = row.blocked;
    if (!row.group) return {};
    if (!contact.groups) contact.groups.emplace();
    const bool is_new = std::ranges::find(*contact.groups, *row.group) == contact.groups->end();
    if (!row.group->empty() && is_new) contact.groups->push_back(*row.group);
    return {};
}

}  // namespace

base::Result<std::size_t> ImportPlanner::list_of(const std::string& owner) {
    if (const auto it = owners_.find(owner); it != owners_.end()) return it->second;
    const auto name = owner_of(*service_, owner);
    if (!name) return std::unexpected(name.error());
    const auto [list, is_new] = lists_.try_emplace(name->key, plan_.lists.size());
    if (is_new) {
        plan_.lists.push_back({*name, {}});
        plan_.lines.emplace_back();
    }
    owners_.emplace(owner, list->second);
    return list->second;
}

base::Result<void> ImportPlanner::add(const ImportRow& row) {
    const auto list = list_of(row.owner);
    if (!list) return at_line(row.line, list.error());
    auto account = service_->contact_account(row.account);
    if (!account) return at_line(row.line, account.error());
    auto& contacts = plan_.lists[*list].contacts;
    const auto [known, is_new] = seen_.try_emplace(std::to_string(*list) + " " + *account, contacts.size());
    if (is_new) {
        contacts.push_back({std::move(*account)});
        plan_.lines[*list].push_back(row.line);
        ++plan_.contacts;
    }
    presence::ContactPatch& contact = contacts[known->second];
    if (auto merged = merge(contact, row); !merged) return at_line(row.line, merged.error());
    if (auto sound = presence::check_names(contact); !sound) return at_line(row.line, sound.error());
    return {};
}

base::Result<ImportPlan> ImportPlanner::finish() {
    if (const auto no = service_->refused(plan_.lists)) return at_line(plan_.lines[no->list][no->contact], no->error);
    return std::move(plan_);
}

// -- stages

base::Result<void> ImportStages::append(Stage& stage, const Value& piece) {
    if (!piece.as_array()) return fail(Errc::malformed, "rows is no list");
    for (const Value& one : *piece.as_array()) {
        auto row = row_of(one);
        if (!row) return fail(Errc::malformed, "a row is [line, owner, account, nickname, group, blocked]");
        if (++stage.rows > kMostRows) {
            return at_line(row->line, {Errc::too_large, "more than " + std::to_string(kMostRows) + " lines; split the file"});
        }
        stage.bytes += row->owner.size() + row->account.size() + row->nickname.value_or("").size() +
                       row->group.value_or("").size();
        if (stage.bytes > kMostBytes) return at_line(row->line, {Errc::too_large, "too much at once; split the file"});
        if (auto added = stage.planner.add(*row); !added) return added;
    }
    return {};
}

base::Result<std::string> ImportStages::add(const std::string& token, const Value& piece) {
    std::string known = token;
    if (token.empty()) {
        if (stages_.size() == kMostStages) return fail(Errc::busy, "other imports are under way; try again in a minute");
        known = base::hex_encode(base::random_bytes(kTokenBytes));
        stages_.emplace(known, Stage{ImportPlanner(service_)});
    }
    const auto stage = stages_.find(known);
    if (stage == stages_.end()) return fail(Errc::precondition, "the import has taken too long, and was given up");
    stage->second.last = clock_.now();
    if (!armed()) wheel_.arm(*this, clock_.now() + kPatience);
    if (auto added = append(stage->second, piece); !added) {
        stages_.erase(stage);
        return std::unexpected(added.error());
    }
    return known;
}

base::Result<ImportPlan> ImportStages::finish(const std::string& token) {
    auto stage = stages_.extract(token);
    return stage ? stage.mapped().planner.finish() : ImportPlan{};
}

void ImportStages::on_due(base::Instant) {
    const base::Instant now = wheel_.now();
    std::erase_if(stages_, [&](const auto& stage) { return stage.second.last + kPatience <= now; });
    if (!stages_.empty()) wheel_.arm(*this, now + kPatience);
}

}  // namespace server
