// doors/bsim_pages.cc: the WSDL of BSIMService, and its page.
// SPDX-License-Identifier: Apache-2.0
#include "doors/bsim_pages.h"

#include "base/xml.h"

namespace doors {
namespace {

std::string escaped(std::string_view text) {
    std::string out;
    base::xml::append_escaped(out, text);
    return out;
}

std::string element(std::string_view name, std::string_view type) {
    return R"(<s:element minOccurs="0" maxOccurs="1" name=")" + std::string(name) + R"(" type=")" + std::string(type) + R"("/>)";
}

// An empty sequence, since one toolkit dies of an empty complexType.
std::string element_of(std::string_view name, const std::string& sequence) {
    return R"(<s:element name=")" + std::string(name) + R"("><s:complexType><s:sequence>)" + sequence +
           "</s:sequence></s:complexType></s:element>";
}

std::string result_of(const BsimSignature& method, bool inlined) {
    if (method.result.empty()) return "";
    const std::string name = std::string(method.name) + "Result";
    if (inlined && method.name == "KeepSessionAlive") {
        return R"(<s:element minOccurs="0" maxOccurs="1" name=")" + name +
               R"("><s:complexType mixed="true"><s:sequence><s:any processContents="lax" minOccurs="0" namespace="##any"/></s:sequence></s:complexType></s:element>)";
    }
    return element(name, method.result);
}

std::string types(const std::vector<BsimSignature>& methods, bool inlined) {
    std::string out;
    for (const BsimSignature& method : methods) {
        std::string parameters;
        for (const std::string_view p : method.parameters) parameters += element(p, p == "session" ? "tns:BSSession" : "s:string");
        out += element_of(method.name, parameters);
        out += element_of(std::string(method.name) + "Response", result_of(method, inlined));
    }
    std::string session;
    for (const std::string_view field : {"SessionId", "UserId", "LoginTime", "ClientIP"}) session += element(field, "s:string");
    return out + R"(<s:complexType name="BSSession"><s:sequence>)" + session + "</s:sequence></s:complexType>";
}

std::string binding(const std::vector<BsimSignature>& methods, std::string_view name, std::string_view prefix) {
    const std::string soap(prefix);
    std::string out = R"(<wsdl:binding name=")" + std::string(name) + R"(" type="tns:BSIMServiceSoap"><)" + soap +
                      R"(:binding transport="http://schemas.xmlsoap.org/soap/http"/>)";
    for (const BsimSignature& method : methods) {
        out += R"(<wsdl:operation name=")" + std::string(method.name) + R"("><)" + soap + R"(:operation soapAction=")" +
               std::string(kBsimNamespace) + "/" + std::string(method.name) + R"(" style="document"/><wsdl:input><)" + soap +
               R"(:body use="literal"/></wsdl:input><wsdl:output><)" + soap +
               R"(:body use="literal"/></wsdl:output></wsdl:operation>)";
    }
    return out + "</wsdl:binding>";
}

std::vector<BsimSignature> served(bool extensions) {
    std::vector<BsimSignature> methods;
    for (const BsimSignature& method : bsim_methods()) {
        if (extensions || !method.extension) methods.push_back(method);
    }
    return methods;
}

}  // namespace

const std::vector<BsimSignature>& bsim_methods() {
    static const std::vector<BsimSignature> methods = {
        {"GetVersion", {}, "s:string", false},
        {"Login", {"userId", "password"}, "tns:BSSession", false},
        {"LoginIM", {"session", "imType", "account", "password"}, "", false},
        {"KeepSessionAlive", {"session"}, "s:string", false},
        {"ChangeStatus", {"session", "IMType", "IMAccount", "Status"}, "", false},
        {"SendMessage", {"session", "imType", "account", "toAccount", "message"}, "", false},
        {"Logout", {"session"}, "", true},
        {"LogoutIM", {"session", "imType", "account"}, "", true},
        {"ChangeNickname", {"session", "imType", "account", "nickname"}, "", true},
        {"AddBuddy", {"session", "imType", "account", "buddyAccount"}, "", true},
        {"DeleteBuddy", {"session", "imType", "account", "buddyAccount"}, "", true},
        {"AcceptBuddy", {"session", "imType", "account", "buddyAccount", "accept"}, "", true},
    };
    return methods;
}

std::string bsim_wsdl(std::string_view location, bool extensions, bool inlined) {
    const auto methods = served(extensions);
    std::string out = R"(<?xml version="1.0" encoding="utf-8"?>
<wsdl:definitions xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/" xmlns:soap12="http://schemas.xmlsoap.org/wsdl/soap12/" xmlns:tns="http://www.imcomponents.com" xmlns:s="http://www.w3.org/2001/XMLSchema" xmlns:wsdl="http://schemas.xmlsoap.org/wsdl/" targetNamespace="http://www.imcomponents.com"><wsdl:types><s:schema elementFormDefault="qualified" targetNamespace="http://www.imcomponents.com">)";
    out += types(methods, inlined) + "</s:schema></wsdl:types>";
    for (const BsimSignature& method : methods) {
        const std::string name(method.name);
        out += R"(<wsdl:message name=")" + name + R"(SoapIn"><wsdl:part name="parameters" element="tns:)" + name +
               R"("/></wsdl:message><wsdl:message name=")" + name + R"(SoapOut"><wsdl:part name="parameters" element="tns:)" +
               name + R"(Response"/></wsdl:message>)";
    }
    out += R"(<wsdl:portType name="BSIMServiceSoap">)";
    for (const BsimSignature& method : methods) {
        const std::string name(method.name);
        out += R"(<wsdl:operation name=")" + name + R"("><wsdl:input message="tns:)" + name +
               R"(SoapIn"/><wsdl:output message="tns:)" + name + R"(SoapOut"/></wsdl:operation>)";
    }
    out += "</wsdl:portType>" + binding(methods, "BSIMServiceSoap", "soap") + binding(methods, "BSIMServiceSoap12", "soap12");
    const std::string where = escaped(location);
    return out + R"(<wsdl:service name="BSIMService"><wsdl:port name="BSIMServiceSoap" binding="tns:BSIMServiceSoap"><soap:address location=")" +
           where + R"("/></wsdl:port><wsdl:port name="BSIMServiceSoap12" binding="tns:BSIMServiceSoap12"><soap12:address location=")" +
           where + R"("/></wsdl:port></wsdl:service></wsdl:definitions>)";
}

std::string bsim_help(std::string_view location, bool extensions) {
    const std::string where = escaped(location);
    std::string out = R"(<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>BSIMService</title></head><body><h1>BSIMService</h1>)"
                      R"(<p>Instant messaging over SOAP 1.1 and 1.2. The formal definition is the <a href="?wsdl">service description</a>; calls are posted to )" +
                      where + "</p><ul>";
    for (const BsimSignature& method : served(extensions)) {
        out += "<li>" + std::string(method.name) + "(";
        for (std::size_t i = 0; i < method.parameters.size(); ++i) {
            if (i > 0) out += ", ";
            out += method.parameters[i];
        }
        out += ")</li>";
    }
    return out + "</ul></body></html>\n";
}

}  // namespace doors
