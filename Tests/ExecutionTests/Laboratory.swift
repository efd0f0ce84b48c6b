import Bytecode
import BytecodeText
import Channel
import Execution
import Linux

/// How one instruction leads to the next.
enum Dispatch: CaseIterable {
    /// The handlers in C, as in a cell.
    case handlers
    /// The plain loop in Swift.
    case loop
}

/// One lane's memory in this process, and one event to run programs on.
final class Laboratory {
    /// What a verdict record says.
    struct Report: Equatable {
        var fault: FaultKind?
        var result: UInt64
        var instruction: UInt32
        var accessSize: UInt32
        var address: UInt64
        var fuelLeft: UInt64
    }

    private static let assembler = Assembler()
    private static let decoder = Decoder()
    private let window: Window
    let memory: CellMemory
    var boot: BootRecord
    private var sequence: UInt32 = 0

    var slot: UInt64 { boot.geometry.slot(0) }
    var payload: UInt64 { slot + EventSlot.payload }
    var context: UInt64 { slot + EventSlot.context }
    var frameEnd: UInt64 { AddressMap.privateMemory + 4096 }

    init(entry: EntryConvention = .buffer, fuel: UInt64 = 100_000) throws {
        let geometry = try ChannelGeometry(slotCountShift: 0, slotSizeShift: 14, logCountShift: 0)
        boot = BootRecord(geometry: geometry, entryConvention: entry, helperProfile: .conformance)
        boot.fuel = fuel
        window = try Window(size: AddressMap.windowSize)
        try window.mapPrivate(at: AddressMap.program, size: AddressMap.pageSize)
        try window.mapPrivate(at: AddressMap.hostWords, size: AddressMap.hostWordsSize)
        try window.mapPrivate(at: AddressMap.channel, size: geometry.size)
        try window.mapPrivate(at: AddressMap.privateMemory, size: AddressMap.privateSize)
        try window.mapPrivate(at: AddressMap.maps, size: AddressMap.pageSize)
        memory = CellMemory(unsafeBase: UInt(window.base))
    }

    /// Runs `code` on an event with this payload and a context of `contextSize` bytes.
    func run(
        _ code: [Instruction], payload bytes: [UInt8] = [], contextSize: UInt32 = 0, _ dispatch: Dispatch = .handlers,
        _ mode: ExecutionMode = .checked
    ) -> Report {
        sequence += 1
        boot.executionMode = mode
        bytes.withUnsafeBytes { memory.copyIn($0, to: payload) }
        memory.zero(AddressMap.privateMemory, count: 4096)
        memory.storeRelaxed32(slot + EventSlot.payloadSize, UInt32(bytes.count))
        memory.storeRelaxed32(slot + EventSlot.contextSize, contextSize)
        var runner = ProgramRunner(memory: memory, boot: boot)
        switch dispatch {
        case .handlers: runner.handle(sequence, code.span)
        case .loop: runner.handleInLoop(sequence, code.span)
        }
        let verdict = boot.geometry.verdict(0)
        return Report(
            fault: FaultKind(rawValue: memory.load32(verdict + VerdictRecord.fault)),
            result: memory.load64(verdict + VerdictRecord.result),
            instruction: memory.load32(verdict + VerdictRecord.instruction),
            accessSize: memory.load32(verdict + VerdictRecord.accessSize),
            address: memory.load64(verdict + VerdictRecord.address),
            fuelLeft: memory.load64(verdict + VerdictRecord.fuelLeft))
    }

    func run(
        _ assembly: String, payload bytes: [UInt8] = [], contextSize: UInt32 = 0, _ dispatch: Dispatch = .handlers,
        _ mode: ExecutionMode = .checked
    ) throws -> Report {
        let code = try Self.decoder.program(try Self.assembler.assemble(assembly))
        return run(code, payload: bytes, contextSize: contextSize, dispatch, mode)
    }

    func bytes(at address: UInt64, count: Int) -> [UInt8] {
        (0..<UInt64(count)).map { memory.load8(address + $0) }
    }
}
