// dav/multistatus.cc: the multistatus element, value -> bytes.
// SPDX-License-Identifier: Apache-2.0
#include "dav/multistatus.h"

#include <utility>

#include "base/xml.h"
#include "dav/names.h"

namespace dav {
namespace {

constexpr std::size_t kUsualBytes = 800;  // most have no more

}  // namespace

Multistatus::Multistatus(std::string_view href) {
    body_.reserve(kUsualBytes);
    body_.append(kXmlHead).append("<d:multistatus").append(kRootNamespaces).append("><d:response><d:href>");
    base::xml::append_escaped(body_, href);
    body_ += "</d:href>";
}

void Multistatus::begin_propstat() { body_ += "<d:propstat><d:prop>"; }

void Multistatus::end_propstat(std::string_view status) {
    body_.append("</d:prop><d:status>HTTP/1.1 ").append(status).append("</d:status></d:propstat>");
}

std::string Multistatus::finish() {
    body_ += "</d:response></d:multistatus>";
    return std::move(body_);
}

}  // namespace dav
