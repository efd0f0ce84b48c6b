import Bytecode
import ReferenceMachine
import Testing
import VectorCorpus

@Suite("The vector corpus")
struct VectorCorpusTests {
    @Test("the reference machine agrees with every vector")
    func reference() throws {
        let vectors = try VectorCorpus.vectors()
        #expect(vectors.count >= 600)
        for vector in vectors {
            let (outcome, memory) = ReferenceMachine.run(vector)
            #expect(outcome == ReferenceMachine.resolved(vector.expectation), "\(vector)")
            if let after = vector.memoryAfter { #expect(memory == after, "\(vector)") }
        }
    }

    @Test("every vector's program decodes")
    func decodes() throws {
        for vector in try VectorCorpus.vectors() {
            #expect(throws: Never.self, "\(vector)") { try Instruction.decode(vector.slots) }
        }
    }

    @Test("every operation that needs no map stands in several vectors")
    func coverage() throws {
        var counts: [Operation: Int] = [:]
        for vector in try VectorCorpus.vectors() {
            for operation in Set(try Instruction.decode(vector.slots).map(\.operation)) {
                counts[operation, default: 0] += 1
            }
        }
        // What these load, or that they are refused, is told by the tests of maps and of the decoder.
        let elsewhere: Set<Operation> = [
            .loadMapByFD, .loadMapValueByFD, .loadVariableAddress, .loadCodeAddress, .loadMapByIndex,
            .loadMapValueByIndex, .callByBTFID,
        ]
        for operation in Operation.allCases where !elsewhere.contains(operation) {
            let least = operation == .callHelper ? 2 : 5
            #expect(counts[operation, default: 0] >= least, "\(operation)")
        }
    }

    @Test(
        "malformed corpus text is refused at its line",
        arguments: [
            ("r0 = 0", 1), ("== a\nresult 0x0 0x1", 2), ("== a\nmemory 5", 2), ("== a\nfuel x", 2),
            ("== a\n    exit\nfault nonsense at 1", 3), ("== a\n    exit\nresult 0x0\nresult 0x0", 4),
            ("== a\n    exit\n", 1), ("== a\n    r0 = 0\n    exitt\nresult 0x0", 3), ("== a\nwrong 1", 2),
            ("== a\nmemory 00\n    exit\nresult 0x0\nafter 00 00", 1),
            ("== a\n    exit\nfault outOfBoundsRead at 1 address here+1", 3),
        ])
    func malformed(text: String, line: Int) throws {
        let error = try #require(throws: VectorError.self) { try Vector.vectors(in: text, file: "text") }
        #expect(error.line == line)
    }
}
