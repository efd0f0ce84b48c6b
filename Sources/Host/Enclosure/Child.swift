internal import CChild
internal import CLinux
internal import Channel
internal import Confinement
internal import Linux
internal import Virtualization

/// The process that is one cell: it maps the image, the program and the channel where a guest has them, locks itself down, gives up
/// all other memory, and goes on in the image.
///
/// What is left of this program is a page of signal handlers (`CChild`), which do for the cell what a monitor does for a guest, and
/// their stack, at an address that the image is not told.
enum Child {
    /// - Parameters:
    ///   - socket: where the cell to become arrives; it closes with the lock-down.
    ///   - arena: where the handlers' memory goes.
    static func run(socket: Int32, _ plan: ConfinementPlan, arena: UInt64) -> Int32 {
        do {
            var confinement = Confinement(plan)
            try confinement.prepare(keeping: [socket])
            let orders = JailSocket(descriptor: FileDescriptor(owning: socket))
            guard let order = try orders.receive() else { return 0 }
            guard order.message.kind == .startCell, CellDescriptors.counts.contains(order.descriptors.count) else {
                return 4
            }
            return become(order.message, CellDescriptors(order.descriptors), confinement, arena)
        } catch {
            Spawner.report("a child ends before it had a cell: \(error)")
            return 4
        }
    }

    private static func become(
        _ message: JailMessage, _ files: consuming CellDescriptors, _ confinement: consuming Confinement,
        _ arena: UInt64
    ) -> Int32 {
        let address = arena + CCHILD_ARENA_REPORT
        guard map(at: address, size: MonitorWords.size, CLINUX_WRITE, files.report) else { return 4 }
        // SAFETY: the report page was mapped there just above, writable, for the life of this process.
        let report = MonitorReport(memory: unsafe CellMemory(unsafeBase: UInt(address)))
        do {
            var cell = try Self.map(message, files, arena)
            let pending = try confinement.lockDownButFilter(keeping: remaining(arena))
            // The broker looks at it once the image says that it runs, which it does under the filter or not at all.
            report.publish(pending.reportOnceInstalled)
            let filter = pending.filter.instructions
            // SAFETY: the cell's regions and the arena are mapped as the structure says; the filter has `count` instructions.
            let result = unsafe cchild_enter(&cell, filter, UInt32(filter.count))
            report.publish(.confinement, detail: 0, UInt64(-result), fault: nil)
        } catch {
            report.publish(error, of: "a child")
        }
        report.wakeBroker()
        return 4
    }

    /// All the memory that the process has in the end.
    private static func remaining(_ arena: UInt64) -> [Range<UInt64>] {
        var (start, size): (UInt64, UInt64) = (0, 0)
        // SAFETY: the function writes two words.
        unsafe cchild_resident(&start, &size)
        return [
            0..<AddressMap.windowSize, start..<start + size,
            arena..<arena + CCHILD_ARENA_REPORT + MonitorWords.size,
        ]
    }

    /// Maps every region of the cell at its own address, and the arena.
    private static func map(
        _ message: JailMessage, _ files: borrowing CellDescriptors, _ arena: UInt64
    ) throws -> cchild_cell {
        let image = try ImageLayout(
            header: read(files.image, count: ImageLayout.headerSize, at: 0), fileSize: UInt64(fileSize(files.image)))
        try demandSealed(files.image)
        let textOffset = image.textStart - AddressMap.image
        let constants = textOffset + image.textSize
        try require(AddressMap.image, textOffset, CLINUX_READ, files.image)
        try require(image.textStart, image.textSize, CLINUX_EXECUTE, files.image, from: textOffset)
        if constants < image.size {
            try require(
                AddressMap.image + constants, image.size - constants, CLINUX_READ, files.image, from: constants)
        }
        try require(AddressMap.program, message.programSize, CLINUX_READ, files.program)
        try require(AddressMap.hostWords, AddressMap.hostWordsSize, CLINUX_READ, files.hostWords)
        try require(AddressMap.channel, message.channelSize, CLINUX_WRITE, files.channel)
        switch files.code {
        case .some(let code):
            try demandSealed(code)
            try require(AddressMap.code, message.codeSize, CLINUX_EXECUTE, code)
        case nil: break
        }
        try require(AddressMap.maps, message.mapsSize, CLINUX_WRITE, files.maps)
        // SAFETY: the program region is mapped at its own address, and only that is read through this.
        let described = unsafe CellMemory(unsafeBase: 0)
        for ring in try RingMirror.all(
            describedIn: described, programSize: message.programSize, mapsSize: message.mapsSize)
        {
            let offset = ring.start - AddressMap.maps
            _ = try checked(
                "mmap", Int(clinux_map_again(ring.start + ring.size, ring.size, files.maps.rawValue, offset)))
        }
        try requirePrivate(AddressMap.privateMemory, AddressMap.privateSize)
        try requirePrivate(arena + CCHILD_ARENA_STATE, CCHILD_ARENA_STATE_SIZE)
        try requirePrivate(arena + CCHILD_ARENA_STACK, CCHILD_ARENA_STACK_SIZE)
        return cchild_cell(
            entry: image.entry, stack: AddressMap.privateMemory + AddressMap.privateSize,
            text_start: image.textStart, text_size: image.textSize, private_memory: AddressMap.privateMemory,
            private_size: AddressMap.privateSize, wake_generation: HostWords.wakeGeneration,
            park_epoch: HostWords.parkEpoch, stop_generation: HostWords.stopGeneration, order: HostWords.order,
            doorbell: AddressMap.doorbell, doorbell_size: AddressMap.pageSize, park: Doorbell.park,
            wake_host: Doorbell.wakeHost, arena: arena)
    }

    /// A file that is mapped executable must be one that nobody, in any process, can write.
    private static func demandSealed(_ file: borrowing FileDescriptor) throws(SystemError) {
        guard try checked("fcntl(F_GET_SEALS)", Int(clinux_is_sealed(file.rawValue))) == 1 else {
            throw SystemError(call: "mmap (code that is not sealed)", code: SystemError.notPermitted)
        }
    }

    private static func map(
        at address: UInt64, size: UInt64, _ access: Int32, _ file: borrowing FileDescriptor
    ) -> Bool {
        clinux_map_exactly(address, size, access, file.rawValue, 0) >= 0
    }

    private static func require(
        _ address: UInt64, _ size: UInt64, _ access: Int32, _ file: borrowing FileDescriptor, from offset: UInt64 = 0
    ) throws(SystemError) {
        guard size > 0 else { return }
        _ = try checked("mmap", Int(clinux_map_exactly(address, size, access, file.rawValue, offset)))
    }

    private static func requirePrivate(_ address: UInt64, _ size: UInt64) throws(SystemError) {
        _ = try checked("mmap", Int(clinux_map_exactly(address, size, CLINUX_WRITE, -1, 0)))
    }
}
