internal import Bytecode
internal import BytecodeText
internal import CellImage
internal import Channel
internal import Compilation
internal import Enclosure
internal import Execution
internal import Linux
internal import ObjectFile
internal import ProgramPackage
internal import Virtualization

/// One execution of one program. But for children, in this process: no broker, no monitor, nothing shared with anyone.
func run(_ options: Options) throws -> UInt64 {
    let code = try Instruction.decode(try slots(options))
    let geometry = try ChannelGeometry(slotCountShift: 0, slotSizeShift: 18, logCountShift: 0)
    guard UInt64(options.memory.count) <= geometry.payloadCapacity else {
        throw OptionError.tooMuchMemory(bytes: options.memory.count, limit: geometry.payloadCapacity)
    }
    var boot = BootRecord(geometry: geometry, entryConvention: .buffer, helperProfile: .conformance)
    boot.fuel = 10_000_000

    let image = try ImageLayout(parsing: CellImage.bytes)
    let engine = options.engine ?? ((try? Hypervisor()) == nil ? .hostInterpreter : .interpreterInGuest)
    var native: [UInt8] = []
    if engine == .nativeInGuest || engine == .nativeInChild {
        boot.executionMode = .metered
        boot.nativeEntry = AddressMap.code
        native = try compile(code, image)
    }
    if engine == .interpreterInChild || engine == .nativeInChild {
        return try runInChild(code, boot, native, options.memory)
    }
    let programSize = try ProgramRegion.size(instructions: code.count, maps: 0, descriptorSize: 0)
    let window = try Window(size: AddressMap.windowSize)
    try window.mapPrivate(at: AddressMap.image, size: AddressMap.imageCapacity)
    try window.mapPrivate(at: AddressMap.program, size: programSize)
    try window.mapPrivate(at: AddressMap.hostWords, size: AddressMap.hostWordsSize)
    try window.mapPrivate(at: AddressMap.pageTables, size: AddressMap.pageTablesCapacity)
    try window.mapPrivate(at: AddressMap.channel, size: geometry.size)
    try window.mapPrivate(at: AddressMap.privateMemory, size: AddressMap.privateSize)
    if !native.isEmpty { try window.mapPrivate(at: AddressMap.code, size: roundedToPage(UInt64(native.count))) }
    // SAFETY: every region of the address map that this function uses was mapped just above.
    let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
    unsafe CellImage.bytes.withUnsafeBytes { unsafe memory.copyIn($0, to: AddressMap.image) }
    unsafe native.withUnsafeBytes { unsafe memory.copyIn($0, to: AddressMap.code) }
    boot = ProgramRegion.write(code, mapCount: 0, descriptorSize: 0, boot: boot, to: memory) { _ in }
    var ring = EventRing(memory: memory, boot: boot)
    unsafe options.memory.withUnsafeBytes {
        unsafe ring.submit(context: UnsafeRawBufferPointer(start: nil, count: 0), payload: $0, lane: 0, time: 0)
    }

    switch engine {
    case .interpreterInChild, .nativeInChild: break  // above
    case .hostInterpreter:
        var runner = ProgramRunner(memory: memory, boot: boot)
        runner.handle(boot.initialSequence &+ 1, code.span)
    case .interpreterInGuest, .nativeInGuest:
        var machine = try CellMachine(
            on: Hypervisor(), window: window, image: image, programSize: programSize,
            codeSize: UInt64(native.count), channelSize: geometry.size, mapsSize: 0)
        try enterUntilParked(&machine.vcpu)
    }
    guard let verdict = try ring.poll() else { throw RunError.noVerdict }
    return try result(of: verdict)
}

func result(of verdict: Enclosure.Verdict) throws -> UInt64 {
    switch verdict.ending {
    case .returned(let result): return result
    case .faulted(let fault): throw fault
    }
}

/// The program as the guest's processor has it. Nothing proved that it ends, so it counts fuel.
private func compile(_ code: [Instruction], _ image: ImageLayout) throws -> [UInt8] {
    let program = Compilation.Program(code: code, helperProfile: .conformance)
    let target = Compilation.Target(helper: image.nativeHelper, fault: image.nativeFault)
    return try Compilation.x86(program, Compilation.Options(countsFuel: true), for: target).bytes
}

/// The image parks as soon as it has no event left.
private func enterUntilParked(_ vcpu: inout VCPU) throws {
    while true {
        switch vcpu.enter() {
        case .interrupted: continue
        case .memoryMappedIO(address: Doorbell.park, _, _, isWrite: true): return
        case let exit: throw RunError.cellStopped(exit, try? vcpu.fault())
        }
    }
}

private func slots(_ options: Options) throws -> [Slot] {
    let bytes = try options.program ?? readStandardInput()
    guard options.isELF else { return try Slot.slots(fromLittleEndian: bytes) }
    guard let program = try ObjectReader.read(bytes).programs.first else { throw OptionError.noProgram }
    return program.code
}

enum RunError: Error, CustomStringConvertible {
    case noVerdict
    case cellStopped(Exit, Fault?)

    var description: String {
        switch self {
        case .noVerdict: "the cell parked without a verdict"
        case .cellStopped(let exit, let fault): "the cell stopped: \(exit) \(fault.map { "\($0)" } ?? "")"
        }
    }
}

private func readStandardInput() throws -> [UInt8] {
    var text = ""
    while let line = readLine(strippingNewline: false) { text += line }
    return try bytes(fromHex: text)
}
