internal import Foundation

/// Everything that one run of the benchmarks found, and what on.
package struct Results: Codable, Sendable {
    package let host: HostDescription
    package var figures: [Figure]

    /// Where figures meet: each benchmark runs in a process of its own.
    package static let directory = ".build/bench"
    private static let parts = directory + "/figures"

    package init(host: HostDescription, figures: [Figure]) {
        self.host = host
        self.figures = figures
    }

    /// Keeps one figure for the report.
    package static func keep(_ figure: Figure) throws {
        try FileManager.default.createDirectory(atPath: parts, withIntermediateDirectories: true)
        let name = "\(figure.number)\(figure.part.isEmpty ? "" : "-\(figure.part)").json"
        try encoder.encode(figure).write(to: URL(filePath: parts).appending(path: name), options: .atomic)
    }

    /// Reads the figures that were kept, in order.
    package static func collect() throws -> Results {
        let names = try FileManager.default.contentsOfDirectory(atPath: parts).filter { $0.hasSuffix(".json") }
        let figures = try names.map {
            try JSONDecoder().decode(Figure.self, from: Data(contentsOf: URL(filePath: parts).appending(path: $0)))
        }
        let sorted = figures.sorted {
            $0.number == $1.number
                ? $0.part < $1.part : $0.number.compare($1.number, options: .numeric) == .orderedAscending
        }
        return Results(host: HostDescription(), figures: sorted)
    }

    package func write() throws -> String {
        let path = Self.directory + "/results.json"
        try Self.encoder.encode(self).write(to: URL(filePath: path), options: .atomic)
        return path
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return encoder
    }
}
