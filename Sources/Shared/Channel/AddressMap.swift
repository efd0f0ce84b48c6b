/// Where everything lies in a cell, the same in every enclosure, all below 4 GiB.
///
/// Because an address fits 32 bits, the contexts of the Linux UAPI whose pointers are `__u32` (`xdp_md.data`) hold real
/// addresses. Page 0 is never mapped. Nothing lies near 0xFEE0_0000, where KVM keeps its APIC page.
///
/// | region | who writes | the cell sees |
/// |---|---|---|
/// | image | nobody once sealed | text read-execute, the rest read-only |
/// | program | the broker before the cell starts, then sealed | read-only |
/// | host words | the broker | read-only |
/// | page tables | the monitor before the first entry | not mapped |
/// | code | the broker before the cell starts, then sealed | read-execute; not mapped where the program is interpreted |
/// | channel | cell and broker | read-write, never executable |
/// | private | the cell | read-write, never executable |
/// | maps | cell and broker | read-write, never executable |
/// | doorbell | – | a page without memory: a store leaves the guest |
package enum AddressMap {
    package static let pageSize: UInt64 = 4096
    /// The size of the window that holds all of it.
    package static let windowSize: UInt64 = 1 << 32

    package static let image: UInt64 = 0x0040_0000
    package static let imageCapacity: UInt64 = 0x0001_0000

    /// ``BootRecord``, then map descriptors, then instructions, then where each program begins.
    package static let program: UInt64 = 0x0050_0000
    package static let programCapacity: UInt64 = 0x0020_0000

    package static let hostWords: UInt64 = 0x0080_0000
    package static let hostWordsSize: UInt64 = 4096

    /// A guest-physical range that no page table maps.
    package static let pageTables: UInt64 = 0x0081_0000
    package static let pageTablesCapacity: UInt64 = 0x0008_0000

    /// The program as machine code, compiled for this very address.
    package static let code: UInt64 = 0x00A0_0000
    package static let codeCapacity: UInt64 = 0x0040_0000

    package static let channel: UInt64 = 0x0100_0000
    package static let channelCapacity: UInt64 = 0x00F0_0000

    /// The image's own stack at the top, the program's stack frames below it.
    package static let privateMemory: UInt64 = 0x01F0_0000
    package static let privateSize: UInt64 = 0x0001_0000

    package static let maps: UInt64 = 0x0200_0000
    package static let mapsCapacity: UInt64 = 0x4000_0000

    package static let doorbell: UInt64 = 0xD000_0000
}

/// The words of ``AddressMap/hostWords``: the broker writes, cell and monitor read.
package enum HostWords {
    /// Raised to wake a parked cell; the monitor waits on it.
    package static let wakeGeneration: UInt64 = AddressMap.hostWords
    /// Raised each time the broker stops polling for a verdict and asks to be woken.
    package static let parkEpoch: UInt64 = AddressMap.hostWords + 64
    /// How many log records the broker has consumed.
    package static let logConsumed: UInt64 = AddressMap.hostWords + 128
    /// The run that the monitor is told to stop (``order``), so that a late signal stops nothing else.
    package static let stopGeneration: UInt64 = AddressMap.hostWords + 192
    /// The run that the monitor is to make: the next one starts when this differs from the last.
    package static let order: UInt64 = AddressMap.hostWords + 196
    /// Different for every cell that ever has the same maps: whose lock a lock is.
    package static let cellGeneration: UInt64 = AddressMap.hostWords + 200
}

/// The start of the channel: the cell writes, the broker reads and believes nothing.
package enum CellWords {
    package static let capacity: UInt64 = 1024
    /// ``CellState``.
    package static let state: UInt64 = AddressMap.channel
    /// Not 0 while the cell is parked, or about to park.
    package static let parked: UInt64 = AddressMap.channel + 64
    /// How many log records the cell says it could not write.
    package static let logDropped: UInt64 = AddressMap.channel + 128
}

/// What the image says of itself in ``CellWords/state``.
package enum CellState {
    package static let booting: UInt32 = 0
    package static let running: UInt32 = 1
    /// The boot record is not for this image.
    package static let refusedBootRecord: UInt32 = 2
}

/// The words, in private memory, by which native code and the image find each other: both know the addresses as constants.
///
/// Private memory holds, from its start: the program's frames (a page), what the interpreter's calls save, its registers, these words,
/// and the marks of frames; the image's own stack comes down from the top.
package enum NativeWords {
    package static let start: UInt64 = AddressMap.privateMemory + 3 * AddressMap.pageSize
    /// The image's stack pointer at the entry, to which every way out goes back.
    package static let stackPointer: UInt64 = start
    /// 0, or why the program did not return: ``FaultKind``, bytes of the access << 8, index of the instruction << 32.
    package static let fault: UInt64 = start + 8
    /// What the fault is about: an address, a helper's argument.
    package static let detail: UInt64 = start + 16
    /// Fuel left at the end.
    package static let fuel: UInt64 = start + 24
    /// Address of the slot of the event under way.
    package static let slot: UInt64 = start + 32
    /// R10 at the last call of a helper.
    package static let frame: UInt64 = start + 40
    /// Address of the image's runner.
    package static let runner: UInt64 = start + 48
    /// Tail calls of the event under way, which native code alone counts here.
    package static let tailCalls: UInt64 = start + 56

    /// A local call marks the byte at this distance from the R10 that it gives the called function: which frames an event has used.
    package static let markDistance: UInt64 = 4 * AddressMap.pageSize
}

/// What the image keeps of the event under way at an address that all of it knows.
package enum RunWords {
    /// How often the event may yet look at a lock that another holds.
    package static let patience: UInt64 = NativeWords.start + 64
}

/// The stores to the doorbell page that mean something; the offset says what, the value is its argument.
package enum Doorbell {
    /// Nothing to do: do not run me until ``HostWords/wakeGeneration`` differs from the stored value.
    package static let park: UInt64 = AddressMap.doorbell
    /// A verdict is there and the broker said that it sleeps.
    package static let wakeHost: UInt64 = AddressMap.doorbell + 8
}
