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

    /// A document of our own in their form.
    private static let sample = """
        # A comment.
        ---
        test-case: "a number, a pointer # and stack bytes"
        options: ["termination", '!big_endian']
        pre: ["r1.type=number", "r1.svalue=[-1, 5]", # more below
              "r2.type in {ctx, packet}", "r2.ctx_offset=4",
              "r2.packet_offset=0", "packet_size=20",
              "r10.type=stack", "r10.stack_offset=512", "s[504...511].type=number"]
        code:
          <start>: |
            r0 = 1 ; a comment
            assume r1 s> 0xffffffff
            if w1 &== 3 goto <out>
            r3 = 0x8000000000000000ll

          <out>: exit
        post:
          - r0.type=number
          - "r0.svalue=1"
        messages: []
        ---
        test-case: second
        pre: []
        code:
          <start>: |
            lock *(u32 *)(r10 - 4) cx= r1
        post: ["_|_"]
        messages:
        - "0: Invalid type (r1.type == number)"
        observe:
          - at: exit
            constraints: ["r0.svalue=0"]
        """

    private func documents() throws -> [PrevailDocument] {
        try YAMLReader.documents(Self.sample).map { try PrevailDocument($0.value, file: "sample", line: $0.line) }
    }

    @Test("a stream of documents is cut, and every list and block in it found")
    func stream() throws {
        let documents = try documents()
        #expect(documents.map(\.name) == ["a number, a pointer # and stack bytes", "second"])
        #expect(documents[0].options == ["termination", "!big_endian"])
        #expect(documents[0].pre.count == 9)
        #expect(documents[0].code.map(\.label) == ["<start>", "<out>"])
        #expect(documents[0].code[0].lines.count == 4)
        #expect(documents[0].post == ["r0.type=number", "r0.svalue=1"])
        #expect(documents[0].isAccepted)
        #expect(!documents[1].isAccepted)
        #expect(documents[1].hasObservations)
    }

    @Test(
        "what the reader of YAML does not know is refused",
        arguments: ["a: &x 1", "a: >\n  b", "a: [1, 2", "a: 1\na: 2"])
    func refusedYAML(text: String) {
        #expect(throws: YAMLReader.Failure.self) { try YAMLReader.documents(text) }
    }

    @Test("code becomes slots, and each knows its statement")
    func code() throws {
        let program = try PseudoProgram(documents()[0])
        #expect(program.slots.map(\.opcode) == [0xb7, 0xd5, 0x46, 0x18, 0x00, 0x95, 0xb7, 0x95])
        #expect(program.origins == [0, 1, 2, 3, 3, 4, nil, nil])
        // The assumption that -1 is less: where it does not hold, on to the end that was added.
        #expect(program.slots[1].offset == 4)
        #expect(program.slots[1].immediate == -1)
        #expect(program.slots[2].offset == 2)
        #expect(throws: Never.self) { try Instruction.decode(program.slots) }
    }

    @Test("a register of either of two kinds gives two entry states")
    func entry() throws {
        let states = try EntryConversion.states(documents()[0].pre, helpers: [])
        #expect(states.count == 2)
        #expect(states.map { $0.registers[2] } == [.context(.init(4...4)), .packet(.init(0...0))])
        #expect(states.allSatisfy { $0.registers[1] == .number(.init(-1...5)) })
        #expect(states.allSatisfy { $0.numericBytes == [504..<512] && $0.packetMinimum == 20 })
    }

    @Test(
        "what has no counterpart is refused with its name",
        arguments: [
            ("r1.svalue-r2.svalue<=3", "a difference"), ("s[504...511].type=packet", "a type of stack bytes"),
        ])
    func inexpressible(constraint: String, reason: String) {
        #expect {
            try EntryConversion.states([constraint], helpers: [])
        } throws: {
            "\($0)" == reason
        }
    }

    @Test(
        "lines that are no statements are refused",
        arguments: [
            "r1 += ", "r11 = 1", "r1 = *(u33 *)(r2 + 0)", "goto out", "if r1 ~ 2 goto <x>", "lock r1 += r2", "r1 = 1 2",
            "*(u8 *)(r1 + 40000) = 1", "r1 = -2147483649",
        ])
    func refused(line: String) {
        #expect(throws: PseudoStatementReader.Unread.self) { try PseudoStatementReader.statement(line) }
    }
}
