import FoundationEssentials

/// The vectors of this directory, read once.
package enum VectorCorpus {
    package static let result: Result<[Vector], any Error> = Result { try load() }

    /// Every vector, in the order of files and lines.
    package static func vectors() throws -> [Vector] { try result.get() }

    private static func load() throws -> [Vector] {
        let directory = String(#filePath.split(separator: "/").dropLast(2).joined(separator: "/"))
        let files = try FileManager.default.contentsOfDirectory(atPath: "/" + directory)
            .filter { $0.hasSuffix(".vectors") }.sorted()
        var vectors: [Vector] = []
        for file in files {
            let data = try Data(contentsOf: URL(filePath: "/\(directory)/\(file)"))
            vectors += try Vector.vectors(in: String(decoding: data, as: UTF8.self), file: file)
        }
        var names: Set<String> = []
        for vector in vectors {
            guard names.insert(vector.name).inserted else {
                throw VectorError(file: vector.file, line: vector.line, reason: "the name stands elsewhere already")
            }
        }
        return vectors
    }
}
