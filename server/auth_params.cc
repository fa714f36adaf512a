// server/auth_params.cc: the parameters behind a scheme's name in Authorization.
// SPDX-License-Identifier: Apache-2.0
#include "server/auth_params.h"

#include "base/text.h"

#include <algorithm>

namespace server {

using base::Errc;

namespace {

constexpr std::size_t kMost = 32;

bool is_token(char c) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return letter || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

class Reader {
public:
    explicit Reader(std::string_view text) : text_(text) {}

    base::Result<std::vector<AuthParam>> read() {
        std::vector<AuthParam> params;
        for (skip(", \t"); at_ < text_.size(); skip(", \t")) {
            auto param = read_one();
            if (!param) return std::unexpected(param.error());
            const bool twice = std::ranges::find(params, param->name, &AuthParam::name) != params.end();
            if (twice) return fail(param->name + " stands twice");
            if (params.size() == kMost) return fail("more than " + std::to_string(kMost) + " parameters");
            params.push_back(std::move(*param));
            skip(" \t");
            if (at_ < text_.size() && text_[at_] != ',') return fail("a comma is missing");
        }
        return params;
    }

private:
    base::Result<AuthParam> read_one() {
        AuthParam param;
        param.name = base::to_lower(token());
        skip(" \t");
        if (param.name.empty() || at_ == text_.size() || text_[at_] != '=') return fail("no name=value");
        ++at_;
        skip(" \t");
        if (at_ < text_.size() && text_[at_] == '"') {
            if (!quoted(param)) return fail("a quote is not closed, or a control character inside");
        } else {
            // More than a token, since clients leave the quotes of a URI away.
            const std::size_t end = std::min(text_.find_first_of(", \t\"", at_), text_.size());
            param.raw = param.value = text_.substr(at_, end - at_);
            at_ = end;
            if (std::ranges::any_of(param.value, is_control)) return fail("a control character in " + param.name);
            if (param.value.empty()) return fail(param.name + " has no value");
        }
        return param;
    }

    bool quoted(AuthParam& param) {
        for (++at_; at_ < text_.size(); ++at_) {
            char c = text_[at_];
            if (c == '"') {
                ++at_;
                return true;
            }
            if (c == '\\' && at_ + 1 < text_.size()) {
                param.raw += c;
                c = text_[++at_];
            }
            if (is_control(c)) return false;
            param.raw += c;
            param.value += c;
        }
        return false;
    }

    std::string_view token() {
        const std::size_t begin = at_;
        while (at_ < text_.size() && is_token(text_[at_])) ++at_;
        return text_.substr(begin, at_ - begin);
    }
    void skip(std::string_view what) { at_ = std::min(text_.find_first_not_of(what, at_), text_.size()); }
    [[nodiscard]] std::unexpected<base::Error> fail(const std::string& what) const {
        return base::fail(Errc::malformed, "Authorization: " + what + " at byte " + std::to_string(at_));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

base::Result<std::vector<AuthParam>> read_auth_params(std::string_view text) { return Reader(text).read(); }

}  // namespace server
