// dav/multistatus.cc: the multistatus element, value -> bytes.
// SPDX-License-Identifier: Apache-2.0
#include "dav/multistatus.h"

#include "base/xml.h"
#include "dav/names.h"

namespace dav {

std::string multistatus(std::string_view href, std::span<const PropStat> propstats) {
    std::string out;
    out.reserve(640);
    out.append(kXmlHead).append("<d:multistatus").append(kRootNamespaces).append("><d:response><d:href>");
    base::xml::append_escaped(out, href);
    out += "</d:href>";
    for (const PropStat& p : propstats) {
        out.append("<d:propstat><d:prop>").append(p.props).append("</d:prop><d:status>HTTP/1.1 ");
        out.append(p.status).append("</d:status></d:propstat>");
    }
    out += "</d:response></d:multistatus>";
    return out;
}

}  // namespace dav
