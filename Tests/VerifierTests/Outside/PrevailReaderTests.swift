import Bytecode
import Foundation
import Testing

/// The reader of PREVAIL's documents, on a document of our own in their form, and on all of them where
/// $RINGFENCE_PREVAIL names their folder.
@Suite("Reading PREVAIL's documents")
struct PrevailReaderTests {
    static let folder = ProcessInfo.processInfo.environment["RINGFENCE_PREVAIL"].map { URL(fileURLWithPath: $0) }

    @Test(
        "every document is read, statement by statement and constraint by constraint",
        .enabled(if: folder != nil, "needs $RINGFENCE_PREVAIL, the folder of PREVAIL's test-data"))
    func everyDocument() throws {
        let documents = try PrevailDocument.all(in: #require(Self.folder))
        #expect(documents.count >= 802)
        var statements = 0
        var constraints = 0
        var refusals: [String: Int] = [:]
        for document in documents where document.expectedException == nil {
            for line in document.code.flatMap(\.lines) {
                statements += 1
                #expect(throws: Never.self, "\(document.file):\(document.line)") {
                    try PseudoStatementReader.statement(line)
                }
            }
            for text in document.pre + document.post {
                constraints += 1
                #expect(throws: Never.self, "\(document.file):\(document.line)") { try PrevailConstraint(text) }
            }
            do {
                let program = try PseudoProgram(document)
                _ = try Instruction.decode(program.slots)
            } catch { refusals["\(error)", default: 0] += 1 }
        }
        print("\(documents.count) documents, \(statements) statements, \(constraints) constraints")
        for (refusal, count) in refusals.sorted(by: { $0.key < $1.key }) { print("  \(count) \(refusal)") }
        if let path = ProcessInfo.processInfo.environment["RINGFENCE_PREVAIL_DUMP"] {
            let all: [[String: Any]] = documents.map {
                ["name": $0.name, "pre": $0.pre, "post": $0.post, "messages": $0.messages,
                 "code": $0.code.map { [$0.label, $0.lines.joined(separator: "\n")] }, "options": $0.options.sorted()]
            }
            try JSONSerialization.data(withJSONObject: all).write(to: URL(fileURLWithPath: path))
        }
    }
}
