internal import Foundation
internal import Measuring

/// What a call took in each place, in nanoseconds.
struct Report: Codable {
    /// Of the time, what the decision took, and what the supervisor had the call for, decision and all.
    struct Decision: Codable {
        let p50: Double
        let p99: Double
        let inSupervisorP50: Double
        let inSupervisorP99: Double

        init(file: String) throws {
            struct Run: Decodable {
                struct Latency: Decodable { let p50, p99: Double }
                let decisionNanoseconds, callNanoseconds: Latency
            }
            let run = try JSONDecoder().decode(Run.self, from: Data(contentsOf: URL(filePath: file)))
            (p50, p99) = (run.decisionNanoseconds.p50, run.decisionNanoseconds.p99)
            (inSupervisorP50, inSupervisorP99) = (run.callNanoseconds.p50, run.callNanoseconds.p99)
        }
    }

    struct Row: Codable {
        let place: String
        let p50: Double
        let p99: Double
        let decision: Decision?
    }

    let host: HostDescription
    let object: String
    let calls: Int
    var rows: [Row] = []
    var problems: [String] = []

    var text: String {
        var lines = [
            "\(host.processor), \(host.processorCount) processors; Linux \(host.kernel); KVM by \(host.kvm)",
            "\(host.compiler); commit \(host.commit); release build; \(object), \(calls) connections of a datagram socket",
            "",
            Self.line("a call", "p50", "p99", "supervisor p50", "p99", "decision p50", "p99"),
        ]
        for row in rows {
            lines.append(
                Self.line(
                    row.place, Self.time(row.p50), Self.time(row.p99), Self.time(row.decision?.inSupervisorP50),
                    Self.time(row.decision?.inSupervisorP99), Self.time(row.decision?.p50),
                    Self.time(row.decision?.p99)))
        }
        return (lines + problems.map { "not measured: \($0)" }).joined(separator: "\n")
    }

    private static func line(_ cells: String...) -> String {
        let widths = [22, 10, 10, 15, 10, 13, 10]
        return zip(cells, widths).enumerated().map { index, cell in
            let padding = String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            return index == 0 ? cell.0 + padding : padding + cell.0
        }.joined(separator: " ")
    }

    private static func time(_ nanoseconds: Double?) -> String {
        nanoseconds.map { String(format: "%.1f µs", $0 / 1000) } ?? "–"
    }
}
