// presence/node.cc: the presence rules of one node.
// SPDX-License-Identifier: Apache-2.0
// Spec: RVP 5.5, 5.7; design 3
#include "presence/node.h"

#include <algorithm>

namespace presence {

Node::Node(std::string key, std::string path, PrincipalRef owner, PrincipalRef maker, NodeEvents& events)
    : events_(events), key_(std::move(key)), owner_(std::move(owner)), alias_(is_alias(key_)), path_(std::move(path)),
      maker_(std::move(maker)) {
    ++maker_->nodes;
}

Node::~Node() { --maker_->nodes; }

void Node::set_maker(PrincipalRef maker) {
    --maker_->nodes;
    maker_ = std::move(maker);
    ++maker_->nodes;
}

const Acl& Node::acl() const {
    static const Acl alias_initial = Acl::initial(true);
    static const Acl other_initial = Acl::initial(false);
    if (acl_) return *acl_;
    return alias() ? alias_initial : other_initial;
}

void Node::set_acl(Acl acl) { acl_ = std::make_unique<Acl>(std::move(acl)); }

bool Node::may(const std::string& key, Proof proof, Right right) const {
    return owned_by(key) || other_may(key, proof, right);
}

bool Node::may(const Principal& principal, Proof proof, Right right) const {
    return owned_by(principal) || other_may(principal.key(), proof, right);
}

bool Node::other_may(const std::string& key, Proof proof, Right right) const {
    if ((right == Right::presence || right == Right::send_to) && shuts_out(key)) return false;
    return acl().may(key, proof, right);
}

bool Node::shuts_out(std::string_view key) const {
    if (privacy_) {
        if (const auto denies = privacy_->denies(key)) return *denies;
    }
    return blocks_ && contacts_ && contacts_->blocks(key);
}

void Node::look_for_blocks() {
    blocks_ = contacts_ && contacts_->blocks_anybody();
    if (alias()) owner_->shuts_out = shuts_anybody_out();
}

Status Node::effective() const {
    if (views_.empty()) return fallback_;
    const bool all_idle = std::all_of(views_.begin(), views_.end(), [](const auto& v) { return v->idle(); });
    return all_idle ? Status("idle") : status_;
}

View* Node::find_view(ViewId id) const {
    const auto it = std::find_if(views_.begin(), views_.end(), [id](const auto& v) { return v->id() == id; });
    return it == views_.end() ? nullptr : it->get();
}

bool Node::has_view_under(SubscriptionId login) const {
    return std::any_of(views_.begin(), views_.end(), [login](const auto& v) { return v->login == login; });
}

Node::Resolved Node::resolve_view(const Caller& caller) const {
    for (const auto& view : views_) {
        if (view->connection == caller.connection) return {view.get(), {}};
    }
    for (auto it = sinks.rbegin(); it != sinks.rend(); ++it) {  // newest first
        if (it->login() && it->login()->source == caller.source && !has_view_under(it->id())) {
            return {nullptr, it->id()};
        }
    }
    View* last_used = nullptr;
    for (const auto& view : views_) {
        if (view->source == caller.source && (!last_used || view->used > last_used->used)) last_used = view.get();
    }
    if (!last_used && !views_.empty()) last_used = views_.back().get();
    return {last_used, {}};
}

View* Node::add_view(ViewId id, SubscriptionId login, ViewEvents& events, std::size_t most) {
    if (views_.size() >= most) return nullptr;
    views_.push_back(std::make_unique<View>(*this, id, events));
    views_.back()->login = login;
    return views_.back().get();
}

bool Node::set_value(View& view, Status value) {
    view.value = value;
    if (value.is_idle() || value == status_) return false;
    status_ = std::move(value);
    return true;
}

void Node::end_view(View& view, Status left_behind) {
    const auto it = std::find_if(views_.begin(), views_.end(), [&view](const auto& v) { return v.get() == &view; });
    views_.erase(it);
    if (views_.empty()) fallback_ = std::move(left_behind);
}

void Node::touch(View& view, const Caller& caller) {
    view.source = caller.source;
    view.connection = caller.connection;
    view.used = ++uses_;
}

std::string Node::displayname() const {
    const auto it = properties_.find(prop_displayname());
    if (it != properties_.end()) {
        const Text* text = std::get_if<Text>(&it->second->value);
        if (text && !text->text.empty()) return text->text;
    }
    return std::string(alias_of(path_));
}

std::optional<PropValue> Node::property(const PropName& name, const std::string& mail_domain) const {
    if (const auto it = properties_.find(name); it != properties_.end()) {
        // Nobody is without a name: an empty one means the alias, here as in displayname().
        const bool nameless = name == prop_displayname() && it->second->value == PropValue(Text{});
        if (!nameless) return it->second->value;
    }
    if (name == prop_displayname()) return Text{displayname()};
    if (!alias()) return std::nullopt;
    if (name == prop_email()) return Text{std::string(alias_of(path_)) + "@" + mail_domain};
    return unset_property(name);
}

std::optional<PropValue> Node::unset_property(const PropName& name) const {
    if (alias() && name == prop_mobile_state()) return Text{"0"};
    if (alias() && name == prop_mobile_description()) return Text{""};
    return std::nullopt;
}

bool Node::always_there(const PropName& name) const {
    if (name == prop_state() || name == prop_displayname()) return true;
    return alias() && (name == prop_email() || name == prop_mobile_state() || name == prop_mobile_description());
}

StoredProp& Node::store_property(const PropName& name) {
    auto& slot = properties_[name];
    if (!slot) slot = std::make_unique<StoredProp>(*this, events_, name);
    return *slot;
}

StoredProp* Node::find_stored(const PropName& name) {
    const auto it = properties_.find(name);
    return it == properties_.end() ? nullptr : it->second.get();
}

void Node::remove_property(const PropName& name) { properties_.erase(name); }

namespace {

// "" = ours.
std::string_view domain_in(std::string_view key) { return key.substr(0, key.find('/')); }

}  // namespace

std::size_t NodeTable::made_by_domain_of(std::string_view maker_key) const {
    const auto it = made_abroad_.find(std::string(domain_in(maker_key)));
    return it == made_abroad_.end() ? 0 : it->second;
}

Node& NodeTable::add(std::string key, std::string path, PrincipalRef owner, PrincipalRef maker,
                     NodeEvents& events) {
    Node& node = by_key_.add(
        std::make_unique<Node>(std::move(key), std::move(path), std::move(owner), std::move(maker), events));
    count_abroad(node);
    return node;
}

void NodeTable::remove(Node& node) {
    ++removals_;
    uncount_abroad(node);
    const auto gone = by_key_.take(node);
}

void NodeTable::charge(Node& node, PrincipalRef maker) {
    uncount_abroad(node);
    node.set_maker(std::move(maker));
    node.other_maker = true;
    count_abroad(node);
}

void NodeTable::count_abroad(const Node& node) {
    if (const auto domain = domain_in(node.maker().key()); !domain.empty()) ++made_abroad_[std::string(domain)];
}

void NodeTable::uncount_abroad(const Node& node) {
    const auto abroad = made_abroad_.find(std::string(domain_in(node.maker().key())));
    if (abroad != made_abroad_.end() && --abroad->second == 0) made_abroad_.erase(abroad);
}

}  // namespace presence
