// presence/foresight.cc: has memory fetched what a request will look at, while the request is still being read.
// SPDX-License-Identifier: Apache-2.0
#include "presence/foresight.h"

#include "base/fetch.h"
#include "presence/callback.h"

namespace presence {

void Foresight::go_on() {
    go_on_to_node();
    go_on_to_who();
}

void Foresight::go_on_to_node() {
    switch (at_node_) {
        case Far::slot:
            node_ = nodes_.foreseen(node_hash_);
            base::fetch(node_);
            at_node_ = node_ ? Far::object : Far::all;
            return;
        case Far::object:
            base::fetch(node_->key().data());
            base::fetch(node_->path().data());
            base::fetch(&node_->owner());
            if (!node_->watchers.empty()) base::fetch(&node_->watchers.back().by_node);  // whom a new one follows
            at_node_ = Far::texts;
            return;
        case Far::texts:
            base::fetch(node_->owner().key().data());
            at_node_ = Far::all;
            return;
        case Far::nothing:
        case Far::all: return;
    }
}

void Foresight::go_on_to_who() {
    switch (at_who_) {
        case Far::slot:
            principal_ = principals_.foreseen(who_hash_);
            base::fetch(principal_);
            at_who_ = principal_ ? Far::object : Far::all;
            return;
        case Far::object:
            base::fetch(principal_->key().data());
            base::fetch(principal_->latest);
            at_who_ = Far::texts;
            return;
        case Far::texts:
            if (principal_->latest) {  // by one of these it is known again
                base::fetch(principal_->latest->url().data());
                base::fetch(principal_->latest->intern_key().data());
            }
            at_who_ = Far::all;
            return;
        case Far::nothing:
        case Far::all: return;
    }
}

}  // namespace presence
