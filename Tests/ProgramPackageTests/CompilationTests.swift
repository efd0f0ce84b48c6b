import Bytecode
import ProgramPackage
import Testing

@Suite("Requests for compilations, and their answers")
struct CompilationWireTests {
    static let request: CompilationRequest = {
        var request = CompilationRequest(
            code: [
                Slot(opcode: 0xB7, destination: 0, source: 0, offset: 0, immediate: 2),
                Slot(opcode: 0x95, registers: 0, offset: 0, immediate: 0),
            ],
            maps: [.init(type: 2, valueSize: 16, maximumEntries: 4, flags: 128)], countsFuel: true,
            codeStart: 0xA0_0000, helper: 0x40_1000, fault: 0x40_1040)
        request.facts = [[], .isUnreached]
        request.blindingSeed = 7
        return request
    }()
    static let answer = CompiledProgram(
        bytes: [0xB8, 2, 0, 0, 0, 0xC3, 0x0F, 0x0B],
        map: CodeMap(starts: [0, 5], outlined: [.init(offset: 6, instruction: 1)], size: 8))

    @Test("both come back as they were sent")
    func roundTrip() throws {
        #expect(try CompilationRequest(parsing: Self.request.serialized()) == Self.request)
        #expect(try CompiledProgram(parsing: Self.answer.serialized()) == Self.answer)
    }

    @Test("bytes that are cut anywhere are refused")
    func cut() throws {
        let request = try Self.request.serialized()
        for count in request.indices {
            #expect(throws: PackageError.self) { try CompilationRequest(parsing: Array(request[..<count])) }
        }
        let answer = try Self.answer.serialized()
        for count in answer.indices {
            #expect(throws: PackageError.self) { try CompiledProgram(parsing: Array(answer[..<count])) }
        }
    }

    @Test("a changed byte is refused by name or is another request or answer, and never a trap")
    func changed() throws {
        var refused = 0
        for bytes in [try Self.request.serialized(), try Self.answer.serialized()] {
            for index in bytes.indices {
                for bit in 0..<8 {
                    var bytes = bytes
                    bytes[index] ^= 1 << UInt8(bit)
                    do { _ = try CompilationRequest(parsing: bytes) } catch { refused += 1 }
                    do { _ = try CompiledProgram(parsing: bytes) } catch { refused += 1 }
                }
            }
        }
        #expect(refused > 1_000)
    }

    @Test("offsets of code that go back, or past its end, are refused by name")
    func order() throws {
        func refusal(_ starts: [UInt32], _ pieces: [CodeMap.Piece]) -> PackageError? {
            let map = CodeMap(starts: starts, outlined: pieces, size: 8)
            do throws(PackageError) {
                _ = try CompiledProgram(bytes: Self.answer.bytes, map: map).serialized()
                return nil
            } catch { return error }
        }
        #expect(refusal([0, 5], []) == nil)
        #expect(
            refusal([5, 0], [])
                == .indexOutOfRange(field: "start of an instruction", offset: 36, index: 0, limit: 5))
        #expect(
            refusal([0, 9], [])
                == .limitExceeded(field: "start of an instruction", offset: 36, value: 9, limit: 8))
        #expect(
            refusal([0, 5], [.init(offset: 6, instruction: 2)])
                == .indexOutOfRange(field: "instruction of a piece", offset: 44, index: 2, limit: 2))
    }

    @Test("facts that cannot be any, or not about this code, are refused by name")
    func facts() throws {
        func refusal(_ facts: [InstructionFacts], _ code: [Slot] = Self.request.code) -> PackageError? {
            var request = Self.request
            request.code = code
            request.facts = facts
            do throws(PackageError) {
                _ = try request.serialized()
                return nil
            } catch { return error }
        }
        func problem(_ slot: Int, _ problem: InstructionFactsProblem) -> PackageError {
            .facts(InstructionFactsError(slot: slot, problem: problem))
        }
        #expect(refusal([.isUnreached, []]) == nil && refusal([]) == nil)
        #expect(refusal([[]]) == problem(1, .count(slots: 2)))
        #expect(refusal([[], InstructionFacts(rawValue: 0xC1)]) == problem(1, .unknown(bits: 0xC0)))
        #expect(refusal([.divisorIsNotZero, []]) == problem(0, .meaningless(bits: 8, opcode: 0xB7)))
        // r0 /= r1, r0 s%= r1, r0 /= 3, if r0 == r1, if w0 & 1, goto, gotol, call, a 64-bit immediate and its rest, exit.
        let slots = [
            (0x3F, 0), (0x9C, 1), (0x37, 0), (0x1D, 0), (0x46, 0), (0x05, 0), (0x06, 0), (0x85, 0), (0x18, 0),
            (0x1D, 0), (0x95, 0),
        ].map { Slot(opcode: UInt8($0.0), registers: 0x10, offset: Int16($0.1), immediate: 0) }
        let division: InstructionFacts = .divisorIsNotZero
        let jump: InstructionFacts = [.neverJumps, .alwaysJumps]
        let sayable: [InstructionFacts] = [
            [division, .dividesHalves], [division, .quotientFits], .dividesHalves, jump, jump, [], [], [], [], [], [],
        ]
        for index in slots.indices {
            for fact in InstructionFacts.all {
                var facts = [InstructionFacts](repeating: [], count: slots.count)
                facts[index] = fact
                let isSayable = fact == .isUnreached || sayable[index].contains(fact)
                let meaningless = InstructionFactsProblem.meaningless(bits: fact.rawValue, opcode: slots[index].opcode)
                #expect(refusal(facts, slots) == (isSayable ? nil : problem(index, meaningless)))
            }
            for both: InstructionFacts in [jump, [.isUnreached, .neverJumps], [.isUnreached, .divisorIsNotZero]] {
                var facts = [InstructionFacts](repeating: [], count: slots.count)
                facts[index] = both
                #expect(refusal(facts, slots) == problem(index, .contradiction(bits: both.rawValue)))
            }
        }
    }

    @Test("an address of code is the instruction that it was made of")
    func places() {
        let map = Self.answer.map
        #expect([0, 4, 5, 6, 7].map { map.instruction(at: $0) } == [0, 0, 1, 1, 1])
        #expect(map.instruction(at: 8) == nil)
    }
}
