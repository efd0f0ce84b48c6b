import Foundation

/// One test of PREVAIL's `test-data/*.yaml`: an entry state, code in its pseudo-assembly, the exit state and the
/// messages that it expects of itself.
struct PrevailDocument {
    struct Malformed: Error, CustomStringConvertible {
        var description: String
    }

    var file: String
    var line: Int
    var name: String
    var options: Set<String>
    var pre: [String]
    /// Each label with the lines below it.
    var code: [(label: String, lines: [String])]
    var post: [String]
    var messages: [String]
    /// Set where the document is a test of PREVAIL's own reader.
    var expectedException: String?
    var hasObservations: Bool

    init(_ value: YAML, file: String, line: Int) throws {
        func required(_ key: String) throws -> YAML {
            guard let value = value[key] else { throw Malformed(description: "\(file):\(line): no '\(key)'") }
            return value
        }
        func texts(_ key: String, _ value: YAML) throws -> [String] {
            guard let texts = value.texts else {
                throw Malformed(description: "\(file):\(line): '\(key)' is not a list of texts")
            }
            return texts
        }
        self.file = file
        self.line = line
        name = try required("test-case").text ?? ""
        options = Set(try texts("options", value["options"] ?? .nothing))
        pre = try texts("pre", required("pre"))
        post = try texts("post", required("post"))
        messages = try texts("messages", value["messages"] ?? .nothing)
        expectedException = value["expected-exception"]?.text
        hasObservations = value["observe"] != nil
        guard case .mapping(let blocks) = try required("code") else {
            throw Malformed(description: "\(file):\(line): 'code' has no labels")
        }
        code = try blocks.map { label, block in
            guard let text = block.text else {
                throw Malformed(description: "\(file):\(line): '\(label)' is not a text")
            }
            var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            if lines.last == "" { lines.removeLast() }
            return (label, lines)
        }
    }

    /// Every document of the files `*.yaml` of a folder, by file name.
    static func all(in folder: URL) throws -> [PrevailDocument] {
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" }.sorted { $0.lastPathComponent < $1.lastPathComponent }
        return try files.flatMap { url in
            let file = url.lastPathComponent
            do {
                return try YAMLReader.documents(String(contentsOf: url, encoding: .utf8)).map {
                    try PrevailDocument($0.value, file: file, line: $0.line)
                }
            } catch let failure as YAMLReader.Failure {
                throw Malformed(description: "\(file): \(failure)")
            }
        }
    }

    /// What PREVAIL says of the code: it complains of nothing but code that is never reached. That an observation of
    /// the test itself failed is no complaint of the code.
    var isAccepted: Bool {
        messages.allSatisfy { $0.contains("Code becomes unreachable") || $0.contains(": observation ") }
    }

    /// The document as a person reads it.
    var text: String {
        var text = "\(file):\(line) \(name)\n"
        if !options.isEmpty { text += "  options \(options.sorted().joined(separator: " "))\n" }
        text += "  pre  \(pre.joined(separator: ", "))\n"
        var index = 0
        for block in code {
            text += "  \(block.label):\n"
            for line in block.lines {
                text += "    \(index): \(line)\n"
                index += 1
            }
        }
        text += "  post \(post.joined(separator: ", "))\n"
        for message in messages { text += "  says \(message)\n" }
        return text
    }
}
