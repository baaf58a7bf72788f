//
// This source file is part of the Keelson project.
//
// SPDX-FileCopyrightText: 2026 The Keelson Authors
// SPDX-License-Identifier: Apache-2.0

import Metrics
import Synchronization

/// All that is measured in this process, for whoever scrapes `/metrics`.
///
/// Whoever makes a metric twice gets the same one. A metric whose name has another type already is not kept: two types under a name
/// make a text that no scraper takes.
final class MetricsRegistry: MetricsFactory {
    /// A type of metrics, spelt as the exposition format has it.
    enum Kind: String { case counter, gauge, histogram }

    enum Series {
        case counter(CounterSeries)
        case gauge(GaugeSeries)
        case histogram(HistogramSeries)

        var kind: Kind {
            switch self {
            case .counter: .counter
            case .gauge: .gauge
            case .histogram: .histogram
            }
        }

        var identifier: ObjectIdentifier {
            switch self {
            case .counter(let series): ObjectIdentifier(series)
            case .gauge(let series): ObjectIdentifier(series)
            case .histogram(let series): ObjectIdentifier(series)
            }
        }
    }

    /// The metrics of a name, by their labels in the form of the text: `{a="1"}`, or nothing.
    typealias Family = [String: Series]

    private let families = Mutex<[String: Family]>([:])

    /// All of it at this moment, in Prometheus' text format.
    var text: String { families.withLock { MetricsText.text($0) } }

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { counter(label, dimensions) }
    func makeFloatingPointCounter(label: String, dimensions: [(String, String)]) -> any FloatingPointCounterHandler { counter(label, dimensions) }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { gauge(label, dimensions) }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        aggregate ? histogram(label, dimensions, HistogramSeries.sizeBounds) : gauge(label, dimensions)
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        histogram(label, dimensions, HistogramSeries.durationBounds)
    }

    func destroyCounter(_ handler: any CounterHandler) { forget(ObjectIdentifier(handler)) }
    func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { forget(ObjectIdentifier(handler)) }
    func destroyMeter(_ handler: any MeterHandler) { forget(ObjectIdentifier(handler)) }
    func destroyRecorder(_ handler: any RecorderHandler) { forget(ObjectIdentifier(handler)) }
    func destroyTimer(_ handler: any TimerHandler) { forget(ObjectIdentifier(handler)) }

    private func counter(_ label: String, _ dimensions: [(String, String)]) -> CounterSeries {
        if case .counter(let series) = series(label, dimensions, { .counter(CounterSeries()) }) { return series }
        return CounterSeries()
    }

    private func gauge(_ label: String, _ dimensions: [(String, String)]) -> GaugeSeries {
        if case .gauge(let series) = series(label, dimensions, { .gauge(GaugeSeries()) }) { return series }
        return GaugeSeries()
    }

    private func histogram(_ label: String, _ dimensions: [(String, String)], _ bounds: [Double]) -> HistogramSeries {
        if case .histogram(let series) = series(label, dimensions, { .histogram(HistogramSeries(bounds: bounds)) }) { return series }
        return HistogramSeries(bounds: bounds)
    }

    private func series(_ label: String, _ dimensions: [(String, String)], _ make: () -> Series) -> Series {
        let name = MetricsText.name(label)
        let labels = MetricsText.labels(dimensions)
        return families.withLock { families in
            if let known = families[name]?[labels] { return known }
            let new = make()
            if let other = families[name]?.values.first, other.kind != new.kind { return other }
            families[name, default: [:]][labels] = new
            return new
        }
    }

    private func forget(_ identifier: ObjectIdentifier) {
        families.withLock { families in
            for (name, family) in families {
                guard let labels = family.first(where: { $0.value.identifier == identifier })?.key else { continue }
                families[name]?[labels] = nil
                if family.count == 1 { families[name] = nil }
                return
            }
        }
    }
}
