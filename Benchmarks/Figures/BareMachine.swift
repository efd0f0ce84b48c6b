internal import Channel
internal import Linux
internal import Virtualization

/// A machine of the same shape as a cell's with the least in it: a guest that stores to the doorbell for ever.
///
/// What it costs to make is what the kernel asks for any cell; no process, no confinement, no image.
struct BareMachine: ~Copyable {
    /// `mov eax, 0xD0000000`, then `mov [rax], eax` and a jump back to that.
    private static let code: [UInt8] = [0xB8, 0, 0, 0, 0xD0, 0x89, 0x00, 0xEB, 0xFC]
    private static let entry = AddressMap.image

    private let window: Window
    private let machine: Machine
    private var vcpu: VCPU
    /// Nanoseconds of each request, in order.
    let steps: [(name: String, nanoseconds: Double)]

    init(on hypervisor: borrowing Hypervisor, channelSize: UInt64) throws {
        let window = try Window(size: AddressMap.windowSize)
        try window.mapPrivate(at: AddressMap.image, size: AddressMap.imageCapacity)
        try window.mapPrivate(at: AddressMap.pageTables, size: AddressMap.pageTablesCapacity)
        try window.mapPrivate(at: AddressMap.channel, size: channelSize)
        try window.mapPrivate(at: AddressMap.privateMemory, size: AddressMap.privateSize)
        try window.mapPrivate(at: AddressMap.maps, size: AddressMap.pageSize)
        // SAFETY: the window maps the image's and the page tables' ranges.
        let memory = unsafe CellMemory(unsafeBase: UInt(window.base))
        for (offset, byte) in Self.code.enumerated() { memory.store8(Self.entry + UInt64(offset), byte) }
        var tables = PageTables(in: memory)
        tables.map(AddressMap.image, size: AddressMap.pageSize, .execute)
        tables.map(AddressMap.privateMemory, size: AddressMap.privateSize, .write)
        tables.map(AddressMap.doorbell, size: AddressMap.pageSize, .write)

        var steps: [(String, Double)] = []
        var last = monotonicNanoseconds()
        func step(_ name: String) {
            let now = monotonicNanoseconds()
            steps.append((name, Double(now - last)))
            last = now
        }
        let machine = try Machine(on: hypervisor)
        step("KVM_CREATE_VM")
        let fixed = AddressMap.pageTables + AddressMap.pageTablesCapacity - AddressMap.image
        try machine.setMemory(
            slot: 0, address: AddressMap.image, size: fixed, hostAddress: window.base + AddressMap.image,
            isReadOnly: true)
        let writable = AddressMap.privateMemory + AddressMap.privateSize - AddressMap.channel
        try machine.setMemory(
            slot: 1, address: AddressMap.channel, size: writable, hostAddress: window.base + AddressMap.channel,
            isReadOnly: false)
        try machine.setMemory(
            slot: 2, address: AddressMap.maps, size: AddressMap.pageSize, hostAddress: window.base + AddressMap.maps,
            isReadOnly: false)
        step("3 memory slots")
        var vcpu = try VCPU(in: machine, descriptor: nil)
        step("KVM_CREATE_VCPU")
        try vcpu.reset(entry: Self.entry)
        step("registers")
        try Self.ring(&vcpu)
        step("first KVM_RUN")
        self.window = window
        self.machine = machine
        self.vcpu = vcpu
        self.steps = steps
    }

    /// Lets the guest store to the doorbell once more: one exit and one entry.
    mutating func ring() throws { try Self.ring(&vcpu) }

    private static func ring(_ vcpu: inout VCPU) throws {
        let exit = vcpu.enter()
        guard case .memoryMappedIO(address: AddressMap.doorbell, _, _, isWrite: true) = exit else {
            throw FixtureError.refused("the bare machine stopped with \(exit)")
        }
    }
}
