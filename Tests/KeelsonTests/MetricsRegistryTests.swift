//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics
import Testing

@testable import keelson

@Suite("What a scrape of the metrics sees")
struct MetricsRegistryTests {
    private let registry = MetricsRegistry()

    private func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
        Counter(label: label, dimensions: dimensions, factory: registry)
    }

    @Test("Every type has its form, and everything its place")
    func text() {
        counter("b_total", [("group", "apps"), ("resource", "deployments")]).increment(by: 3)
        counter("b_total", [("group", ""), ("resource", "pods")]).increment()
        Gauge(label: "a_bytes", factory: registry).record(2.5)
        let timer = Timer(label: "c_seconds", dimensions: [("operation", "get")], factory: registry)
        timer.recordNanoseconds(3_000_000)
        timer.recordNanoseconds(90_000_000_000)
        let lines = registry.text.split(separator: "\n").map(String.init)
        #expect(
            lines.prefix(6) == [
                "# TYPE a_bytes gauge", "a_bytes 2.5", "# TYPE b_total counter", #"b_total{group="",resource="pods"} 1"#,
                #"b_total{group="apps",resource="deployments"} 3"#, "# TYPE c_seconds histogram",
            ])
        #expect(lines.contains(#"c_seconds_bucket{operation="get",le="0.001"} 0"#))
        #expect(lines.contains(#"c_seconds_bucket{operation="get",le="0.005"} 1"#))
        #expect(lines.contains(#"c_seconds_bucket{operation="get",le="60"} 1"#))
        #expect(
            lines.suffix(3) == [
                #"c_seconds_bucket{operation="get",le="+Inf"} 2"#, #"c_seconds_sum{operation="get"} 90.003"#, #"c_seconds_count{operation="get"} 2"#,
            ])
    }

    @Test("Whoever makes a metric again goes on with it, until it is destroyed")
    func again() {
        counter("a").increment()
        counter("a").increment()
        #expect(registry.text == "# TYPE a counter\na 2\n")
        let last = counter("a")
        last.destroy()
        #expect(registry.text.isEmpty)
    }

    @Test("A name keeps its type")
    func types() {
        counter("a").increment()
        Gauge(label: "a", factory: registry).record(7)
        Timer(label: "a", dimensions: [("b", "c")], factory: registry).recordNanoseconds(7)
        #expect(registry.text == "# TYPE a counter\na 1\n")
    }

    @Test(
        "Names and values come in a form that every scraper takes",
        arguments: [
            ("a.b-c", "x", #"a_b_c{l="x"} 1"#), ("1a", "x", #"_1a{l="x"} 1"#), ("a", "q\"\\\n", #"a{l="q\"\\\n"} 1"#), ("ä", "ä", #"_{l="ä"} 1"#),
        ])
    func escapes(label: String, value: String, line: String) {
        counter(label, [("l", value)]).increment()
        #expect(registry.text.split(separator: "\n").last.map(String.init) == line)
    }

    @Test("Values in ranges are counted once, at the bound too")
    func histogram() {
        let histogram = HistogramSeries(bounds: [1, 10])
        for value in [0.5, 1, 5, 10, 11] { histogram.record(value) }
        #expect(histogram.snapshot == .init(cumulative: [2, 4], count: 5, sum: 27.5))
    }

    @Test("Nothing is lost when many count at once")
    func concurrent() async {
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<1000 { counter("a", [("b", "c")]).increment() } }
            }
        }
        #expect(registry.text == "# TYPE a counter\na{b=\"c\"} 8000\n")
    }
}
