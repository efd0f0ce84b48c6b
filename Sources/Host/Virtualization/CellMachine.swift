internal import Channel
package import Linux

/// The machine of one cell: memory slots over a window, page tables, one vCPU ready to enter the image.
///
/// The window must hold, at the addresses of ``AddressMap``: image, program and host words (read-only is enough), page tables
/// and private memory (writable, zero), channel and, where `mapsSize` is not 0, maps. It must outlive the machine.
package struct CellMachine: ~Copyable {
    private let machine: Machine
    package var vcpu: VCPU
    private let image: ImageLayout

    package init(
        on hypervisor: borrowing Hypervisor, window: borrowing Window, image: ImageLayout, programSize: UInt64,
        channelSize: UInt64, mapsSize: UInt64, processorDescriptor: Int32? = nil
    ) throws(MachineError) {
        let machine = try Machine(on: hypervisor)
        // One slot from the image to the page tables, read-only for the guest whatever its page tables say; one from the channel to the
        // end of the maps, with holes that neither the window nor the page tables map. A slot costs as much as a tenth of the machine,
        // and on a busy host a scheduler's turn.
        let fixed = AddressMap.pageTables + AddressMap.pageTablesCapacity - AddressMap.image
        try machine.setMemory(
            slot: 0, address: AddressMap.image, size: fixed, hostAddress: window.base + AddressMap.image,
            isReadOnly: true)
        let writable = AddressMap.maps + roundedToPage(mapsSize) - AddressMap.channel
        try machine.setMemory(
            slot: 1, address: AddressMap.channel, size: writable, hostAddress: window.base + AddressMap.channel,
            isReadOnly: false)
        // SAFETY: the window maps the page tables' range, as this initializer demands, and nothing else writes it.
        var tables = PageTables(in: unsafe CellMemory(unsafeBase: UInt(window.base)))
        tables.map(AddressMap.image, size: image.textStart - AddressMap.image, .readOnly)
        tables.map(image.textStart, size: image.textSize, .execute)
        let afterText = image.textStart + image.textSize
        tables.map(afterText, size: AddressMap.image + image.size - afterText, .readOnly)
        tables.map(AddressMap.program, size: programSize, .readOnly)
        tables.map(AddressMap.hostWords, size: AddressMap.hostWordsSize, .readOnly)
        tables.map(AddressMap.channel, size: channelSize, .write)
        tables.map(AddressMap.privateMemory, size: AddressMap.privateSize, .write)
        tables.map(AddressMap.maps, size: mapsSize, .write)
        tables.map(AddressMap.doorbell, size: AddressMap.pageSize, .write)

        var vcpu = try VCPU(in: machine, descriptor: processorDescriptor)
        try vcpu.reset(entry: image.entry)
        self.machine = machine
        self.vcpu = vcpu
        self.image = image
    }

    /// Back to the state before the first entry. The caller has cleared the private memory.
    package mutating func reset() throws(MachineError) { try vcpu.reset(entry: image.entry) }
}
