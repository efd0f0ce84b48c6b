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
        request.reached = [true, false]
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

    @Test("an address of code is the instruction that it was made of")
    func places() {
        let map = Self.answer.map
        #expect([0, 4, 5, 6, 7].map { map.instruction(at: $0) } == [0, 0, 1, 1, 1])
        #expect(map.instruction(at: 8) == nil)
    }
}
