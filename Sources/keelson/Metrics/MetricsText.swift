//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

/// Prometheus' text format, version 0.0.4.
enum MetricsText {
    /// Everything, sorted, so that two scrapes can be compared.
    static func text(_ families: [String: MetricsRegistry.Family]) -> String {
        var text = ""
        for (name, family) in families.sorted(by: { $0.key < $1.key }) {
            guard let kind = family.values.first?.kind else { continue }
            text += "# TYPE \(name) \(kind.rawValue)\n"
            for (labels, series) in family.sorted(by: { $0.key < $1.key }) { append(series, name, labels, to: &text) }
        }
        return text
    }

    private static func append(_ series: MetricsRegistry.Series, _ name: String, _ labels: String, to text: inout String) {
        switch series {
        case .counter(let counter): text += "\(name)\(labels) \(number(counter.value))\n"
        case .gauge(let gauge): text += "\(name)\(labels) \(number(gauge.value))\n"
        case .histogram(let histogram):
            let snapshot = histogram.snapshot
            for (bound, count) in zip(histogram.bounds.map(number) + ["+Inf"], snapshot.cumulative + [snapshot.count]) {
                text += "\(name)_bucket\(adding("le", bound, to: labels)) \(count)\n"
            }
            text += "\(name)_sum\(labels) \(number(snapshot.sum))\n\(name)_count\(labels) \(snapshot.count)\n"
        }
    }

    /// A name of letters, digits, underscores and colons; what is none of them becomes an underscore.
    static func name(_ label: String) -> String {
        let name = String(String.UnicodeScalarView(label.unicodeScalars.map { isNameCharacter($0) ? $0 : "_" }))
        return name.first.map { $0.isASCII && $0.isNumber } ?? true ? "_" + name : name
    }

    /// `{a="1",b="2"}` in the order given; empty without any.
    static func labels(_ dimensions: [(String, String)]) -> String {
        if dimensions.isEmpty { return "" }
        return "{" + dimensions.map { "\(name($0.0))=\"\(escaped($0.1))\"" }.joined(separator: ",") + "}"
    }

    private static func adding(_ label: String, _ value: String, to labels: String) -> String {
        labels.isEmpty ? "{\(label)=\"\(value)\"}" : "\(labels.dropLast()),\(label)=\"\(value)\"}"
    }

    private static func escaped(_ value: String) -> String {
        var text = ""
        for character in value.unicodeScalars {
            switch character {
            case "\\": text += "\\\\"
            case "\"": text += "\\\""
            case "\n": text += "\\n"
            default: text.unicodeScalars.append(character)
            }
        }
        return text
    }

    private static func isNameCharacter(_ character: Unicode.Scalar) -> Bool {
        switch character {
        case "a"..."z", "A"..."Z", "0"..."9", "_", ":": true
        default: false
        }
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return String(value)
    }
}
