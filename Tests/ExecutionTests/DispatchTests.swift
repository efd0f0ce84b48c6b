import Bytecode
import BytecodeText
import CExecution
import Channel
import Execution
import TestSupport
import Testing
import VectorCorpus

@Suite("Dispatch")
struct DispatchTests {
    @Test("every operation has a handler, and the last is the one that control never reaches")
    func handlerCount() {
        #expect(Int(CEXECUTION_OPERATION_COUNT) == Operation.allCases.count)
        #expect(Int(Operation.wideImmediateTail.rawValue) == Operation.allCases.count - 1)
        #expect(MemoryLayout<Instruction>.stride == 16)
        #expect(MemoryLayout<Instruction>.offset(of: \.operation) == 0)
    }

    @Test("every vector comes out as it says", arguments: Dispatch.allCases)
    func vectors(dispatch: Dispatch) throws {
        for vector in try VectorCorpus.vectors() {
            let laboratory = try Laboratory(fuel: vector.fuel)
            let report = laboratory.run(
                try Instruction.decode(vector.slots), payload: vector.memory, dispatch)
            switch vector.expectation {
            case .result(let result):
                #expect(report.fault == nil, "\(vector)")
                #expect(report.result == result, "\(vector)")
            case .fault(let fault):
                #expect(report.fault.map { "\($0)" } == fault.kind.rawValue, "\(vector)")
                #expect(Int(report.instruction) == fault.index, "\(vector)")
                if let address = fault.address {
                    let resolved = address.resolved(memory: laboratory.payload, frame: laboratory.frameEnd)
                    #expect(report.address == resolved, "\(vector)")
                }
                if let size = fault.size { #expect(Int(report.accessSize) == size, "\(vector)") }
            }
            if let after = vector.memoryAfter {
                #expect(laboratory.bytes(at: laboratory.payload, count: after.count) == after, "\(vector)")
            }
        }
    }

    @Test(
        "random programs leave the same verdict, payload and frames under both dispatches",
        arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func randomPrograms(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let laboratories = try Dispatch.allCases.map { ($0, try Laboratory(fuel: 300)) }
        var returned = 0
        for _ in 0..<400 {
            let code = randomProgram(&generator)
            let payload = (0..<Int.random(in: 0...40, using: &generator)).map { _ in
                UInt8.random(in: 0...255, using: &generator)
            }
            let results = laboratories.map { dispatch, laboratory in
                let report = laboratory.run(code, payload: payload, dispatch)
                return (
                    report, laboratory.bytes(at: laboratory.payload, count: 64),
                    laboratory.bytes(at: AddressMap.privateMemory, count: 4096)
                )
            }
            let listing = { code.map { "\($0)" }.joined(separator: "\n") }
            #expect(results[0].0 == results[1].0, "\(listing())")
            #expect(results[0].1 == results[1].1, "\(listing())")
            #expect(results[0].2 == results[1].2, "\(listing())")
            if results[0].0.fault == nil { returned += 1 }
        }
        #expect(returned > 30)
    }

    @Test(
        "an operation byte that is none is refused, as is the second half of a wide instruction",
        arguments: [164, 165, 200, 255] as [UInt8])
    func undefinedOperation(byte: UInt8) throws {
        var code = [Instruction(.mov64Immediate, immediate: 7), Instruction(.exit), Instruction(.exit)]
        code.withUnsafeMutableBytes { $0[16] = byte }
        let report = try Laboratory().run(code)
        #expect(report.fault == .invalidInstruction)
        #expect(report.instruction == 1)
    }

    @Test("no register number leads out of the register file", arguments: [11, 16, 255] as [UInt8])
    func registerNumbers(number: UInt8) throws {
        let laboratory = try Laboratory()
        let code = [
            Instruction(.mov64Immediate, destination: number, immediate: -1),
            Instruction(.mov64Register, destination: 0, source: number),
            Instruction(.exit),
        ]
        let before = laboratory.bytes(at: AddressMap.privateMemory, count: 8192)
        let behind = AddressMap.privateMemory + 8192 + 2048
        /// Without what each event begins with: how long it may wait for locks.
        func wordsBehind() -> [UInt8] {
            var bytes = laboratory.bytes(at: behind, count: 4096)
            let patience = Int(RunWords.patience - behind)
            bytes.replaceSubrange(patience..<patience + 4, with: [0, 0, 0, 0])
            return bytes
        }
        let after = wordsBehind()
        #expect(laboratory.run(code).result == .max)
        #expect(laboratory.bytes(at: AddressMap.privateMemory, count: 8192) == before)
        #expect(wordsBehind() == after)
    }

    @Test("ten million instructions leave no trace on the stack of the engine")
    func noGrowth() throws {
        let report = try Laboratory(fuel: 10_000_000).run("r0 += 1\ngoto -2")
        #expect(report.fault == .fuelExhausted)
        #expect(report.fuelLeft == 0)
    }
}

/// Any operation in any order, aimed at the payload and the frame often enough to get there; targets are instructions.
func randomProgram(_ generator: inout SeededGenerator) -> [Instruction] {
    let refused: Set<Operation> = [.wideImmediateTail, .callByBTFID, .loadVariableAddress, .loadCodeAddress]
    let operations = Operation.allCases.filter { !refused.contains($0) }
    var code: [Instruction] = []
    let count = Int.random(in: 2...30, using: &generator)
    while code.count < count {
        guard let operation = operations.randomElement(using: &generator) else { break }
        var instruction = Instruction(
            operation, destination: UInt8.random(in: 0...9, using: &generator),
            source: UInt8.random(in: 0...10, using: &generator),
            immediate: Int64(randomImmediate(&generator)))
        let encoding = operation.encoding
        if encoding.offset == .displacement {
            let base: UInt8 = Bool.random(using: &generator) ? 1 : 10
            instruction.offset = .random(in: base == 1 ? -2...36 : -24 ... -4, using: &generator)
            if case .selector = encoding.immediate { instruction.offset &= ~7 }
            if encoding.destination == .written { instruction.source = base } else { instruction.destination = base }
        } else if operation == .callHelper {
            instruction.immediate = 5
        } else if instruction.destination == 1, Bool.random(using: &generator) {
            instruction.destination = 0
        }
        code.append(instruction)
        if encoding.occupiesTwoSlots { code.append(Instruction(.wideImmediateTail)) }
    }
    code.append(Instruction(.exit))
    let starts = code.indices.filter { code[$0].operation != .wideImmediateTail }
    for index in code.indices where code[index].operation.namesTarget {
        let ahead = starts.filter { $0 > index }
        let pool = Int.random(in: 0..<4, using: &generator) == 0 ? starts : ahead
        code[index].offset = Int32(pool.randomElement(using: &generator) ?? 0)
    }
    return code
}

private func randomImmediate(_ generator: inout SeededGenerator) -> Int32 {
    let telling: [Int32] = [0, 1, 2, 5, -1, 31, 64]
    guard let value = telling.randomElement(using: &generator), Bool.random(using: &generator) else {
        return Int32.random(in: .min ... .max, using: &generator)
    }
    return value
}
