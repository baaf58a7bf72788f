//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// The rules for names. Each returns what is wrong with a text, in upstream's words; an empty array means that nothing is.
///
/// Source of the rule: upstream util/validation and api/validate/content.
public enum NameValidation {
    /// A function that checks a name. With `isPrefix` the text is a `generateName`, to which more will be appended.
    public typealias NameRule = @Sendable (_ name: String, _ isPrefix: Bool) -> [String]

    /// A DNS subdomain (RFC 1123): what most resources take as a name. At most 253 bytes.
    public static func dnsSubdomain(_ text: String) -> [String] {
        var problems = text.utf8.count > 253 ? ["must be no more than 253 characters"] : []
        if !isSubdomain(text) { problems.append(subdomainMessage) }
        return problems
    }

    /// A DNS label (RFC 1123): namespaces. At most 63 bytes.
    public static func dnsLabel(_ text: String) -> [String] {
        var problems = text.utf8.count > 63 ? ["must be no more than 63 characters"] : []
        if !isLabel(text.utf8) { problems.append(isSubdomain(text) ? "must not contain dots" : labelMessage) }
        return problems
    }

    /// A DNS label that begins with a letter (RFC 1035): services. At most 63 bytes.
    public static func dns1035Label(_ text: String) -> [String] {
        var problems = text.utf8.count > 63 ? ["must be no more than 63 characters"] : []
        if !isLabel(text.utf8) || !(text.utf8.first.map { isLower($0) } ?? false) { problems.append(label1035Message) }
        return problems
    }

    /// A text that can stand between two slashes of a URL.
    public static func pathSegment(_ text: String) -> [String] {
        if text == "." || text == ".." { return ["may not be '\(text)'"] }
        return pathSegmentPrefix(text)
    }

    /// The beginning of a text that can stand between two slashes of a URL.
    public static func pathSegmentPrefix(_ text: String) -> [String] {
        ["/", "%"].filter { text.utf8.contains(UInt8(ascii: $0)) }.map { "may not contain '\($0)'" }
    }

    /// A qualified name, such as a label's key: an optional DNS subdomain and a slash, and a name of at most 63 bytes.
    public static func qualifiedName(_ text: String) -> [String] {
        let parts = text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            return ["a valid label key \(qualifiedNameMessage) with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"]
        }
        var problems: [String] = []
        if parts.count == 2 {
            let prefix = String(Substring(parts[0]))
            problems = prefix.isEmpty ? ["prefix part must be non-empty"] : longSubdomain(prefix).map { "prefix part \($0)" }
        }
        let name = parts[parts.count - 1]
        if name.isEmpty { problems.append("name part must be non-empty") }
        if name.count > 63 { problems.append("name part must be no more than 63 bytes") }
        if name.isEmpty || !isLabelText(name) { problems.append("name part \(qualifiedNameMessage)") }
        return problems
    }

    /// A label's value: empty, or at most 63 bytes of letters, digits, `-`, `_` and `.`, with a letter or digit at both ends.
    public static func labelValue(_ text: String) -> [String] {
        var problems = text.utf8.count > 63 ? ["must be no more than 63 bytes"] : []
        if !isLabelText(Substring(text).utf8) { problems.append(labelValueMessage) }
        return problems
    }

    /// A subdomain inside a qualified name, whose length upstream words in another way.
    private static func longSubdomain(_ text: String) -> [String] {
        var problems = text.utf8.count > 253 ? ["must be no more than 253 bytes"] : []
        if !isSubdomain(text) { problems.append(subdomainMessage) }
        return problems
    }
}

// MARK: - Rules for resources

extension NameValidation {
    /// ``dnsSubdomain(_:)`` for names and beginnings of names.
    public static let subdomainName: NameRule = { dnsSubdomain($1 ? maskingTrailingDash($0) : $0) }
    /// ``dnsLabel(_:)`` for names and beginnings of names.
    public static let labelName: NameRule = { dnsLabel($1 ? maskingTrailingDash($0) : $0) }
    /// ``dns1035Label(_:)`` for names and beginnings of names.
    public static let label1035Name: NameRule = { dns1035Label($1 ? maskingTrailingDash($0) : $0) }
    /// ``pathSegment(_:)`` for names and beginnings of names.
    public static let pathSegmentName: NameRule = { $1 ? pathSegmentPrefix($0) : pathSegment($0) }

    /// A beginning may end with a dash, since something follows: it is checked with a letter there.
    private static func maskingTrailingDash(_ name: String) -> String {
        name.utf8.count > 1 && name.utf8.last == UInt8(ascii: "-") ? name.dropLast(2) + "a" : name
    }
}

// MARK: - Grammars

extension NameValidation {
    private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private static func isLowerOrDigit(_ byte: UInt8) -> Bool { isLower(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowerOrDigit(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    private static func isLabel(_ text: some BidirectionalCollection<UInt8>) -> Bool {
        guard let first = text.first, let last = text.last, isLowerOrDigit(first), isLowerOrDigit(last) else { return false }
        return text.allSatisfy { isLowerOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isSubdomain(_ text: String) -> Bool {
        text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { isLabel($0) }
    }

    /// Empty, or letters, digits, `-`, `_` and `.` between a letter or digit at both ends.
    private static func isLabelText(_ text: Substring.UTF8View) -> Bool {
        guard let first = text.first, let last = text.last else { return true }
        return isAlphanumeric(first) && isAlphanumeric(last)
            && text.allSatisfy {
                isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
            }
    }
}

// MARK: - Texts

extension NameValidation {
    private static let subdomainMessage =
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'example.com', regex used for validation is "
        + #"'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"#
    private static let labelMessage =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric "
        + "character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
    private static let label1035Message =
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an "
        + "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
    private static let qualifiedNameMessage =
        "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or "
        + "'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
    private static let labelValueMessage =
        "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is "
        + "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
}
