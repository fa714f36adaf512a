// server/send_command.cc: rvpctl send, at the daemon's end.
// SPDX-License-Identifier: Apache-2.0
#include "server/send_command.h"

#include <string>
#include <utility>

#include "server/compose.h"
#include "server/command_args.h"

namespace server {

using base::Errc;
using base::fail;
using base::json::Value;

namespace {

constexpr char kSender[] = "admin";

}  // namespace

void run_send(presence::Service& service, const Value& args, std::uint64_t request, CommandAnswer answer) {
    const std::string name = text_arg(args, "name"), text = text_arg(args, "text");
    if (name.empty() || !args.find("text")) return answer(fail(Errc::malformed, "send needs name and text, two texts"));
    if (text.empty()) return answer(fail(Errc::malformed, "the text is empty"));
    const auto to = service.name_of(name);
    if (!to) return answer(std::unexpected(to.error()));
    const auto from = service.name_of(text_arg(args, "from", kSender));
    if (!from) return answer(std::unexpected(from.error()));
    if (!presence::is_alias(from->key)) return answer(fail(Errc::malformed, from->path + " is no principal"));
    if (!service.nodes().find(to->key)) return answer(fail(Errc::not_found, "no node " + to->path));
    auto message = compose_message(text, from->key + "\n" + to->key);
    if (!message) return answer(std::unexpected(message.error()));
    presence::Caller caller;
    caller.key = from->key;
    caller.request = request;
    caller.url = presence::Address(service.realm().domain(), from->path).url();
    caller.proof = presence::Proof::assertion;  // nothing more than the word of whoever has the control socket
    presence::NotifyRequest notify{*to, std::move(*message), presence::AckType::deep_or, 1};
    service.notify(caller, std::move(notify),
                   [to = to->path, from = caller.url, answer = std::move(answer)](base::Result<presence::Accepted> how) mutable {
                       if (!how) return answer(std::unexpected(how.error()));
                       const bool kept = *how == presence::Accepted::kept;
                       answer(Value::object().set("to", to).set("from", from).set("accepted", kept ? "kept" : "delivered"));
                   });
}

}  // namespace server
