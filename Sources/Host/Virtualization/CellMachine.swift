internal import Channel
package import Linux

/// The machine of one cell: memory slots over a window, page tables, one vCPU ready to enter the image.
///
/// The window must hold, at the addresses of ``AddressMap``: image, program and host words (read-only is enough, and so for code where
/// `codeSize` is not 0), page tables and private memory (writable, zero), channel and, where `mapsSize` is not 0, maps. It must outlive the machine.
package struct CellMachine: ~Copyable {
    private let machine: Machine
    package var vcpu: VCPU
    private let image: ImageLayout

    /// Makes a machine and gives it a cell.
    package init(
        on hypervisor: borrowing Hypervisor, window: borrowing Window, image: ImageLayout, programSize: UInt64,
        codeSize: UInt64 = 0, channelSize: UInt64, mapsSize: UInt64
    ) throws(MachineError) {
        try self.init(
            of: EmptyMachine(on: hypervisor, window: window), window: window, image: image, programSize: programSize,
            codeSize: codeSize, channelSize: channelSize, mapsSize: mapsSize)
    }

    /// Gives a machine that waited its cell.
    ///
    /// - Parameter codeSize: bytes of the program as machine code, which becomes executable for the guest and for nobody else.
    package init(
        of empty: consuming EmptyMachine, window: borrowing Window, image: ImageLayout, programSize: UInt64,
        codeSize: UInt64 = 0, channelSize: UInt64, mapsSize: UInt64
    ) throws(MachineError) {
        if roundedToPage(mapsSize) > EmptyMachine.includedMaps {
            let start = AddressMap.maps + EmptyMachine.includedMaps
            try empty.machine.setMemory(
                slot: 2, address: start, size: roundedToPage(mapsSize) - EmptyMachine.includedMaps,
                hostAddress: window.base + start, isReadOnly: false)
        }
        // SAFETY: the window maps the page tables' range, as this initializer demands, and nothing else writes it.
        var tables = PageTables(in: unsafe CellMemory(unsafeBase: UInt(window.base)))
        tables.map(AddressMap.image, size: image.textStart - AddressMap.image, .readOnly)
        tables.map(image.textStart, size: image.textSize, .execute)
        let afterText = image.textStart + image.textSize
        tables.map(afterText, size: AddressMap.image + image.size - afterText, .readOnly)
        tables.map(AddressMap.program, size: programSize, .readOnly)
        tables.map(AddressMap.code, size: codeSize, .execute)
        tables.map(AddressMap.hostWords, size: AddressMap.hostWordsSize, .readOnly)
        tables.map(AddressMap.channel, size: channelSize, .write)
        tables.map(AddressMap.privateMemory, size: AddressMap.privateSize, .write)
        tables.map(AddressMap.maps, size: mapsSize, .write)
        tables.map(AddressMap.doorbell, size: AddressMap.pageSize, .write)

        try empty.vcpu.reset(entry: image.entry)
        machine = empty.machine
        vcpu = empty.vcpu
        self.image = image
    }

    /// Back to the state before the first entry. The caller has cleared the private memory.
    package mutating func reset() throws(MachineError) { try vcpu.reset(entry: image.entry) }
}
