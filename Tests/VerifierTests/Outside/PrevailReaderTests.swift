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
                let program = try PseudoProgram(document, calls: EntryConversion.calls(document.pre))
                _ = try Instruction.decode(program.slots)
                _ = try EntryConversion.states(document.pre, helpers: program.helpers)
            } catch {
                refusals["\(error)", default: 0] += 1
            }
        }
        print("\(documents.count) documents, \(statements) statements, \(constraints) constraints")
        for (refusal, count) in refusals.sorted(by: { $0.key < $1.key }) { print("  \(count) \(refusal)") }
    }
}
