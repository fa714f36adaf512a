// ctl/commands_acl.cc: rvpctl acl show, set.
// SPDX-License-Identifier: Apache-2.0
// Spec: design 9 (rvpctl), 6 (who may do what); RVP 5.7
#include "ctl/commands.h"
#include "ctl/table.h"

#include <CLI/CLI.hpp>

#include <memory>
#include <vector>

namespace ctl {

using base::json::Value;

namespace {

std::string show_acl(const Value& list) {
    return table(
        list,
        {{"WHO", "who"}, {"CREDENTIALS", "credentials"}, {"GRANT", "grant"}, {"DENY", "deny"}},
        "no entries");
}

void add_acl_show(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto name = std::make_shared<std::string>();
    CLI::App* command = group.add_subcommand("show", "the entries of a node's access control list");
    add_terms(*command, terms);
    command->add_option("NAME", *name, "a principal or the path of a node")->required();
    command->callback([name, &terms, &chosen] {
        chosen = [name, &terms] {
            return ask(terms, "acl show", Value::object().set("name", *name), "acl show " + *name,
                       show_acl);
        };
    });
}

struct AclOptions {
    std::string name;
    std::string who;
    std::vector<std::string> grant;
    std::vector<std::string> deny;
    std::string credentials;
};

Value args_of(const AclOptions& options) {
    Value args = Value::object().set("name", options.name).set("who", options.who);
    if (!options.grant.empty())
        args.set("grant", Value(std::vector<Value>(options.grant.begin(), options.grant.end())));
    if (!options.deny.empty())
        args.set("deny", Value(std::vector<Value>(options.deny.begin(), options.deny.end())));
    if (!options.credentials.empty()) args.set("credentials", options.credentials);
    return args;
}

void add_acl_set(CLI::App& group, Terms& terms, Chosen& chosen) {
    auto options = std::make_shared<AclOptions>();
    CLI::App* command =
        group.add_subcommand("set", "grant and deny rights; what is not mentioned stays");
    add_terms(*command, terms);
    command->add_option("NAME", options->name, "whose list: a principal or the path of a node")
        ->required();
    command->add_option("WHO", options->who, "about whom: a principal, or all")->required();
    for (const auto& [flag, rights, meaning] :
         {std::tuple("--grant", &options->grant, "rights to grant, with commas between"),
          std::tuple("--deny", &options->deny, "rights to deny, with commas between")}) {
        command->add_option(flag, *rights, meaning)
            ->delimiter(',')
            ->allow_extra_args(false)
            ->type_name("RIGHTS");
    }
    command
        ->add_option("--credentials", options->credentials,
                     "for who proves himself so: any, assertion, digest, ntlm")
        ->type_name("PROOF");
    command->callback([options, &terms, &chosen] {
        if (options->grant.empty() && options->deny.empty()) {
            throw CLI::RequiredError("acl set: --grant or --deny");
        }
        chosen = [options, &terms] {
            return ask(terms, "acl set", args_of(*options),
                       "acl set " + options->name + " " + options->who, show_acl);
        };
    });
}

}  // namespace

void add_acl(CLI::App& app, Terms& terms, Chosen& chosen) {
    CLI::App* group = app.add_subcommand("acl", "show and change access control lists");
    group->require_subcommand(0, 1);  // main says which is missing
    add_acl_show(*group, terms, chosen);
    add_acl_set(*group, terms, chosen);
}

}  // namespace ctl
