import Bytecode
import ObjectFile
import TestSupport
import Testing

@testable import ProgramPackage

@Suite("Facts of a program")
struct FactsTests {
    @Test("a real program's facts are told")
    func real() throws {
        let package = try Sample.real()
        let facts = try package.programs[0].facts(in: package)
        #expect(facts.helperIDs == [1])
        #expect(facts.mapIndices.map { package.maps[$0].name } == ["table", ".data", ".rodata"])
        #expect(facts.hasLocalCalls && !facts.hasAtomics && !facts.hasBackEdges && !facts.takesCodeAddress)
        #expect(facts.slotCount == package.programs[0].code.count)
        #expect(facts.instructionCount == facts.slotCount - 3)
        #expect(try package.programs[1].facts(in: package).helperIDs == [])
    }

    @Test(
        "loops and atomics are seen",
        arguments: [
            ("for (int i = 0; i < *c; i++) x += c[i] * x;", true, false),
            ("__sync_fetch_and_add(&x, *c); total += x;", false, true),
            ("x = *c ? 3 : 4;", false, false),
        ])
    func shapes(body: String, loops: Bool, atomic: Bool) throws {
        let source = "long total; __attribute__((section(\"xdp\"))) int p(int *c) { long x = 1; \(body) return x; }"
        let package = try ObjectReader.read(
            BPFCompiler.object(source, flags: ["-O2", "-mcpu=v3", "-fno-unroll-loops"]))
        let facts = try package.programs[0].facts(in: package)
        #expect(facts.hasBackEdges == loops)
        #expect(facts.hasAtomics == atomic)
    }

    @Test("code that is no program, and references that lead nowhere, are refused")
    func refusals() {
        var package = Sample.small
        package.programs[0].code[4].opcode = 0xFF
        #expect(throws: ProgramFactsError.undecodable(.unknownOpcode(index: 4, opcode: 0xFF))) {
            try package.programs[0].facts(in: package)
        }
        package = Sample.small
        package.programs[0].code[0].immediate = 7
        #expect(throws: ProgramFactsError.reference(.mapOutOfRange(slot: 0, index: 7, count: 2))) {
            try package.programs[0].facts(in: package)
        }
    }
}
